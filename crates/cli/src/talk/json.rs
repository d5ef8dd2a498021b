//! Questions and answers as JSON lines, for programs. docs/cli.md describes every one of them; fields may be added.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use accounts::Secret;
use accounts::flow::{Given, Purpose, Question};
use accounts::generate::Recipe;
use accounts::guide::{StepKind, Words};
use accounts::provider::{
    About, Addresses, CodeAsk, CodePurpose, CodeShape, GuideAsk, PasswordRules, Problem, Way, WeakReason,
};
use accounts::store::StoreKind;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{Reply, Scene};
use crate::args::WORDS;
use crate::interrupt::Interrupt;
use crate::out;
use crate::stop::{Exit, Result, Stop};
use crate::words;

pub struct Json {
    interrupt: Interrupt,
}

pub fn line(value: Value) -> Result<()> {
    out::line(&Zeroizing::new(value.to_string()))
}

impl Json {
    pub fn new(interrupt: Interrupt) -> Self {
        Self { interrupt }
    }

    pub async fn question(&self, scene: &Scene<'_>) -> Result<Reply> {
        let (mut asked, answers) = asked(scene)?;
        let account = scene.flow.account();
        asked.insert("answers".into(), answers.clone().into());
        asked.insert("intent".into(), intent(scene.flow.purpose()).into());
        asked.insert("server".into(), server(scene.about));
        asked
            .insert("account".into(), json!({ "id": account.id.as_str(), "identifier": account.identifier }));
        if let Some(kind) = scene.trouble {
            asked.insert("problem".into(), said(words::name(kind), words::error(kind)));
        } else if let Some(problem) = scene.flow.problem() {
            asked.insert("problem".into(), problem_value(problem));
        }
        loop {
            line(Value::Object(asked.clone()))?;
            let answer = self.answer(&answers).await?;
            if answer.get("reveal") != Some(&Value::Bool(true)) || answer.contains_key("generate") {
                return reply(&answer, scene);
            }
            // It is set on a page that only the person can reach; it was durable before it could be asked for.
            let password = scene.flow.candidate().ok_or_else(Stop::bad_answer)?;
            line(json!({ "made": { "password": password.expose(), "store": scene.store.as_str() } }))?;
        }
    }

    /// A question of one text.
    pub async fn text(
        &self,
        question: &str,
        answer: &'static str,
        problem: Option<(&str, (&str, &str))>,
        more: Value,
    ) -> Result<Secret> {
        let mut asked = json!({ "question": question, "answers": [answer, "cancel"] });
        if let (Value::Object(asked), Value::Object(more)) = (&mut asked, more) {
            asked.extend(more);
            asked.extend(problem.map(|(kind, words)| ("problem".to_owned(), said(kind, words))));
        }
        line(asked)?;
        text(&self.answer(&[answer, "cancel"]).await?, answer)
    }

    pub async fn yes(&self, question: &str, more: Value) -> Result<bool> {
        let mut asked = json!({ "question": question, "answers": ["yes", "cancel"] });
        if let (Value::Object(asked), Value::Object(more)) = (&mut asked, more) {
            asked.extend(more);
        }
        line(asked)?;
        let answer = self.answer(&["yes", "cancel"]).await?;
        answer.get("yes").and_then(Value::as_bool).ok_or_else(Stop::bad_answer)
    }

