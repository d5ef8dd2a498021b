//! Signing in by a phone (RFC 8628), at every server that offers it.

use std::time::SystemTime;

use super::*;
use crate::provider::{Paired, QrAsk};

/// A server that pairs, and a phone that is signed in there.
#[async_trait]
pub trait PhoneBench: Send + Sync {
    fn provider(&self) -> Arc<dyn Provider>;

    /// Whose phone it is, as the server names that person.
    fn identifier(&self) -> String;

    /// The phone scans and says yes, as far as it gets without the computer. The digits to type there, where it shows any.
    async fn scan(&self, ask: &QrAsk) -> Option<Secret>;

    /// The phone says yes in the end.
    async fn approve(&self, ask: &QrAsk);

    /// The phone scans and says no.
    async fn deny(&self, ask: &QrAsk);

    /// The server's clock is as late as this.
    async fn pass_to(&self, at: SystemTime);
}

/// Runs the list; `fresh` gives a server each time.
pub async fn pairing<B: PhoneBench>(fresh: impl AsyncFn() -> B) {
    a_phone_that_says_yes(&fresh().await).await;
    a_phone_that_says_no(&fresh().await).await;
    nobody_scans(&fresh().await).await;
    one_answer_for_one_computer(&fresh().await).await;
    who_leaves_is_not_let_in(&fresh().await).await;
}

async fn a_phone_that_says_yes(bench: &dyn PhoneBench) {
    let (mut exchange, ask) = begin(bench).await;
    let paired = let_in(bench, &mut *exchange, &ask).await;
    assert_eq!(paired.identifier, bench.identifier());
    assert_eq!(Some(paired.reach), bench.provider().about().abilities.pair);
    let Step::Done(Outcome::SignedIn(mut session)) = exchange.answer(Answer::Yes).await.unwrap() else {
        panic!("a yes ends it")
    };
    bench.provider().check(&mut session).await.unwrap();
}

async fn a_phone_that_says_no(bench: &dyn PhoneBench) {
    let (mut exchange, ask) = begin(bench).await;
    bench.deny(&ask).await;
    let error = end(&mut *exchange).await;
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(end(&mut *exchange).await.kind(), ErrorKind::Expired, "it is over");
}

async fn nobody_scans(bench: &dyn PhoneBench) {
    let (mut exchange, ask) = begin(bench).await;
    bench.pass_to(ask.valid_until + Duration::from_secs(5)).await;
    assert_eq!(end(&mut *exchange).await.kind(), ErrorKind::Expired);
}

async fn one_answer_for_one_computer(bench: &dyn PhoneBench) {
    let (mut exchange, ask) = begin(bench).await;
    let (mut other, theirs) = begin(bench).await;
    assert_ne!(ask.letters, theirs.letters);
    assert_ne!(ask.link, theirs.link);
    let_in(bench, &mut *exchange, &ask).await;
    bench.pass_to(theirs.valid_until + Duration::from_secs(5)).await;
    assert_eq!(end(&mut *other).await.kind(), ErrorKind::Expired, "the other one was let in by nobody");
}

async fn who_leaves_is_not_let_in(bench: &dyn PhoneBench) {
    let (mut exchange, ask) = begin(bench).await;
    let_in(bench, &mut *exchange, &ask).await;
    exchange.abandon().await;
    assert_eq!(exchange.answer(Answer::Yes).await.unwrap_err().kind(), ErrorKind::Expired);
}

async fn begin(bench: &dyn PhoneBench) -> (Box<dyn Exchange>, QrAsk) {
    let (exchange, challenge) = bench.provider().begin(Intent::Pair).await.unwrap();
    let Challenge::ScanQr(ask) = challenge else { panic!("a QR code is shown: {challenge:?}") };
    assert!(!ask.letters.is_empty() && ask.valid_until > ask.shown_at);
    (exchange, ask)
}

/// As far as "Sign in as … on …?".
async fn let_in(bench: &dyn PhoneBench, exchange: &mut dyn Exchange, ask: &QrAsk) -> Paired {
    let digits = bench.scan(ask).await;
    assert_eq!(digits.is_some(), ask.guarded);
    if let Some(digits) = digits {
        let step = exchange.answer(Answer::Wait).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::ConfirmCode(_), None)), "{step:?}");
        let step = exchange.answer(Answer::Code(digits)).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::WaitForPhone(_), None)), "{step:?}");
    }
    bench.approve(ask).await;
    match exchange.answer(Answer::Wait).await.unwrap() {
        Step::Ask(Challenge::ConfirmAccount(paired), None) => paired,
        other => panic!("the phone has said who: {other:?}"),
    }
}

/// Waits until it is over; pictures may be renewed meanwhile.
async fn end(exchange: &mut dyn Exchange) -> Error {
    for _ in 0..200 {
        if let Err(error) = exchange.answer(Answer::Wait).await {
            return error;
        }
    }
    panic!("it never ends")
}
