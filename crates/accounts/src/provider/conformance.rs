//! What every provider must do, as a list of plain functions: each real server and each fake runs the same one.

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
use crate::error::ErrorKind;
use crate::secret::Secret;

/// A server under test, and what stands around it: its mailbox, its clock.
#[async_trait]
pub trait Bench: Send + Sync {
    fn provider(&self) -> Arc<dyn Provider>;

    /// An account that exists, with its current password. It has a session somewhere else.
    fn identifier(&self) -> String;
    fn password(&self) -> Secret;

    /// Waits for the next mail and takes the code or the link out of it.
    async fn mailed(&self) -> Secret;

    /// One of the codes saved beforehand, never used before.
    fn saved_code(&self) -> Secret;

    /// The authenticator's code of now, where the account has a second factor.
    fn authenticator(&self) -> Option<Secret>;

    /// Lets time pass for the server and for us.
    fn advance(&self, by: Duration);
}

const NEW: &str = "mossy-kettle-Walnut-29";

/// Runs the list; `bench` makes a fresh server each time, with a second factor or without.
pub async fn all<B: Bench>(mut bench: impl AsyncFnMut(bool) -> B) {
    signs_in(&bench(false).await).await;
    refuses_a_wrong_password(&bench(false).await).await;
    an_unknown_account_sounds_the_same(&bench(false).await).await;
    asks_for_a_second_factor(&bench(true).await).await;
    recovers_by_mailed_code(&bench(false).await).await;
    recovers_with_a_second_factor_afterwards(&bench(true).await).await;
    a_wrong_code_may_be_typed_again(&bench(false).await).await;
    too_many_wrong_codes_end_it(&bench(false).await).await;
    a_code_runs_out(&bench(false).await).await;
    a_new_code_comes_after_a_minute(&bench(false).await).await;
    recovers_by_mailed_link(&bench(false).await).await;
    recovers_by_saved_code(&bench(false).await).await;
    says_why_a_password_is_weak(&bench(false).await).await;
    recovery_ends_every_session(&bench(false).await).await;
    changes_with_the_current_password(&bench(false).await).await;
    asks_again_for_a_wrong_current_password(&bench(false).await).await;
    lists_and_ends_sessions(&bench(false).await).await;
    signs_out(&bench(false).await).await;
    refuses_an_answer_to_another_question(&bench(false).await).await;
}

async fn signs_in(bench: &dyn Bench) {
    sign_in(bench, &bench.password()).await.unwrap();
}

async fn refuses_a_wrong_password(bench: &dyn Bench) {
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    let step = exchange.answer(Answer::Password(Secret::new("not the password at all"))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword))));
    // The question stands: the right one may follow.
    let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))));
}

async fn an_unknown_account_sounds_the_same(bench: &dyn Bench) {
    let mut exchange = begin_sign_in(bench, "nobody-here").await;
    let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Password { .. }, Some(Problem::WrongPassword))));

    let (mut exchange, ask) = begin_recover(bench, "nobody-here").await;
    assert_eq!((ask.purpose, ask.way), (CodePurpose::Recovery, Way::MailCode));
    let step = exchange.answer(Answer::Code(Secret::new("12345678"))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))));
}

async fn asks_for_a_second_factor(bench: &dyn Bench) {
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
    let ask = code_asked(step);
    assert_eq!((ask.purpose, ask.way), (CodePurpose::SecondFactor, Way::Authenticator));
    let right = bench.authenticator().expect("this bench has a second factor");
    let step = exchange.answer(Answer::Code(other_code(&right))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))));
    let step = exchange.answer(Answer::OtherWay(Way::RecoveryCode)).await.unwrap();
    assert_eq!(code_asked(step).way, Way::RecoveryCode);
    let step = exchange.answer(Answer::OtherWay(Way::Authenticator)).await.unwrap();
    assert_eq!(code_asked(step).way, Way::Authenticator);
    let step = exchange.answer(Answer::Code(right)).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))));
}