    /// The next line, which has exactly one of these keys. No more lines is the same as `cancel`.
    async fn answer(&self, allowed: &[&'static str]) -> Result<Map<String, Value>> {
        let read = || {
            let mut line = Zeroizing::new(String::new());
            io::stdin().read_line(&mut line).map(|count| (count > 0).then_some(line))
        };
        let read = tokio::select! {
            read = tokio::task::spawn_blocking(read) => read.map_err(Stop::bug)?,
            () = self.interrupt.pressed() => return Err(Stop::interrupted()),
        };
        let Some(line) = read.map_err(|_| Stop::bad_answer())? else { return Err(Stop::cancelled()) };
        // Without the source of the error, which quotes the line.
        let answer: Map<String, Value> = serde_json::from_str(&line).map_err(|_| Stop::bad_answer())?;
        match allowed.iter().filter(|key| answer.contains_key(**key)).count() {
            1 if answer.contains_key("cancel") => Err(Stop::cancelled()),
            1 => Ok(answer),
            _ => Err(Stop::bad_answer()),
        }
    }
}

/// The question's own fields, and which keys its answer may have.
fn asked(scene: &Scene<'_>) -> Result<(Map<String, Value>, Vec<&'static str>)> {
    let (value, answers) = match scene.flow.question() {
        Question::Password { current, saved } => {
            let what = if *current { "current" } else { "sign_in" };
            let mut answers = vec!["password", "cancel"];
            if *saved {
                answers.insert(1, "saved");
            }
            (json!({ "question": "password", "for": what, "saved": saved }), answers)
        }
        Question::Code(ask) => {
            let mut answers = vec!["code"];
            answers.extend(ask.may_be_opened.then_some("opened"));
            answers.extend(ask.resend_at.map(|_| "resend"));
            answers.extend((!ask.other_ways.is_empty()).then_some("other_way"));
            answers.push("cancel");
            (code(ask), answers)
        }
        Question::NewPassword { rules, unknown } => {
            let answers = match unknown {
                true => vec!["find_out", "cancel"],
                false => vec!["new_password", "generate", "cancel"],
            };
            (new_password(rules, *unknown), answers)
        }
        Question::ScanQr(_)
        | Question::ConfirmCode(_)
        | Question::WaitForPhone(_)
        | Question::ConfirmAccount { .. }
        | Question::ShowCode(_)
        | Question::AllowPhone { .. }
        | Question::SetUpAuthenticator(_) => return Err(Stop::bug("this is asked in the window alone")),
        Question::ChooseAddress(Addresses { masked, typed }) => (
            json!({ "question": "choose_address", "addresses": masked, "typed": typed.map(|place| place + 1) }),
            vec!["address", "cancel"],
        ),
        Question::ConfirmAddress { masked } => (
            json!({ "question": "confirm_address", "masked": masked, "other_ways": [way_name(Way::OtherAddress)] }),
            vec!["whole_address", "other_way", "cancel"],
        ),
        Question::Guide(ask) => (guide("guide", scene, ask), guide_answers(ask)),
        Question::SetPassword(ask) => {
            (guide("set_password", scene, ask), vec!["yes", "no", "reveal", "cancel"])
        }
        Question::Done(_) => return Err(Stop::bug("nothing is asked at the end")),
    };
    match value {
        Value::Object(asked) => Ok((asked, answers)),
        _ => Err(Stop::bug("a question is an object")),
    }
}

fn reply(answer: &Map<String, Value>, scene: &Scene<'_>) -> Result<Reply> {
    let given = if answer.contains_key("password") {
        Given::Password(text(answer, "password")?)
    } else if answer.contains_key("code") {
        Given::Code(text(answer, "code")?)
    } else if answer.contains_key("new_password") {
        let password = text(answer, "new_password")?;
        Given::NewPassword { repeat: password.clone(), password }
    } else if answer.contains_key("generate") {
        return generate(answer, scene.store);
    } else if let Some(number) = answer.get("address") {
        // Counted from 1, as people do.
        let place = number.as_u64().and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
        let known = match scene.flow.question() {
            Question::ChooseAddress(addresses) => addresses.masked.len(),
            _ => 0,
        };
        Given::Address(place.filter(|place| *place < known).ok_or_else(Stop::bad_answer)?)
    } else if answer.contains_key("whole_address") {
        Given::WholeAddress(text(answer, "whole_address")?.expose().to_owned())
    } else if let Some(way) = answer.get("other_way") {
        Given::OtherWay(way.as_str().and_then(named_way).ok_or_else(Stop::bad_answer)?)
    } else {
        let words = [
            ("saved", Given::Saved),
            ("opened", Given::Opened),
            ("resend", Given::Resend),
            ("find_out", Given::FindOut),
            ("yes", Given::Yes),
            ("no", Given::No),
            ("back", Given::StepBack),
            ("start_over", Given::StartOver),
        ];
        let said = words.into_iter().find(|(key, _)| answer.get(*key) == Some(&Value::Bool(true)));
        said.map(|(_, given)| given).ok_or_else(Stop::bad_answer)?
    };
    Ok(Reply::Give(given))
}

fn generate(answer: &Map<String, Value>, store: StoreKind) -> Result<Reply> {
    let number = |key| match answer.get(key) {
        None => Ok(None),
        Some(value) => {
            value.as_u64().and_then(|number| u8::try_from(number).ok()).map(Some).ok_or_else(Stop::bad_answer)
        }
    };
    let recipe = match (number("words")?, number("characters")?) {
        (None, Some(count)) if Recipe::CHARACTERS.contains(&count) => Recipe::Characters(count),
        (Some(count), None) if Recipe::WORDS.contains(&count) => Recipe::Words(count),
        (None, None) => Recipe::Words(WORDS),
        _ => return Err(Stop::bad_answer()),
    };
    let is_true = |key| answer.get(key) == Some(&Value::Bool(true));
    if !is_true("generate") {
        return Err(Stop::bad_answer());
    }
    let reveal = is_true("reveal");
    if store == StoreKind::Memory && !reveal {
        return Err(Stop::new(Exit::Usage, "must_reveal", words::SHOW_MADE));
    }
    Ok(Reply::Generate { recipe, reveal })
}

fn text(answer: &Map<String, Value>, key: &str) -> Result<Secret> {
    answer.get(key).and_then(Value::as_str).map(Secret::new).ok_or_else(Stop::bad_answer)
}

fn code(ask: &CodeAsk) -> Value {
    let ways: Vec<_> = ask.other_ways.iter().map(|way| way_name(*way)).collect();
    json!({
        "question": "code",
        "for": match ask.purpose { CodePurpose::Recovery => "recovery", CodePurpose::SecondFactor => "second_factor", CodePurpose::SignUp => "sign_up", CodePurpose::NewAddress => "new_address" },
        "way": way_name(ask.way),
        "sent_to": ask.sent_to,
        "shape": match ask.shape {
            CodeShape::Digits(count) => json!({ "digits": count }),
            CodeShape::Groups { groups, size } => json!({ "groups": groups, "size": size }),
            CodeShape::Any => json!("any"),
            CodeShape::Link => json!("link"),
        },
        "sent_at": ask.sent_at.map(seconds),
        "valid_until": ask.valid_until.map(seconds),
        "resend_at": ask.resend_at.map(seconds),
        "other_ways": ways,
    })
}

fn new_password(rules: &PasswordRules, unknown: bool) -> Value {
    let needs = rules.needs;
    json!({
        "question": "new_password",
        "min_length": rules.min_length,
        "max_length": rules.max_length,
        "needs": {
            "digit": needs.digit, "lowercase": needs.lowercase,
            "uppercase": needs.uppercase, "symbol": needs.symbol,
        },
        "unknown": unknown,
    })
}

fn guide_answers(ask: &GuideAsk) -> Vec<&'static str> {
    let mut answers = vec!["yes"];
    match ask.kind {
        StepKind::Page | StepKind::NewPassword => {}
        StepKind::Code { .. } => answers.push("resend"),
        StepKind::Password => answers.extend(["no", "reveal"]),
        StepKind::Check => answers.push("no"),
    }
    if ask.at > 0 {
        answers.extend(["back", "start_over"]);
    }
    answers.push("cancel");
    answers
}

