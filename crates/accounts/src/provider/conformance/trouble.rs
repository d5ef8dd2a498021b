//! Answers that are lost, servers that are started again, limits.

use super::*;

/// More often than any server lets somebody ask for a code.
const TOO_OFTEN: u32 = 30;

pub async fn an_answer_to_the_change_is_lost(bench: &dyn Bench) -> bool {
    let (mut exchange, _) = begin_recover(bench).await;
    let proof = bench.mailed().await;
    prove(&mut *exchange, proof).await;
    if !bench.cut().await {
        return false;
    }
    let lost = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await;
    bench.mend().await;
    assert_eq!(lost.expect_err("no answer came").kind(), ErrorKind::OutcomeUnknown, "never: it failed");
    sign_in(bench, &Secret::new(NEW)).await.expect("the server had done it");
    true
}

pub async fn the_server_is_started_again(bench: &dyn Bench) -> bool {
    let (mut exchange, _) = begin_recover(bench).await;
    let proof = bench.mailed().await;
    let mut session = sign_in(bench, &bench.password()).await.unwrap();
    if !bench.restart().await {
        return false;
    }
    bench.provider().check(&mut session).await.expect("whoever was signed in still is");
    if bench.habits().survives_restart {
        prove(&mut *exchange, proof).await;
        set(&mut *exchange, NEW).await;
        sign_in(bench, &Secret::new(NEW)).await.unwrap();
    } else {
        let end = give(&mut *exchange, proof).await;
        let over = end.as_ref().is_err_and(|error| error.kind() == ErrorKind::Expired);
        assert!(over || end.as_ref().is_ok_and(is_wrong_code), "{end:?}");
        sign_in(bench, &bench.password()).await.expect("nothing has changed");
    }
    true
}

pub async fn a_limit_is_met_and_waited_out(bench: &dyn Bench) {
    let recover = async || {
        let begun = bench.provider().begin(Intent::Recover { identifier: bench.recover_as() }).await;
        begun.map(|_| ())
    };
    let mut told = None;
    for _ in 0..TOO_OFTEN {
        if let Err(error) = recover().await {
            let ErrorKind::RateLimited { wait } = error.kind() else { panic!("a limit: {error:?}") };
            told = Some(wait);
            break;
        }
    }
    let wait = told.expect("nobody may ask that often");
    // Where the server does not say how long, an hour is enough for every one of them.
    bench.advance(wait.unwrap_or(Duration::from_secs(3600)) + Duration::from_secs(1)).await;
    recover().await.expect("it was waited out");
}
