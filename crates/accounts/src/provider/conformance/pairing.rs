//! Signing in by a phone (RFC 8628), at every server that offers it.

use std::time::SystemTime;

use super::*;
use crate::clock::Clock as _;
use crate::provider::{Paired, QrAsk};

/// What all of them ask for (RFC 8628, 3.2: what holds where a server names none).
const INTERVAL: Duration = Duration::from_secs(5);

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

    /// The clock with which this computer waits.
    fn clock(&self) -> &Watched;

    fn cable(&self) -> &Cable;

    /// It tells those who ask too often to slow down (RFC 8628, 3.5); not all of them do.
    fn slows_down(&self) -> bool {
        true
    }
}

/// Runs the list; `fresh` gives a server each time.
pub async fn pairing<B: PhoneBench>(fresh: impl AsyncFn() -> B) {
    a_phone_that_says_yes(&fresh().await).await;
    a_phone_that_says_no(&fresh().await).await;
    nobody_scans(&fresh().await).await;
    one_answer_for_one_computer(&fresh().await).await;
    who_leaves_is_not_let_in(&fresh().await).await;
    who_asks_too_often_asks_more_and_more_rarely(&fresh().await).await;
    a_limiter_is_waited_for(&fresh().await).await;
    the_network_goes_and_comes_back(&fresh().await).await;
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

/// Each "slow down" adds five seconds, for good (RFC 8628, 3.5).
async fn who_asks_too_often_asks_more_and_more_rarely(bench: &dyn PhoneBench) {
    let (mut exchange, ask) = begin(bench).await;
    bench.clock().hold(true);
    let gaps = until_waited(bench, &mut *exchange, 6).await;
    assert_eq!(gaps[0], INTERVAL);
    let grows = |pair: &[Duration]| pair[1] == pair[0] + Duration::from_secs(5);
    if bench.slows_down() {
        // The first question is never one too many.
        assert!(gaps[1..].windows(2).all(grows), "{gaps:?}");
    } else {
        assert!(gaps.iter().all(|gap| *gap == INTERVAL), "{gaps:?}");
    }
    // Nobody hurries any more, and it is as rare as before.
    bench.pass_to(bench.clock().now() + gaps[5]).await;
    let after = until_waited(bench, &mut *exchange, 2).await;
    assert!(after[1] >= gaps[5], "for good: {gaps:?}, then {after:?}");
    bench.clock().hold(false);
    let_in_after(bench, &mut *exchange, &ask, after[1]).await;
}

/// A limiter in front of the server says how long.
async fn a_limiter_is_waited_for(bench: &dyn PhoneBench) {
    let (mut exchange, ask) = begin(bench).await;
    bench.cable().refuse(429, "retry-after: 45");
    let gaps = until_waited(bench, &mut *exchange, 2).await;
    assert_eq!(gaps, [INTERVAL, Duration::from_secs(45)]);
    let_in(bench, &mut *exchange, &ask).await;
}

async fn the_network_goes_and_comes_back(bench: &dyn PhoneBench) {
    let (mut exchange, ask) = begin(bench).await;
    bench.cable().cut();
    let step = exchange.answer(Answer::Wait).await.unwrap();
    assert!(
        matches!(&step, Step::Ask(Challenge::ScanQr(same), Some(Problem::StillTrying)) if *same == ask),
        "{step:?}"
    );
    bench.clock().hold(true);
    let gaps = until_waited(bench, &mut *exchange, 5).await;
    assert_eq!(
        gaps,
        [10, 20, 40, 60, 60].map(Duration::from_secs),
        "more and more rarely, but never forgotten"
    );
    bench.clock().hold(false);
    bench.cable().mend();
    let_in_after(bench, &mut *exchange, &ask, gaps[1]).await;
}

/// Waits until so many more waits were begun, and gives them.
async fn until_waited(bench: &dyn PhoneBench, exchange: &mut dyn Exchange, count: usize) -> Vec<Duration> {
    let before = bench.clock().waits().len();
    loop {
        tokio::select! {
            // What is asked may be drawn anew meanwhile.
            step = exchange.answer(Answer::Wait) => assert!(matches!(step, Ok(Step::Ask(Challenge::ScanQr(_), _))), "{step:?}"),
            () = bench.clock().waited(before + count) => break,
        }
    }
    bench.clock().waits()[before..before + count].to_vec()
}

/// Types the code where there is one.
async fn if_guarded(exchange: &mut dyn Exchange, digits: Option<Secret>) {
    let Some(digits) = digits else { return };
    for _ in 0..10 {
        let step = exchange.answer(Answer::Wait).await.unwrap();
        if matches!(step, Step::Ask(Challenge::ConfirmCode(_), _)) {
            let step = exchange.answer(Answer::Code(digits)).await.unwrap();
            assert!(matches!(step, Step::Ask(Challenge::WaitForPhone(_), None)), "{step:?}");
            return;
        }
    }
    panic!("the scan is never noticed")
}

/// Up to "Sign in as …?", whatever is drawn anew on the way.
async fn arrives(exchange: &mut dyn Exchange) -> Paired {
    for _ in 0..10 {
        if let Step::Ask(Challenge::ConfirmAccount(paired), None) =
            exchange.answer(Answer::Wait).await.unwrap()
        {
            return paired;
        }
    }
    panic!("it never arrives")
}

async fn begin(bench: &dyn PhoneBench) -> (Box<dyn Exchange>, QrAsk) {
    let (exchange, challenge) = bench.provider().begin(Intent::Pair).await.unwrap();
    let Challenge::ScanQr(ask) = challenge else { panic!("a QR code is shown: {challenge:?}") };
    assert!(!ask.letters.is_empty() && ask.valid_until > ask.shown_at);
    (exchange, ask)
}

/// As far as "Sign in as … on …?".
async fn let_in(bench: &dyn PhoneBench, exchange: &mut dyn Exchange, ask: &QrAsk) -> Paired {
    let_in_after(bench, exchange, ask, Duration::ZERO).await
}

/// The same where the server's clock is not the one that is waited with, and it was asked in vain before.
async fn let_in_after(
    bench: &dyn PhoneBench,
    exchange: &mut dyn Exchange,
    ask: &QrAsk,
    pause: Duration,
) -> Paired {
    let digits = bench.scan(ask).await;
    assert_eq!(digits.is_some(), ask.guarded);
    if_guarded(exchange, digits).await;
    bench.approve(ask).await;
    if !pause.is_zero() {
        bench.pass_to(bench.clock().now() + pause).await;
    }
    arrives(exchange).await
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
