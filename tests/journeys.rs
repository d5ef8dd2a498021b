//! Journeys: a script of answers in, a snapshot of views out. The server is the memory provider, the store the memory
//! store, and the clock stands still until it is moved: what is snapshot is what the window would draw.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::Deps;
use accounts::http::Http;
use accounts::provider::memory::{Fault, Memory as Server};
use accounts::provider::{Kind, Providers};
use accounts::store::memory::Memory as Store;
use accounts::{
    Account, AccountId, Accounts, Authenticator, Clock as _, CredentialStore, ErrorKind, Secret, provider,
};
use regain_lib::App;
use regain_lib::view::*;

const OLD: &str = "velvet-Otter-crossing-41";
const NEW: &str = "mossy-kettle-Walnut-29";

struct Journey {
    app: App,
    list: Arc<Accounts>,
    server: Server,
    store: Store,
    clock: Arc<ManualClock>,
    id: AccountId,
    flow: u32,
    told: String,
}

impl Journey {
    fn start() -> Self {
        Self::with(|server| server)
    }

    fn with(server: impl FnOnce(Server) -> Server) -> Self {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let server = server(Server::new(clock.clone(), "jana", Secret::new(OLD)));
        let store = Store::new();
        let base = provider::Server {
            kind: Kind::RecoveryServer,
            base: "https://accounts.dorfladen.example/".parse().unwrap(),
            key: None,
        };
        let random = Arc::new(SeededRandom::new(1));
        let id = AccountId::random(&*random);
        let accounts = Arc::new(Accounts::in_memory());
        accounts.put(Account::new(id.clone(), base.clone(), "Dorfladen", "jana")).unwrap();
        let list = accounts.clone();
        let deps = Deps { accounts, store: Arc::new(store.clone()), clock: clock.clone(), random };
        let providers = Providers::new(Http::new().unwrap(), clock.clone(), "Regain on a test");
        providers.put(base, Arc::new(server.clone()));
        let folder = tempfile::tempdir().unwrap();
        let app = App::with(folder.path(), Settings::default(), false, Ok(deps), providers);
        Self { app, list, server, store, clock, id, flow: 0, told: String::new() }
    }

    async fn begin(&mut self, intent: IntentKind) -> &mut Self {
        let target = Target::Account { id: self.id.as_str().into() };
        let result = self.app.begin(BeginForm { target, intent, identifier: None, change: None }).await;
        self.tell(&format!("begin {intent:?}"), result)
    }

    async fn answer(&mut self, answer: AnswerForm) -> &mut Self {
        let mailed = self.server.mailed();
        let said = match &answer {
            AnswerForm::Password { password } => format!("password {password}"),
            AnswerForm::Saved => "the saved password".into(),
            AnswerForm::Opened => "opened the link".to_owned(),
            AnswerForm::Code { code } if mailed.is_some_and(|mailed| mailed.expose() == code) => {
                "the mailed code".into()
            }
            AnswerForm::Code { code } => format!("code {code}"),
            AnswerForm::NewPassword { password, repeat } => {
                format!("new password {password}, once more {repeat}")
            }
            AnswerForm::UseGenerated => "the generated password".into(),
            AnswerForm::Resend => "a new code, please".into(),
            AnswerForm::OtherWay { way } => format!("another way: {way:?}"),
            AnswerForm::Address { place } => format!("address {place}"),
            AnswerForm::WholeAddress { address } => format!("the whole address {address}"),
            AnswerForm::FindOut => "find out".into(),
            AnswerForm::Wait => "nothing but time".into(),
            AnswerForm::Yes => "yes".into(),
            AnswerForm::No => "no".into(),
            AnswerForm::StepBack => "one step back".into(),
            AnswerForm::StartOver => "start over".into(),
            AnswerForm::Kept => "the kept authenticator".into(),
            AnswerForm::Keep => "keep the authenticator here".into(),
        };
        let result = self.app.answer(self.flow, answer).await;
        self.tell(&said, result)
    }

    async fn mailed_code(&mut self) -> &mut Self {
        let code = self.server.mailed().unwrap().expose().to_owned();
        self.answer(AnswerForm::Code { code }).await
    }

    async fn code(&mut self, code: &str) -> &mut Self {
        self.answer(AnswerForm::Code { code: code.into() }).await
    }

