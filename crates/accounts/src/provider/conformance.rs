//! What every provider must do, as a list of plain functions: each real server and each fake runs the same one.
//!
//! What servers do differently stands in their [`Habits`]. A fake and the server it plays share one, and every habit is
//! checked in both directions, so that a fake that behaves otherwise than its server fails.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a list of tests: a surprise must stop it"
)]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{
    Answer, Challenge, CodeAsk, CodePurpose, Exchange, Intent, Outcome, Problem, Provider, Session, Step,
    Way, Which,
};
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

mod cable;
mod pairing;
mod recovery;
mod sign_in;
mod signed_in;
mod trouble;
mod watched;

pub use cable::Cable;
pub use pairing::{PhoneBench, pairing};
pub use watched::Watched;

/// A server under test, and what stands around it: its mailbox, its clock, the cable to it.
#[async_trait]
pub trait Bench: Send + Sync {
    fn provider(&self) -> Arc<dyn Provider>;
    fn habits(&self) -> Habits;

    /// An account that exists, with its current password. It has a session somewhere else.
    fn identifier(&self) -> String;
    fn password(&self) -> Secret;

    /// Other names by which the same account signs in.
    fn other_identifiers(&self) -> Vec<String> {
        Vec::new()
    }

    /// What recovery is asked for with.
    fn recover_as(&self) -> String {
        self.identifier()
    }

    /// An identifier of the same form that no account has.
    fn nobody(&self) -> String {
        "nobody-here".into()
    }

    /// Waits for the next mail and takes the code or the link out of it.
    async fn mailed(&self) -> Secret;

    /// One of the codes saved beforehand, never used before.
    fn saved_code(&self) -> Option<Secret>;

    /// The authenticator's code of now, where the account has a second factor.
    fn authenticator(&self) -> Option<Secret>;

    /// Lets time pass for the server and for us.
    async fn advance(&self, by: Duration);

    /// The server acts on what it is asked, and its answers are lost, until [`mend`](Self::mend). `false`: this bench
    /// has no cable to cut.
    async fn cut(&self) -> bool {
        false
    }

    async fn mend(&self) {}

    /// The server's process ends and starts again. `false`: it cannot be restarted.
    async fn restart(&self) -> bool {
        false
    }
}

/// What a fresh bench is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Setup {
    pub second_factor: bool,
    /// The server's own limits on how often it may be asked hold; else they are out of the way.
    pub limits: bool,
}

/// What a server does its own way.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// How the first proof of a recovery comes.
    pub first_way: Way,
    /// A code is checked before the new password is asked for.
    pub checks_early: bool,
    /// Recovery says to everyone that there is no such account.
    pub tells_unknown: bool,
    /// Wrong codes after which the right one is worthless too; `None`: no limit for one code.
    pub tries: Option<u32>,
    /// How long a mailed proof is good for.
    pub code_life: Duration,
    /// After a new code was sent, the first one still fits.
    pub first_code_lives: bool,
    /// The server has rules for passwords of its own, and says which one was broken.
    pub says_weak: bool,
    pub recovery_ends: SessionsEnd,
    /// An authenticator can be asked for at sign-in.
    pub second_factor: bool,
    /// After the mailed proof, recovery asks for the second factor, too, before it sets a password.
    pub second_factor_guards_recovery: bool,
    /// How long a session holds before it must be renewed with a second token; `None`: it needs no renewal.
    pub access_life: Option<Duration>,
    /// A recovery under way goes on after the server was started again.
    pub survives_restart: bool,
    /// Asking for too many codes is answered with "wait".
    pub limits_recovery: bool,
}

/// What a recovery does to the sessions that were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionsEnd {
    AtOnce,
    /// When they are renewed next.
    AtRenewal,
}

/// What a row of the table in `docs/servers.md` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Works,
    /// The server has no such thing, and Regain does not offer it.
    NotOffered,
}

