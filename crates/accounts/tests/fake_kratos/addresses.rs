//! `feature_flags.choose_recovery_address`: which of the account's addresses gets the code.

use accounts::provider::{Addresses, CodeShape};

use super::*;

const WORK: &str = "work@office.example";
const PHONE: &str = "+491512345677";

async fn bench(addresses: &[&str]) -> FakeBench {
    let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
    FakeBench::start(fake::Setup { choose_address: true, addresses, ..plain() }).await
}

async fn begin(bench: &FakeBench, typed: &str) -> (Box<dyn Exchange>, Addresses) {
    match bench.provider.begin(Intent::Recover { identifier: typed.into() }).await.unwrap() {
        (exchange, Challenge::ChooseAddress(addresses)) => (exchange, addresses),
        (_, other) => panic!("an address is to be chosen: {other:?}"),
    }
}

fn asks_code(step: Step) -> CodeAsk {
    match step {
        Step::Ask(Challenge::Code(ask), None) => ask,
        other => panic!("a code is asked for: {other:?}"),
    }
}

fn asks_whole(step: Step) -> (String, Option<Problem>) {
    match step {
        Step::Ask(Challenge::ConfirmAddress { masked }, problem) => (masked, problem),
        other => panic!("the whole address is asked for: {other:?}"),
    }
}

async fn choose(exchange: &mut dyn Exchange, place: usize) -> Step {
    exchange.answer(Answer::Address(place)).await.unwrap()
}

async fn whole(exchange: &mut dyn Exchange, typed: &str) -> Step {
    exchange.answer(Answer::WholeAddress(typed.into())).await.unwrap()
}

async fn opens(exchange: &mut dyn Exchange, code: Secret) {
    let step = exchange.answer(Answer::Code(code)).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: Some(_), .. })), "{step:?}");
}

#[tokio::test]
async fn nobody_is_written_to_before_an_address_is_chosen() {
    let bench = bench(&[ADDRESS, WORK]).await;
    let (_, addresses) = begin(&bench, WORK).await;
    assert_eq!(addresses.masked, ["ja****@mail.example", "wo****@office.example"]);
    assert_eq!(addresses.typed, Some(1));
    assert_eq!(bench.fake.mailed(), None);
}

#[tokio::test]
async fn the_typed_address_is_not_asked_for_once_more() {
    let bench = bench(&[ADDRESS, WORK]).await;
    let (mut exchange, _) = begin(&bench, WORK).await;
    let ask = asks_code(choose(&mut *exchange, 1).await);
    assert_eq!(ask.sent_to.as_deref(), Some("wo****@office.example"));
    assert_eq!((ask.way, ask.other_ways), (Way::MailCode, vec![Way::OtherAddress]));
    assert_eq!(bench.fake.mailed().unwrap().0, WORK);
    let first = bench.code();
    bench.clock.advance(Duration::from_secs(61));
    asks_code(exchange.answer(Answer::Resend).await.unwrap());
    assert_eq!(bench.fake.mailed().unwrap().0, WORK);
    assert_ne!(bench.code(), first);
    opens(&mut *exchange, bench.code()).await;
}

#[tokio::test]
async fn any_other_address_is_typed_in_full() {
    let bench = bench(&[ADDRESS, WORK]).await;
    let (mut exchange, _) = begin(&bench, ADDRESS).await;
    let (masked, problem) = asks_whole(choose(&mut *exchange, 1).await);
    assert_eq!((masked.as_str(), problem), ("wo****@office.example", None));
    // The server would not say so: it mails to nobody, and asks for the code.
    for wrong in ["jana@mail.example", "wolf@mail.example", "office.example", "", "+491512345677"] {
        let (masked, problem) = asks_whole(whole(&mut *exchange, wrong).await);
        assert_eq!((masked.as_str(), problem), ("wo****@office.example", Some(Problem::NotThatAddress)));
    }
    assert_eq!(bench.fake.mailed(), None);
    let ask = asks_code(whole(&mut *exchange, " work@office.example ").await);
    assert_eq!(ask.sent_to.as_deref(), Some("wo****@office.example"));
    bench.clock.advance(Duration::from_secs(61));
    asks_code(exchange.answer(Answer::Resend).await.unwrap());
    assert_eq!(bench.fake.mailed().unwrap().0, WORK);
    opens(&mut *exchange, bench.code()).await;
}

/// It fits the mask and is nobody's: no server tells, and nothing comes.
#[tokio::test]
async fn an_address_that_only_fits_the_mask_gets_no_code() {
    let bench = bench(&[ADDRESS, WORK]).await;
    let (mut exchange, _) = begin(&bench, ADDRESS).await;
    choose(&mut *exchange, 1).await;
    asks_code(whole(&mut *exchange, "wolf@office.example").await);
    assert_eq!(bench.fake.mailed(), None);
    // There is a way out of it.
    let step = exchange.answer(Answer::OtherWay(Way::OtherAddress)).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::ChooseAddress(_), None)), "{step:?}");
    asks_code(choose(&mut *exchange, 0).await);
    assert_eq!(bench.fake.mailed().unwrap().0, ADDRESS);
    opens(&mut *exchange, bench.code()).await;
}

