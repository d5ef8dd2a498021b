//! The forgotten password.

use super::*;

pub async fn recovers_by_the_first_way(bench: &dyn Bench) {
    let habits = bench.habits();
    let (mut exchange, ask) = begin_recover(bench).await;
    assert_eq!(ask.way, habits.first_way);
    assert!(ask.resend_at.is_some(), "a new one can always be had");
    let life = ask.valid_until.zip(ask.sent_at).map(|(until, at)| until.duration_since(at).unwrap());
    assert!(life.is_none_or(|life| life <= habits.code_life), "no longer than the server says: {life:?}");
    let proof = bench.mailed().await;
    // As people paste it: with spaces around.
    prove(&mut *exchange, Secret::new(format!(" {}\n", proof.expose()))).await;
    set(&mut *exchange, NEW).await;
    sign_in(bench, &Secret::new(NEW)).await.unwrap();
    assert!(sign_in(bench, &bench.password()).await.is_err(), "the old one opens no more");
}

pub async fn asks_for_the_second_factor_afterwards(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench).await;
    let proof = bench.mailed().await;
    prove(&mut *exchange, proof).await;
    if bench.habits().second_factor_guards_recovery {
        prove_second_factor(bench, &mut *exchange).await;
    }
    set(&mut *exchange, NEW).await;
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    let step = exchange.answer(Answer::Password(Secret::new(NEW))).await.unwrap();
    assert_eq!(
        code_asked(step).purpose,
        CodePurpose::SecondFactor,
        "recovery leaves the second factor standing"
    );
}

/// The new password is held back until the second factor is proven; then it is asked for again.
async fn prove_second_factor(bench: &dyn Bench, exchange: &mut dyn Exchange) {
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert_eq!(code_asked(step).purpose, CodePurpose::SecondFactor, "the mailbox alone does not do");
    let right = bench.authenticator().expect("this bench has a second factor");
    let step = exchange.answer(Answer::Code(other_code(&right))).await.unwrap();
    assert!(is_wrong_code(&step), "{step:?}");
    prove(exchange, right).await;
}

pub async fn a_wrong_proof_may_be_mended(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench).await;
    let right = bench.mailed().await;
    let step = give(&mut *exchange, other_code(&right)).await.unwrap();
    assert!(is_wrong_code(&step), "{step:?}");
    prove(&mut *exchange, right).await;
    set(&mut *exchange, NEWER).await;
    sign_in(bench, &Secret::new(NEWER)).await.unwrap();
}

pub async fn too_many_wrong_codes_end_it(bench: &dyn Bench) {
    let tries = bench.habits().tries.unwrap();
    let (mut exchange, _) = begin_recover(bench).await;
    let right = bench.mailed().await;
    for n in 0..tries {
        let step = exchange.answer(Answer::Code(other_code(&right))).await;
        // Some say at the last one already that it is over.
        let over = step.as_ref().is_err_and(|error| n + 1 == tries && error.kind() == ErrorKind::Expired);
        assert!(over || step.as_ref().is_ok_and(is_wrong_code), "{n}: {step:?}");
    }
    let end = exchange.answer(Answer::Code(right)).await.expect_err("enough is enough");
    assert_eq!(end.kind(), ErrorKind::Expired);
    sign_in(bench, &bench.password()).await.expect("wrong codes never lock the right password out");
}

pub async fn a_proof_runs_out(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench).await;
    let proof = bench.mailed().await;
    bench.advance(bench.habits().code_life + Duration::from_secs(2)).await;
    let late = give(&mut *exchange, proof).await;
    assert_eq!(late.expect_err("it has run out").kind(), ErrorKind::Expired);
    sign_in(bench, &bench.password()).await.expect("nothing has changed");
}

pub async fn a_used_proof_opens_nothing(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench).await;
    let used = bench.mailed().await;
    prove(&mut *exchange, used.clone()).await;
    set(&mut *exchange, NEWER).await;
    bench.advance(Duration::from_secs(61)).await;
    let (mut exchange, _) = begin_recover(bench).await;
    let fresh = bench.mailed().await;
    assert_ne!(fresh, used);
    let step = give(&mut *exchange, used).await.unwrap();
    assert!(is_wrong_code(&step), "{step:?}");
    sign_in(bench, &Secret::new(NEWER)).await.expect("nothing has changed");
}