    async fn new_password(&mut self, password: &str) -> &mut Self {
        self.answer(AnswerForm::NewPassword { password: password.into(), repeat: password.into() }).await
    }

    async fn password(&mut self, password: &str) -> &mut Self {
        self.answer(AnswerForm::Password { password: password.into() }).await
    }

    fn passes(&mut self, seconds: u64) -> &mut Self {
        self.clock.advance(Duration::from_secs(seconds));
        writeln!(self.told, "({seconds} s pass)").unwrap();
        self
    }

    fn fault(&mut self, fault: Fault) -> &mut Self {
        self.server.fault(fault);
        writeln!(self.told, "(next call: {fault:?})").unwrap();
        self
    }

    fn tell(&mut self, said: &str, result: Result<View, ErrorView>) -> &mut Self {
        writeln!(self.told, "> {said}").unwrap();
        match result {
            Ok(view) => {
                self.flow = view.flow;
                writeln!(self.told, "{:?}", view.question).unwrap();
                if let Some(problem) = view.problem {
                    writeln!(self.told, "  problem: {problem:?}").unwrap();
                }
            }
            Err(error) => writeln!(self.told, "  error: {error:?}").unwrap(),
        }
        self
    }

    /// What is kept at the end: the proof that nothing was lost.
    async fn told(&mut self) -> String {
        let store = &self.store;
        let current = store.current(&self.id).await.unwrap().map(|current| current.password);
        let staged = store.staged(&self.id).await.unwrap();
        let now = accounts::Clock::now(&*self.clock);
        let history = store.history(&self.id, now).await.unwrap();
        writeln!(self.told, "---").unwrap();
        let name = |password: &Secret| match password.expose() {
            OLD => "the old one",
            NEW => "the new one",
            _ => "another one",
        };
        writeln!(self.told, "current: {:?}", current.as_ref().map(name)).unwrap();
        for staged in &staged {
            writeln!(self.told, "staged: {}, sent: {}", name(&staged.password), staged.sent).unwrap();
        }
        for past in &history {
            writeln!(self.told, "history: {}, {:?}", name(&past.password), past.why).unwrap();
        }
        writeln!(self.told, "session: {}", store.session(&self.id).await.unwrap().is_some()).unwrap();
        writeln!(self.told, "opens: {}", name(&self.server.password())).unwrap();
        let row = self.app.accounts().await.unwrap().remove(0);
        writeln!(self.told, "row: {:?}", row.state).unwrap();
        std::mem::take(&mut self.told)
    }

    fn rename(&mut self, identifier: &str) {
        let account = self.list.get(&self.id).unwrap();
        self.list.put(Account { identifier: identifier.into(), ..account }).unwrap();
    }

    /// Signs in with the old password first, so that the store knows it.
    async fn signed_in(mut self) -> Self {
        self.begin(IntentKind::SignIn).await.password(OLD).await;
        self.told.clear();
        self
    }
}

macro_rules! snapshot {
    ($journey:expr) => {
        insta::assert_snapshot!($journey.told().await)
    };
}

#[tokio::test]
async fn happy_path() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.mailed_code().await.new_password(NEW).await;
    snapshot!(journey);
}

#[tokio::test]
async fn generated_password_is_saved_before_it_is_sent() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.mailed_code().await;
    let form = GenerateForm { kind: GenerateKind::Words, length: 5 };
    let made = journey.app.generate(journey.flow, form).await.unwrap();
    let staged = journey.store.staged(&journey.id).await.unwrap();
    assert_eq!(staged[0].password.expose(), made.password);
    assert!(!staged[0].sent);
    journey.answer(AnswerForm::UseGenerated).await;
    assert_eq!(journey.server.password().expose(), made.password);
    snapshot!(journey);
}

#[tokio::test]
async fn generated_and_left_alone_is_in_the_history() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.mailed_code().await;
    let form = GenerateForm { kind: GenerateKind::Characters, length: 24 };
    journey.app.generate(journey.flow, form).await.unwrap();
    journey.app.generate(journey.flow, form).await.unwrap();
    journey.app.cancel(journey.flow).await;
    snapshot!(journey);
}