#[tokio::test]
async fn the_choice_may_be_made_again() {
    let bench = bench(&[ADDRESS, WORK]).await;
    let (mut exchange, _) = begin(&bench, ADDRESS).await;
    let first = asks_code(choose(&mut *exchange, 0).await);
    let code = bench.code();
    exchange.answer(Answer::OtherWay(Way::OtherAddress)).await.unwrap();
    // The same one again is no second mail.
    assert_eq!(asks_code(choose(&mut *exchange, 0).await), first);
    assert_eq!(bench.code(), code);
    exchange.answer(Answer::OtherWay(Way::OtherAddress)).await.unwrap();
    asks_whole(choose(&mut *exchange, 1).await);
    // Back from there, the first one is written to once more: its code is not taken on another screen.
    exchange.answer(Answer::OtherWay(Way::OtherAddress)).await.unwrap();
    asks_code(choose(&mut *exchange, 0).await);
    assert_ne!(bench.code(), code);
    opens(&mut *exchange, bench.code()).await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again() {
    let bench = bench(&[ADDRESS, WORK]).await;
    let (mut exchange, _) = begin(&bench, ADDRESS).await;
    bench.cable.cut();
    exchange.answer(Answer::Address(1)).await.unwrap_err();
    bench.cable.mend();
    asks_whole(choose(&mut *exchange, 1).await);
    bench.cable.cut();
    exchange.answer(Answer::WholeAddress(WORK.into())).await.unwrap_err();
    bench.cable.mend();
    asks_code(whole(&mut *exchange, WORK).await);
    opens(&mut *exchange, bench.code()).await;
}

#[tokio::test]
async fn two_that_are_masked_alike_are_told_apart_by_the_whole() {
    let other = "jana.koenig@mail.example";
    let bench = bench(&[ADDRESS, other]).await;
    let (mut exchange, addresses) = begin(&bench, other).await;
    assert_eq!(addresses.typed, None, "the masks do not tell");
    asks_whole(choose(&mut *exchange, 0).await);
    asks_code(whole(&mut *exchange, ADDRESS).await);
    assert_eq!(bench.fake.mailed().unwrap().0, ADDRESS);
    opens(&mut *exchange, bench.code()).await;
}

#[tokio::test]
async fn a_telephone_gets_a_message() {
    let bench = bench(&[ADDRESS, PHONE]).await;
    let (mut exchange, addresses) = begin(&bench, ADDRESS).await;
    assert_eq!(addresses.masked, ["ja****@mail.example", "+49****77"]);
    asks_whole(choose(&mut *exchange, 1).await);
    let ask = asks_code(whole(&mut *exchange, "+49 151 2345-677").await);
    assert_eq!((ask.way, ask.sent_to.as_deref()), (Way::TextCode, Some("+49****77")));
    assert_eq!(ask.shape, CodeShape::Digits(6));
    assert_eq!(bench.fake.mailed().unwrap().0, PHONE);
    opens(&mut *exchange, bench.code()).await;
}

#[tokio::test]
async fn one_address_is_no_choice() {
    for always_choose in [false, true] {
        let setup = fake::Setup { choose_address: true, always_choose, ..plain() };
        let bench = FakeBench::start(setup).await;
        let (mut exchange, ask) = bench.recover(ADDRESS).await;
        assert!(ask.other_ways.is_empty());
        assert_eq!(bench.fake.mailed().unwrap().0, ADDRESS);
        let other = exchange.answer(Answer::OtherWay(Way::OtherAddress)).await.unwrap_err();
        assert_eq!(other.kind(), ErrorKind::Unsupported);
        opens(&mut *exchange, bench.code()).await;
    }
}

/// Whoever has no account is shown no addresses, as one with a single address is.
#[tokio::test]
async fn strangers_are_told_nothing() {
    let bench = bench(&[ADDRESS, WORK]).await;
    bench.recover("nobody@mail.example").await;
    assert_eq!(bench.fake.mailed(), None);
}

#[tokio::test]
async fn there_are_no_other_places_than_those_shown() {
    let bench = bench(&[ADDRESS, WORK]).await;
    let (mut exchange, _) = begin(&bench, ADDRESS).await;
    let error = exchange.answer(Answer::Address(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let early = exchange.answer(Answer::WholeAddress(WORK.into())).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Unsupported);
    asks_code(choose(&mut *exchange, 0).await);
}

#[tokio::test]
async fn a_choice_that_took_too_long_starts_again() {
    let bench = bench(&[ADDRESS, WORK]).await;
    let (mut exchange, _) = begin(&bench, ADDRESS).await;
    bench.clock.advance(Duration::from_secs(3601));
    let error = exchange.answer(Answer::Address(0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
}
