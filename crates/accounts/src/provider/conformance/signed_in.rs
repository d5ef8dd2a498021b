//! What a signed-in person does.

use super::*;

pub async fn changes_with_the_current_password(bench: &dyn Bench) {
    let session = sign_in(bench, &bench.password()).await.unwrap();
    let (mut exchange, challenge) = bench.provider().begin(Intent::ChangePassword { session }).await.unwrap();
    assert_eq!(challenge, Challenge::Password { current: true });
    let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)));
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    let Step::Done(Outcome::PasswordChanged { session, .. }) = step else { panic!("changed: {step:?}") };
    if let Some(mut session) = session {
        bench.provider().check(&mut session).await.unwrap();
    }
    sign_in(bench, &Secret::new(NEW)).await.unwrap();
    assert!(sign_in(bench, &bench.password()).await.is_err(), "the old one opens no more");
}

pub async fn asks_again_for_a_wrong_current_password(bench: &dyn Bench) {
    let session = sign_in(bench, &bench.password()).await.unwrap();
    let (mut exchange, _) = bench.provider().begin(Intent::ChangePassword { session }).await.unwrap();
    exchange.answer(Answer::Password(Secret::new("not the current one"))).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword))));
    exchange.answer(Answer::Password(bench.password())).await.unwrap();
    set(&mut *exchange, NEW).await;
}

pub async fn changes_by_mail_while_signed_in(bench: &dyn Bench) {
    let session = sign_in(bench, &bench.password()).await.unwrap();
    // Where the current password would do, the way by mail is a recovery of one's own account.
    let intent = match bench.provider().about().abilities.change_with_current {
        true => Intent::Recover { identifier: session.address.clone().unwrap_or(bench.recover_as()) },
        false => Intent::ChangePassword { session },
    };
    let (mut exchange, challenge) = bench.provider().begin(intent).await.unwrap();
    let Challenge::Code(ask) = challenge else { panic!("a mailed code is asked for: {challenge:?}") };
    assert_eq!((ask.purpose, ask.way), (CodePurpose::Recovery, bench.habits().first_way));
    let proof = bench.mailed().await;
    prove(&mut *exchange, proof).await;
    set(&mut *exchange, NEW).await;
    sign_in(bench, &Secret::new(NEW)).await.unwrap();
    assert!(sign_in(bench, &bench.password()).await.is_err(), "the old one opens no more");
}

pub async fn lists_and_ends_sessions(bench: &dyn Bench) {
    let provider = bench.provider();
    let mut here = sign_in(bench, &bench.password()).await.unwrap();
    let mut there = sign_in(bench, &bench.password()).await.unwrap();
    let list = provider.sessions(&mut here).await.unwrap();
    assert_eq!(list.iter().filter(|device| device.current).count(), 1);
    assert!(list.len() >= 3, "here, there, and the one that was there before: {list:?}");

    let other =
        provider.sessions(&mut there).await.unwrap().into_iter().find(|device| device.current).unwrap();
    assert!(end(bench, &mut here, Which::One(other.id)).await.is_none_or(|ended| ended == 1));
    assert_eq!(provider.check(&mut there).await.unwrap_err().kind(), ErrorKind::SignedOut);
    assert_eq!(provider.sessions(&mut there).await.unwrap_err().kind(), ErrorKind::SignedOut);

    assert!(end(bench, &mut here, Which::AllOthers).await.unwrap_or(1) >= 1);
    assert_eq!(provider.sessions(&mut here).await.unwrap().len(), 1);
}

/// Ends sessions; with the password only where the server asks for it.
async fn end(bench: &dyn Bench, session: &mut Session, which: Which) -> Option<u32> {
    let provider = bench.provider();
    match provider.end_session(session, which.clone(), None).await {
        Err(error) if error.kind() == ErrorKind::ProveAgain => {
            let wrong = Secret::new("not the password at all");
            let refused = provider.end_session(session, which.clone(), Some(&wrong)).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::ProveAgain);
            provider.end_session(session, which, Some(&bench.password())).await.unwrap()
        }
        ended => ended.unwrap(),
    }
}

pub async fn signs_out(bench: &dyn Bench) {
    let provider = bench.provider();
    let mut session = sign_in(bench, &bench.password()).await.unwrap();
    let mut kept = session.clone();
    provider.end_session(&mut session, Which::This, None).await.unwrap();
    if let (SessionsEnd::AtRenewal, Some(life)) = (bench.habits().recovery_ends, bench.habits().access_life) {
        bench.advance(life + Duration::from_secs(60)).await;
    }
    assert_eq!(provider.check(&mut kept).await.unwrap_err().kind(), ErrorKind::SignedOut);
}

pub async fn a_session_is_renewed(bench: &dyn Bench) {
    let life = bench.habits().access_life.unwrap();
    let provider = bench.provider();
    let mut session = sign_in(bench, &bench.password()).await.unwrap();
    let before = session.clone();
    bench.advance(life + Duration::from_secs(60)).await;
    provider.check(&mut session).await.unwrap();
    assert!(session != before, "another token is in force: the caller must save it");
    provider.check(&mut session).await.unwrap();
}