async fn recovers_by_mailed_code(bench: &dyn Bench) {
    let (mut exchange, ask) = begin_recover(bench, &bench.identifier()).await;
    assert!(ask.resend_at.is_some() && ask.valid_until > ask.sent_at);
    let code = bench.mailed().await;
    // As people paste it: in groups, with a space at the end.
    let (head, tail) = code.expose().split_at(code.expose().len() / 2);
    let step = exchange.answer(Answer::Code(Secret::new(format!("{head}-{tail} ")))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)));
    set(&mut *exchange, NEW).await;
    sign_in(bench, &Secret::new(NEW)).await.unwrap();
    assert!(sign_in(bench, &bench.password()).await.is_err(), "the old one opens no more");
}

async fn recovers_with_a_second_factor_afterwards(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    let code = bench.mailed().await;
    exchange.answer(Answer::Code(code)).await.unwrap();
    set(&mut *exchange, NEW).await;
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    let step = exchange.answer(Answer::Password(Secret::new(NEW))).await.unwrap();
    assert_eq!(
        code_asked(step).purpose,
        CodePurpose::SecondFactor,
        "recovery leaves the second factor standing"
    );
}

async fn a_wrong_code_may_be_typed_again(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    let right = bench.mailed().await;
    let step = exchange.answer(Answer::Code(other_code(&right))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))));
    let step = exchange.answer(Answer::Code(right)).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)));
}

async fn too_many_wrong_codes_end_it(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    let right = bench.mailed().await;
    for _ in 0..5 {
        let _ = exchange.answer(Answer::Code(other_code(&right))).await;
    }
    let end = exchange.answer(Answer::Code(right)).await.expect_err("five tries are enough");
    assert_eq!(end.kind(), ErrorKind::Expired);
    sign_in(bench, &bench.password()).await.expect("wrong codes never lock the right password out");
}

async fn a_code_runs_out(bench: &dyn Bench) {
    let (mut exchange, ask) = begin_recover(bench, &bench.identifier()).await;
    let code = bench.mailed().await;
    let life = ask.valid_until.zip(ask.sent_at).map(|(until, at)| until.duration_since(at).unwrap());
    bench.advance(life.unwrap() + Duration::from_secs(1));
    let late = exchange.answer(Answer::Code(code)).await;
    assert_eq!(late.expect_err("it has run out").kind(), ErrorKind::Expired);
}

async fn a_new_code_comes_after_a_minute(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    let first = bench.mailed().await;
    bench.advance(Duration::from_secs(61));
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), None)));
    assert_ne!(bench.mailed().await, first);
    // Mail is slow: the first one may arrive last, and still fits.
    let step = exchange.answer(Answer::Code(first)).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)));
}

async fn recovers_by_mailed_link(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    bench.mailed().await;
    bench.advance(Duration::from_secs(61));
    let step = exchange.answer(Answer::OtherWay(Way::MailLink)).await.unwrap();
    assert_eq!(code_asked(step).way, Way::MailLink);
    let link = bench.mailed().await;
    assert!(link.expose().starts_with("http"));
    let step = exchange.answer(Answer::Code(link)).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)));
}

async fn recovers_by_saved_code(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    bench.mailed().await;
    let step = exchange.answer(Answer::OtherWay(Way::RecoveryCode)).await.unwrap();
    assert_eq!(code_asked(step).way, Way::RecoveryCode);
    // As people type it: small letters, in groups.
    let code = bench.saved_code().expose().to_lowercase();
    let step = exchange.answer(Answer::Code(Secret::new(format!(" {code} ")))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)));
    set(&mut *exchange, NEW).await;
    sign_in(bench, &Secret::new(NEW)).await.unwrap();
}

async fn says_why_a_password_is_weak(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    let code = bench.mailed().await;
    exchange.answer(Answer::Code(code)).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new("short"))).await.unwrap();
    let Step::Ask(Challenge::NewPassword(_), Some(Problem::WeakPassword(reasons))) = step else {
        panic!("asked again, with the reason: {step:?}");
    };
    assert!(!reasons.is_empty());
    set(&mut *exchange, NEW).await;
}

async fn recovery_ends_every_session(bench: &dyn Bench) {
    let mut session = sign_in(bench, &bench.password()).await.unwrap();
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    let code = bench.mailed().await;
    exchange.answer(Answer::Code(code)).await.unwrap();
    set(&mut *exchange, NEW).await;
    let end = bench.provider().sessions(&mut session).await.expect_err("the session has ended");
    assert_eq!(end.kind(), ErrorKind::SignedOut);
}