fn guide(question: &str, scene: &Scene<'_>, ask: &GuideAsk) -> Value {
    let account = scene.flow.account();
    let put = |words: &Words| words.with(&account.identifier, &account.name).of("en").replace("**", "");
    let all = |words: &[Words]| words.iter().map(put).collect::<Vec<_>>();
    json!({
        "question": question,
        "step": ask.at + 1,
        "steps": all(&ask.steps),
        "title": put(&ask.title),
        "todo": all(&ask.todo),
        "see": ask.see.as_ref().map(put),
        "hints": all(&ask.hints),
        "page": ask.page.as_ref().map(|page| page.as_str()),
        "resend_at": ask.resend_at.map(seconds),
        "left_at": ask.left_at.map(seconds),
        "source": ask.source.of("en"),
        "checked_at": seconds(ask.checked),
        "general": ask.general,
    })
}

fn problem_value(problem: &Problem) -> Value {
    let (what, todo) = words::problem(problem);
    let kind = match problem {
        Problem::WrongPassword => "wrong_password",
        Problem::NoPasswordFits => "no_password_fits",
        Problem::WrongCode => "wrong_code",
        Problem::NotOpened => "not_opened",
        Problem::WeakPassword(_) => "weak_password",
        Problem::Mismatch => "mismatch",
        Problem::TooSoon { .. } => "too_soon",
        Problem::NotChanged => "not_changed",
        Problem::StillTrying => "still_trying",
        Problem::NotThatAddress => "not_that_address",
        Problem::NotTaken => "not_taken",
    };
    let mut value = said(kind, (&what, &todo));
    match problem {
        Problem::WeakPassword(reasons) => {
            value["reasons"] = reasons.iter().map(|reason| weak_name(*reason)).collect::<Vec<_>>().into();
        }
        Problem::TooSoon { wait } => value["wait"] = whole(*wait).into(),
        _ => {}
    }
    value
}

