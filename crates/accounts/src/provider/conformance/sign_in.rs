//! Signing in.

use super::*;

pub async fn signs_in(bench: &dyn Bench) {
    let mut session = sign_in(bench, &bench.password()).await.unwrap();
    bench.provider().check(&mut session).await.unwrap();
    for identifier in bench.other_identifiers() {
        let mut exchange = begin_sign_in(bench, &identifier).await;
        let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
        assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{identifier}: {step:?}");
    }
}

pub async fn refuses_a_wrong_password(bench: &dyn Bench) {
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    let step = exchange.answer(Answer::Password(Secret::new("not the password at all"))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword))));
    // The question stands: the right one may follow.
    let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))));
}

pub async fn an_unknown_account_sounds_the_same(bench: &dyn Bench) {
    let mut exchange = begin_sign_in(bench, &bench.nobody()).await;
    let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Password { .. }, Some(Problem::WrongPassword))));

    let habits = bench.habits();
    let begun = bench.provider().begin(Intent::Recover { identifier: bench.nobody() }).await;
    if habits.tells_unknown {
        let error = begun.map(|_| ()).expect_err("this server tells");
        assert_eq!(error.kind(), ErrorKind::UnknownAccount);
        return;
    }
    let (mut exchange, challenge) = begun.unwrap();
    let Challenge::Code(ask) = challenge else { panic!("the same question as for everyone: {challenge:?}") };
    assert_eq!((ask.purpose, ask.way), (CodePurpose::Recovery, habits.first_way));
    // The shape of a code without there being one: taken from a real account's mail.
    let (_other, _) = begin_recover(bench).await;
    let wrong = other_code(&bench.mailed().await);
    assert!(is_wrong_code(&give(&mut *exchange, wrong).await.unwrap()), "the same words as for everyone");
}

pub async fn asks_for_a_second_factor(bench: &dyn Bench) {
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    let step = exchange.answer(Answer::Password(bench.password())).await.unwrap();
    let ask = code_asked(step);
    assert_eq!((ask.purpose, ask.way), (CodePurpose::SecondFactor, Way::Authenticator));
    let right = bench.authenticator().expect("this bench has a second factor");
    let step = exchange.answer(Answer::Code(other_code(&right))).await.unwrap();
    assert!(is_wrong_code(&step), "{step:?}");
    for way in ask.other_ways {
        let step = exchange.answer(Answer::OtherWay(way)).await.unwrap();
        assert_eq!(code_asked(step).way, way);
        let step = exchange.answer(Answer::OtherWay(Way::Authenticator)).await.unwrap();
        assert_eq!(code_asked(step).way, Way::Authenticator);
    }
    let right = bench.authenticator().expect("this bench has a second factor");
    let step = exchange.answer(Answer::Code(right)).await.unwrap();
    let Step::Done(Outcome::SignedIn(mut session)) = step else { panic!("signed in: {step:?}") };
    bench.provider().check(&mut session).await.unwrap();

    let Some(saved) = bench.saved_code() else { return };
    let mut exchange = begin_sign_in(bench, &bench.identifier()).await;
    exchange.answer(Answer::Password(bench.password())).await.unwrap();
    let step = exchange.answer(Answer::OtherWay(Way::RecoveryCode)).await.unwrap();
    assert_eq!(code_asked(step).way, Way::RecoveryCode);
    let step = exchange.answer(Answer::Code(Secret::new(format!(" {} ", saved.expose())))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{step:?}");
}