async fn changes_with_the_current_password(bench: &dyn Bench) {
    let session = sign_in(bench, &bench.password()).await.unwrap();
    let (mut exchange, challenge) = bench.provider().begin(Intent::ChangePassword { session }).await.unwrap();
    assert_eq!(challenge, Challenge::Password { current: true });
    let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)));
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    let Step::Done(Outcome::PasswordChanged { session, .. }) = step else { panic!("changed: {step:?}") };
    if let Some(mut session) = session {
        assert!(bench.provider().sessions(&mut session).await.is_ok());
    }
    sign_in(bench, &Secret::new(NEW)).await.unwrap();
}

async fn asks_again_for_a_wrong_current_password(bench: &dyn Bench) {
    let session = sign_in(bench, &bench.password()).await.unwrap();
    let (mut exchange, _) = bench.provider().begin(Intent::ChangePassword { session }).await.unwrap();
    exchange.answer(Answer::Password(Secret::new("not the current one"))).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword))));
    exchange.answer(Answer::Password(bench.password())).await.unwrap();
    set(&mut *exchange, NEW).await;
}

async fn lists_and_ends_sessions(bench: &dyn Bench) {
    let provider = bench.provider();
    let mut here = sign_in(bench, &bench.password()).await.unwrap();
    let mut there = sign_in(bench, &bench.password()).await.unwrap();
    let list = provider.sessions(&mut here).await.unwrap();
    assert_eq!(list.iter().filter(|device| device.current).count(), 1);
    assert!(list.len() >= 3, "here, there, and the one that was there before: {list:?}");

    let other =
        provider.sessions(&mut there).await.unwrap().into_iter().find(|device| device.current).unwrap();
    provider.end_session(&mut here, Which::One(other.id)).await.unwrap();
    assert_eq!(provider.sessions(&mut there).await.unwrap_err().kind(), ErrorKind::SignedOut);

    assert!(provider.end_session(&mut here, Which::AllOthers).await.unwrap().unwrap_or(1) >= 1);
    assert_eq!(provider.sessions(&mut here).await.unwrap().len(), 1);
}

async fn signs_out(bench: &dyn Bench) {
    let mut session = sign_in(bench, &bench.password()).await.unwrap();
    bench.provider().end_session(&mut session, Which::This).await.unwrap();
    assert_eq!(bench.provider().sessions(&mut session).await.unwrap_err().kind(), ErrorKind::SignedOut);
}

async fn refuses_an_answer_to_another_question(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench, &bench.identifier()).await;
    let early = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await;
    assert_eq!(early.expect_err("no code, no new password").kind(), ErrorKind::Unsupported);
    sign_in(bench, &bench.password()).await.expect("nothing has changed");
}

async fn begin_sign_in(bench: &dyn Bench, identifier: &str) -> Box<dyn Exchange> {
    let intent = Intent::SignIn { identifier: identifier.into() };
    let (exchange, challenge) = bench.provider().begin(intent).await.unwrap();
    assert_eq!(challenge, Challenge::Password { current: false });
    exchange
}

async fn begin_recover(bench: &dyn Bench, identifier: &str) -> (Box<dyn Exchange>, CodeAsk) {
    let intent = Intent::Recover { identifier: identifier.into() };
    let (exchange, challenge) = bench.provider().begin(intent).await.unwrap();
    let Challenge::Code(ask) = challenge else { panic!("a code is asked for: {challenge:?}") };
    (exchange, ask)
}

async fn sign_in(bench: &dyn Bench, password: &Secret) -> std::result::Result<Session, Step> {
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    match exchange.answer(Answer::Password(password.clone())).await.unwrap() {
        Step::Done(Outcome::SignedIn(session)) => Ok(session),
        other => Err(other),
    }
}

async fn set(exchange: &mut dyn Exchange, password: &str) {
    let step = exchange.answer(Answer::NewPassword(Secret::new(password))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
}

fn code_asked(step: Step) -> CodeAsk {
    match step {
        Step::Ask(Challenge::Code(ask), None) => ask,
        other => panic!("a code is asked for: {other:?}"),
    }
}

/// A code of the same shape that is not this one.
fn other_code(code: &Secret) -> Secret {
    Secret::new(
        code.expose()
            .chars()
            .map(|c| if c == '9' { '0' } else { char::from(c as u8 + 1) })
            .collect::<String>(),
    )
}