#[tokio::test]
async fn wrong_code_five_times() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await;
    for _ in 0..5 {
        journey.code("00000000").await;
    }
    journey.mailed_code().await;
    snapshot!(journey);
}

#[tokio::test]
async fn expired_code() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.passes(601).mailed_code().await;
    journey.begin(IntentKind::Recover).await.mailed_code().await;
    snapshot!(journey);
}

#[tokio::test]
async fn resend_at_59_and_at_61_seconds() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.passes(59).answer(AnswerForm::Resend).await;
    journey.passes(2).answer(AnswerForm::Resend).await.mailed_code().await;
    snapshot!(journey);
}

#[tokio::test]
async fn another_way() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.answer(AnswerForm::OtherWay { way: Way::RecoveryCode }).await;
    journey.code("abcd-efgh-2345-6789").await.new_password(NEW).await;
    snapshot!(journey);
}

#[tokio::test]
async fn weak_password_with_its_reason() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.mailed_code().await;
    journey
        .new_password("sommer2024")
        .await
        .new_password("correct horse battery")
        .await
        .new_password(NEW)
        .await;
    snapshot!(journey);
}

#[tokio::test]
async fn mismatch() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.mailed_code().await;
    journey.answer(AnswerForm::NewPassword { password: NEW.into(), repeat: "mossy-kettle".into() }).await;
    journey.new_password(NEW).await;
    snapshot!(journey);
}

#[tokio::test]
async fn an_unknown_account_has_the_same_words() {
    let known = {
        let mut journey = Journey::start();
        journey.begin(IntentKind::Recover).await.code("00000000").await;
        std::mem::take(&mut journey.told)
    };
    let mut journey = Journey::start();
    let accounts = journey.app.accounts().await.unwrap();
    assert_eq!(accounts.len(), 1);
    journey.rename("nobody");
    journey.begin(IntentKind::Recover).await.code("00000000").await;
    assert_eq!(journey.told, known);
}

#[tokio::test]
async fn somebody_else_on_the_form_of_a_listed_account_is_another_account() {
    let mut journey = Journey::start().signed_in().await;
    let target = Target::Account { id: journey.id.as_str().into() };
    let form =
        BeginForm { target, intent: IntentKind::SignIn, identifier: Some("nobody".into()), change: None };
    let view = journey.app.begin(form).await;
    journey.tell("begin as nobody", view).password(OLD).await;
    snapshot!(journey);
}

#[tokio::test]
async fn offline_at_each_step_then_again() {
    let offline = Fault::Fail(ErrorKind::ServerTrouble);
    let mut journey = Journey::start();
    journey.fault(offline).begin(IntentKind::Recover).await.begin(IntentKind::Recover).await;
    journey.fault(offline).mailed_code().await.mailed_code().await;
    journey.fault(offline).new_password(NEW).await.new_password(NEW).await;
    snapshot!(journey);
}

#[tokio::test]
async fn answer_lost_after_the_server_had_changed_the_password() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.mailed_code().await;
    journey.fault(Fault::LoseAnswer).new_password(NEW).await;
    snapshot!(journey);
}

#[tokio::test]
async fn answer_lost_and_nobody_to_ask_until_later() {
    let mut journey = Journey::start().signed_in().await;
    journey.begin(IntentKind::ChangePassword).await;
    journey.fault(Fault::LoseAnswer).fault(Fault::Fail(ErrorKind::Offline)).new_password(NEW).await;
    // The window shows that it is unknown; the person finds out.
    let view = journey.app.look(journey.flow).await;
    journey.tell("look", view).answer(AnswerForm::FindOut).await;
    snapshot!(journey);
}

#[tokio::test]
async fn answer_lost_and_the_conversation_left() {
    let mut journey = Journey::start().signed_in().await;
    journey.begin(IntentKind::ChangePassword).await;
    journey.fault(Fault::LoseAnswer).fault(Fault::Fail(ErrorKind::Offline)).new_password(NEW).await;
    journey.app.cancel(journey.flow).await;
    // Days later: the saved ones are tried, the unanswered one first.
    journey.begin(IntentKind::SignIn).await.answer(AnswerForm::Saved).await;
    snapshot!(journey);
}