pub async fn a_new_one_comes_after_a_minute(bench: &dyn Bench) {
    let habits = bench.habits();
    let (mut exchange, _) = begin_recover(bench).await;
    let first = bench.mailed().await;
    bench.advance(Duration::from_secs(61)).await;
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), None)), "{step:?}");
    let second = bench.mailed().await;
    assert_ne!(second, first);
    if habits.first_code_lives {
        // Mail is slow: the first one may arrive last, and still fits.
        prove(&mut *exchange, first).await;
    } else {
        let step = give(&mut *exchange, first).await.unwrap();
        assert!(is_wrong_code(&step), "{step:?}");
        prove(&mut *exchange, second).await;
    }
    set(&mut *exchange, NEW).await;
    sign_in(bench, &Secret::new(NEW)).await.unwrap();
}

/// Ways that a recovery offers beside the first one.
pub async fn the_other_ways_work(bench: &dyn Bench) {
    let (mut exchange, ask) = begin_recover(bench).await;
    bench.mailed().await;
    let mut password = NEW;
    for way in ask.other_ways {
        bench.advance(Duration::from_secs(61)).await;
        let step = exchange.answer(Answer::OtherWay(way)).await.unwrap();
        assert_eq!(code_asked(step).way, way);
        let proof = match way {
            Way::MailCode | Way::MailLink | Way::TextCode | Way::OtherAddress => bench.mailed().await,
            // As people type it: small letters, with spaces around.
            Way::RecoveryCode => {
                Secret::new(format!(" {} ", bench.saved_code().unwrap().expose().to_lowercase()))
            }
            Way::Authenticator => bench.authenticator().unwrap(),
        };
        assert_eq!(way == Way::MailLink, proof.expose().starts_with("http"));
        prove(&mut *exchange, proof).await;
        set(&mut *exchange, password).await;
        sign_in(bench, &Secret::new(password)).await.unwrap();
        bench.advance(Duration::from_secs(61)).await;
        exchange = begin_recover(bench).await.0;
        bench.mailed().await;
        password = if password == NEW { NEWER } else { NEW };
    }
}

pub async fn offers_a_link(bench: &dyn Bench) -> bool {
    offers(bench, Way::MailLink).await
}

pub async fn offers_saved_codes(bench: &dyn Bench) -> bool {
    offers(bench, Way::RecoveryCode).await
}

async fn offers(bench: &dyn Bench, way: Way) -> bool {
    let (_, ask) = begin_recover(bench).await;
    ask.way == way || ask.other_ways.contains(&way)
}

pub async fn says_why_a_password_is_weak(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench).await;
    let proof = bench.mailed().await;
    prove(&mut *exchange, proof).await;
    let step = exchange.answer(Answer::NewPassword(Secret::new("short"))).await.unwrap();
    let Step::Ask(Challenge::NewPassword(_), Some(Problem::WeakPassword(reasons))) = step else {
        panic!("asked again, with the reason: {step:?}");
    };
    assert!(!reasons.is_empty());
    set(&mut *exchange, NEW).await;
}

pub async fn ends_every_session(bench: &dyn Bench) {
    let provider = bench.provider();
    let mut session = sign_in(bench, &bench.password()).await.unwrap();
    let (mut exchange, _) = begin_recover(bench).await;
    let proof = bench.mailed().await;
    prove(&mut *exchange, proof).await;
    set(&mut *exchange, NEW).await;
    match bench.habits().recovery_ends {
        SessionsEnd::AtOnce => {}
        SessionsEnd::AtRenewal => {
            provider.check(&mut session).await.expect("it holds until it must be renewed");
            let life = bench.habits().access_life.expect("a session that is renewed has a life");
            bench.advance(life + Duration::from_secs(60)).await;
        }
    }
    let end = provider.check(&mut session).await.expect_err("the session has ended");
    assert_eq!(end.kind(), ErrorKind::SignedOut);
}

pub async fn refuses_an_answer_to_another_question(bench: &dyn Bench) {
    let (mut exchange, _) = begin_recover(bench).await;
    let early = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await;
    assert_eq!(early.expect_err("no code, no new password").kind(), ErrorKind::Unsupported);
    sign_in(bench, &bench.password()).await.expect("nothing has changed");
}