/// What a run has shown, in the order of the list.
pub type Report = Vec<(&'static str, Verdict)>;

pub(super) const NEW: &str = "mossy-kettle-Walnut-29";
pub(super) const NEWER: &str = "quiet-harbour-Lantern-58";

/// Runs the list; `bench` makes a fresh account each time.
pub async fn all<B: Bench>(mut bench: impl AsyncFnMut(Setup) -> B) -> Report {
    use Verdict::{NotOffered, Works};
    let mut report = Report::new();
    let plain = Setup::default();
    let second = Setup { second_factor: true, ..plain };
    let limits = Setup { limits: true, ..plain };
    let mut row =
        |name: &'static str, works: bool| report.push((name, if works { Works } else { NotOffered }));

    /// Names a check in the output, so that a failure on a server far away says where it stopped.
    macro_rules! check {
        ($path:ident::$name:ident, $setup:expr) => {{
            tracing::info!(check = stringify!($name));
            $path::$name(&bench($setup).await).await
        }};
    }

    check!(sign_in::signs_in, plain);
    check!(sign_in::refuses_a_wrong_password, plain);
    check!(sign_in::an_unknown_account_sounds_the_same, plain);
    row("Sign in", true);
    let first = bench(plain).await;
    let (habits, able) = (first.habits(), first.provider().about().abilities);
    drop(first);
    if habits.second_factor {
        check!(sign_in::asks_for_a_second_factor, second);
        check!(recovery::asks_for_the_second_factor_afterwards, second);
    }
    row("Second factor", habits.second_factor);

    check!(recovery::recovers_by_the_first_way, plain);
    check!(recovery::a_wrong_proof_may_be_mended, plain);
    check!(recovery::a_proof_runs_out, plain);
    check!(recovery::a_used_proof_opens_nothing, plain);
    check!(recovery::a_new_one_comes_after_a_minute, plain);
    if habits.tries.is_some() {
        check!(recovery::too_many_wrong_codes_end_it, plain);
    }
    if habits.says_weak {
        check!(recovery::says_why_a_password_is_weak, plain);
    }
    check!(recovery::the_other_ways_work, plain);
    check!(recovery::ends_every_session, plain);
    check!(recovery::refuses_an_answer_to_another_question, plain);
    row("Recovery by mailed code", habits.first_way == Way::MailCode);
    row("Recovery by mailed link", check!(recovery::offers_a_link, plain));
    row("Recovery by saved code", check!(recovery::offers_saved_codes, plain));

    if able.change_with_current {
        check!(signed_in::changes_with_the_current_password, plain);
        check!(signed_in::asks_again_for_a_wrong_current_password, plain);
    }
    row("Change with the current password", able.change_with_current);
    check!(signed_in::changes_by_mail_while_signed_in, plain);
    row("Change by mail while signed in", true);
    if able.sessions {
        check!(signed_in::lists_and_ends_sessions, plain);
    }
    row("List and end sessions", able.sessions);
    check!(signed_in::signs_out, plain);
    row("Sign out", true);
    if habits.access_life.is_some() {
        check!(signed_in::a_session_is_renewed, plain);
    }
    row("Renews a session", habits.access_life.is_some());

    row("A lost answer is found", check!(trouble::an_answer_to_the_change_is_lost, plain));
    row("A restart in mid-flow is survived", check!(trouble::the_server_is_started_again, plain));
    if habits.limits_recovery {
        check!(trouble::a_limit_is_met_and_waited_out, limits);
    }
    row("A limit is met and waited out", habits.limits_recovery);
    report
}

pub(super) async fn begin_sign_in(bench: &dyn Bench, identifier: &str) -> Box<dyn Exchange> {
    let intent = Intent::SignIn { identifier: identifier.into() };
    let (exchange, challenge) = bench.provider().begin(intent).await.unwrap();
    assert_eq!(challenge, Challenge::Password { current: false });
    exchange
}

pub(super) async fn begin_recover(bench: &dyn Bench) -> (Box<dyn Exchange>, CodeAsk) {
    let intent = Intent::Recover { identifier: bench.recover_as() };
    let (exchange, challenge) = bench.provider().begin(intent).await.unwrap();
    let Challenge::Code(ask) = challenge else { panic!("a proof is asked for: {challenge:?}") };
    assert_eq!(ask.purpose, CodePurpose::Recovery);
    (exchange, ask)
}

pub(super) async fn sign_in(bench: &dyn Bench, password: &Secret) -> Result<Session, Step> {
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    match exchange.answer(Answer::Password(password.clone())).await.unwrap() {
        Step::Done(Outcome::SignedIn(session)) => Ok(session),
        other => Err(other),
    }
}

/// Gives a right proof: the new password is asked for, whether or not it was checked yet.
pub(super) async fn prove(exchange: &mut dyn Exchange, proof: Secret) {
    let step = exchange.answer(Answer::Code(proof)).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
}

/// Gives a proof, and a new password where it takes that to have it checked.
pub(super) async fn give(exchange: &mut dyn Exchange, proof: Secret) -> Result<Step, Error> {
    match exchange.answer(Answer::Code(proof)).await? {
        Step::Ask(Challenge::NewPassword(_), None) => {
            exchange.answer(Answer::NewPassword(Secret::new(NEW))).await
        }
        step => Ok(step),
    }
}

pub(super) async fn set(exchange: &mut dyn Exchange, password: &str) {
    let step = exchange.answer(Answer::NewPassword(Secret::new(password))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
}

pub(super) fn code_asked(step: Step) -> CodeAsk {
    match step {
        Step::Ask(Challenge::Code(ask), None) => ask,
        other => panic!("a code is asked for: {other:?}"),
    }
}

pub(super) fn is_wrong_code(step: &Step) -> bool {
    matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode)))
}

/// A proof of the same form that is not this one: its last letter or digit is another.
pub(super) fn other_code(code: &Secret) -> Secret {
    let mut text: Vec<char> = code.expose().trim().chars().collect();
    for c in text.iter_mut().rev().take(4) {
        *c = match *c {
            '9' => '2',
            '0'..='8' => char::from(*c as u8 + 1),
            'B' => 'C',
            'A'..='Z' => 'B',
            'b' => 'c',
            'a'..='z' => 'b',
            other => other,
        };
    }
    Secret::new(text.into_iter().collect::<String>())
}