#[tokio::test]
async fn change_lost_on_the_way_did_not_happen() {
    let mut journey = Journey::start().signed_in().await;
    journey.begin(IntentKind::ChangePassword).await;
    journey.fault(Fault::Fail(ErrorKind::OutcomeUnknown)).new_password(NEW).await.new_password(NEW).await;
    snapshot!(journey);
}

#[tokio::test]
async fn second_factor_on_sign_in() {
    let mut journey = Journey::with(|server| server.with_second_factor("314159"));
    journey.begin(IntentKind::SignIn).await.password(OLD).await.code("000000").await.code("314 159").await;
    snapshot!(journey);
}

/// The memory server knows one code for ever: here it is that of this half minute.
#[tokio::test]
async fn second_factor_by_the_kept_authenticator() {
    let uri = Secret::new("otpauth://totp/Dorfladen:jana?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let code = Authenticator::parse(uri.expose()).unwrap().code(ManualClock::at(1_800_000_000).now()).code;
    let mut journey = Journey::with(|server| server.with_second_factor(code.expose()));
    journey.store.save_authenticator(&journey.id, &uri, journey.clock.now()).await.unwrap();
    // Nothing but the authenticator's question is answered by it.
    journey.begin(IntentKind::SignIn).await.answer(AnswerForm::Kept).await;
    journey.password(OLD).await.answer(AnswerForm::Kept).await;
    snapshot!(journey);
}

#[tokio::test]
async fn second_factor_without_a_kept_authenticator() {
    let mut journey = Journey::with(|server| server.with_second_factor("314159"));
    journey.begin(IntentKind::SignIn).await.password(OLD).await.answer(AnswerForm::Kept).await;
    journey.code("314159").await;
    snapshot!(journey);
}

#[tokio::test]
async fn second_factor_after_recovery() {
    let mut journey = Journey::with(|server| server.with_second_factor("314159"));
    journey.begin(IntentKind::Recover).await.mailed_code().await.new_password(NEW).await;
    // The server has taken the password: it is the current one, whatever becomes of the second factor.
    let current = journey.store.current(&journey.id).await.unwrap().unwrap();
    assert_eq!(current.password.expose(), NEW);
    journey.code("314159").await;
    snapshot!(journey);
}

#[tokio::test]
async fn change_with_the_current_password() {
    let mut journey = Journey::start().signed_in().await;
    journey.begin(IntentKind::ChangePassword).await.new_password(NEW).await;
    snapshot!(journey);
}

#[tokio::test]
async fn the_same_password_again_is_no_change() {
    let mut journey = Journey::start().signed_in().await;
    journey.begin(IntentKind::ChangePassword).await.new_password(OLD).await;
    snapshot!(journey);
}

#[tokio::test]
async fn session_ended_elsewhere() {
    let mut journey = Journey::start().signed_in().await;
    journey.server.end_all();
    let sessions = journey.app.sessions(journey.id.as_str()).await;
    assert_eq!(sessions.unwrap_err(), ErrorView::SignedOut);
    journey.begin(IntentKind::ChangePassword).await;
    journey.begin(IntentKind::SignIn).await.answer(AnswerForm::Saved).await;
    snapshot!(journey);
}

#[tokio::test]
async fn keychain_locked_at_the_moment_of_saving() {
    let mut journey = Journey::start();
    journey.begin(IntentKind::Recover).await.mailed_code().await;
    journey.store.fail_next(ErrorKind::Locked);
    journey.new_password(NEW).await;
    assert_eq!(journey.server.password().expose(), OLD, "what could not be saved was not sent");
    journey.new_password(NEW).await;
    snapshot!(journey);
}

#[tokio::test]
async fn keychain_locked_after_the_server_said_yes() {
    let mut journey = Journey::with(|server| server.with_second_factor("314159"));
    journey.begin(IntentKind::SignIn).await.password(OLD).await;
    journey.store.fail_next(ErrorKind::Locked);
    journey.code("314159").await;
    // The code is used up; what was missing is only the saving.
    journey.code("314159").await;
    snapshot!(journey);
}

#[tokio::test]
async fn no_saved_password_fits() {
    let mut journey = Journey::start().signed_in().await;
    let other = journey.server.clone();
    other.change_elsewhere(Secret::new("changed-in-a-Browser-77"));
    journey.begin(IntentKind::SignIn).await.answer(AnswerForm::Saved).await;
    snapshot!(journey);
}