fn said(kind: &str, (what, todo): (&str, &str)) -> Value {
    json!({ "kind": kind, "what": what, "todo": todo })
}

pub fn server(about: &About) -> Value {
    json!({ "name": about.name, "host": about.host, "practice": about.practice })
}

/// Unix seconds.
pub fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn whole(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn intent(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "sign_in",
        Purpose::Recover => "recover",
        Purpose::SignUp => "sign_up",
        Purpose::ChangePassword => "change_password",
        Purpose::Pair => "pair",
        Purpose::LinkPhone => "link_phone",
        Purpose::ChangeRecovery(_) => "change_recovery",
    }
}

fn way_name(way: Way) -> &'static str {
    match way {
        Way::MailCode => "mail_code",
        Way::MailLink => "mail_link",
        Way::RecoveryCode => "recovery_code",
        Way::Authenticator => "authenticator",
        Way::TextCode => "text_code",
        Way::OtherAddress => "other_address",
    }
}

fn named_way(name: &str) -> Option<Way> {
    let ways = [
        Way::MailCode,
        Way::MailLink,
        Way::RecoveryCode,
        Way::Authenticator,
        Way::TextCode,
        Way::OtherAddress,
    ];
    ways.into_iter().find(|way| way_name(*way) == name)
}

fn weak_name(reason: WeakReason) -> &'static str {
    match reason {
        WeakReason::TooShort { .. } => "too_short",
        WeakReason::TooLong { .. } => "too_long",
        WeakReason::Common => "common",
        WeakReason::ContainsIdentifier => "contains_identifier",
        WeakReason::ContainsServer => "contains_server",
        WeakReason::Guessable => "guessable",
        WeakReason::SameAsCurrent => "same_as_current",
        WeakReason::NeedsDigit => "needs_digit",
        WeakReason::NeedsLowercase => "needs_lowercase",
        WeakReason::NeedsUppercase => "needs_uppercase",
        WeakReason::NeedsSymbol => "needs_symbol",
        WeakReason::NeedsOneOf { .. } => "needs_one_of",
        WeakReason::NotAllowed { .. } => "not_allowed",
        WeakReason::TooManyInARow { .. } => "too_many_in_a_row",
    }
}
