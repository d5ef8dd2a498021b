//! Signing in by a phone, and signing a phone in: our side against the real recovery server, with the phone played.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

mod bench;
#[path = "../../../recovery-server/tests/common/page.rs"]
mod page;
mod phone;

use accounts::flow::{Done, Flow, Given, Purpose, Question};
use accounts::provider::conformance::{self, Cable, PhoneBench, Watched};
use accounts::provider::{Problem, QrAsk, Reach};
use accounts::{AccountState, ErrorKind, Secret, signed_in};

use bench::{Bench, PASSWORD, qr};
use phone::Phone;

async fn wait(flow: &mut Flow) -> accounts::Result<()> {
    flow.answer(Given::Wait).await
}

/// As far as "Sign in as … on …?".
async fn as_far_as_yes(bench: &Bench, phone: &mut Phone) -> Flow {
    let mut flow = bench.pair().await;
    let page = phone.scan(&qr(&flow).link).await;
    wait(&mut flow).await.unwrap();
    assert!(matches!(flow.question(), Question::ConfirmCode(_)), "{:?}", flow.question());
    flow.answer(Given::Code(Secret::new(page.digits()))).await.unwrap();
    assert!(matches!(flow.question(), Question::WaitForPhone(_)), "{:?}", flow.question());
    let page = phone.again(&page).await;
    phone.submit(&page, "/device/approve", &[("password", PASSWORD)]).await;
    wait(&mut flow).await.unwrap();
    flow
}

#[tokio::test]
async fn a_phone_signs_this_computer_in() {
    let bench = Bench::start().await;
    let mut flow = as_far_as_yes(&bench, &mut Phone::new()).await;
    let Question::ConfirmAccount { paired, listed } = flow.question() else {
        panic!("{:?}", flow.question())
    };
    assert_eq!((paired.identifier.as_str(), paired.reach, *listed), ("jana", Reach::Full, false));
    assert!(paired.weak_until.is_some());
    assert!(bench.deps.accounts.all().is_empty(), "nothing is kept before the person agreed");

    flow.answer(Given::Yes).await.unwrap();
    let Question::Done(finish) = flow.question() else { panic!("{:?}", flow.question()) };
    assert_eq!(finish.what, Done::Paired);
    let account = bench.deps.accounts.all().remove(0);
    assert_eq!((account.identifier.as_str(), account.without_password), ("jana", true));
    assert!(matches!(account.state, AccountState::SignedIn { .. }));
    signed_in::check_kept(&bench.deps, &account).await.unwrap();
    let devices = signed_in::sessions(&bench.deps, &bench.provider, &account).await.unwrap();
    assert!(devices.iter().any(|device| device.current && device.name == "Regain on a bench"), "{devices:?}");
    assert!(devices.iter().any(|device| device.name.contains("Firefox")), "{devices:?}");
}

#[tokio::test]
async fn a_session_that_a_phone_gave_is_renewed_with_its_key() {
    let bench = Bench::start().await;
    let mut flow = as_far_as_yes(&bench, &mut Phone::new()).await;
    flow.answer(Given::Yes).await.unwrap();
    let account = flow.account().clone();
    let before = bench.deps.store.session(&account.id).await.unwrap().unwrap();
    bench.theirs.advance(1_000);
    signed_in::check(&bench.deps, &bench.provider, &account).await.unwrap();
    let after = bench.deps.store.session(&account.id).await.unwrap().unwrap();
    assert!(before != after, "the tokens are new ones");
    signed_in::check(&bench.deps, &bench.provider, &account).await.unwrap();
}

#[tokio::test]
async fn for_a_day_it_may_not_change_the_password() {
    let bench = Bench::start().await;
    let mut flow = as_far_as_yes(&bench, &mut Phone::new()).await;
    flow.answer(Given::Yes).await.unwrap();
    let account = flow.account().clone();
    let change = async || {
        let mut flow = bench.begin(account.clone(), Purpose::ChangePassword).await.unwrap();
        flow.answer(Given::Password(Secret::new(PASSWORD))).await.unwrap();
        let new = Secret::new("mossy-Kettle-walnut-30");
        flow.answer(Given::NewPassword { repeat: new.clone(), password: new }).await
    };
    let refused = change().await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::TooNew { wait: Some(_) }), "{refused}");
    bench.theirs.advance(24 * 3_600);
    change().await.unwrap();
    let account = bench.deps.accounts.get(&account.id).unwrap();
    assert!(!account.without_password, "the new password is kept");
    signed_in::check(&bench.deps, &bench.provider, &account).await.unwrap();
}

#[tokio::test]
async fn a_listed_account_goes_on_with_its_password() {
    let bench = Bench::start().await;
    let listed = bench.signed_in().await;
    signed_in::sign_out(&bench.deps, &bench.provider, &listed).await.unwrap();
    let mut flow = as_far_as_yes(&bench, &mut Phone::new()).await;
    assert!(matches!(flow.question(), Question::ConfirmAccount { listed: true, .. }));
    flow.answer(Given::Yes).await.unwrap();
    let all = bench.deps.accounts.all();
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0].id, all[0].without_password), (&listed.id, false));
    let current = bench.deps.store.current(&listed.id).await.unwrap().unwrap();
    assert_eq!(current.password.expose(), PASSWORD);
}

#[tokio::test]
async fn who_says_no_leaves_no_session_behind() {
    let bench = Bench::start().await;
    let account = bench.signed_in().await;
    let flow = as_far_as_yes(&bench, &mut Phone::new()).await;
    let names = async || {
        let devices = signed_in::sessions(&bench.deps, &bench.provider, &account).await.unwrap();
        devices.into_iter().filter(|device| device.name == "Regain on a bench").count()
    };
    assert_eq!(names().await, 2);
    flow.cancel().await.unwrap();
    assert_eq!(names().await, 1);
    assert_eq!(bench.deps.accounts.all().len(), 1);
}

#[tokio::test]
async fn the_picture_renews_itself_and_the_letters_stay() {
    let bench = Bench::start().await;
    let mut flow = bench.pair().await;
    let mut seen = vec![qr(&flow)];
    let error = loop {
        match wait(&mut flow).await {
            Ok(()) => seen.push(qr(&flow)),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(seen.len(), 6, "at most five renewals");
    let first = &seen[0];
    for (one, next) in seen.iter().zip(&seen[1..]) {
        assert_ne!(one.link, next.link);
        assert_eq!((&next.letters, &next.address), (&first.letters, &first.address));
        let gap = next.shown_at.duration_since(one.shown_at).unwrap().as_secs();
        assert!((45..=55).contains(&gap), "{gap}");
    }
    assert_eq!(first.letters.len(), 11);
    assert!(first.address.ends_with("/device"), "{}", first.address);
}

#[tokio::test]
async fn the_phone_says_no() {
    let bench = Bench::start().await;
    let mut phone = Phone::new();
    let mut flow = bench.pair().await;
    let page = phone.open(&qr(&flow).link).await;
    phone.submit(&page, "/device/deny", &[]).await;
    assert_eq!(wait(&mut flow).await.unwrap_err().kind(), ErrorKind::Refused);
    assert!(bench.deps.accounts.all().is_empty());
}

#[tokio::test]
async fn three_wrong_codes_are_the_end() {
    let bench = Bench::start().await;
    let mut flow = bench.pair().await;
    let page = Phone::new().scan(&qr(&flow).link).await;
    wait(&mut flow).await.unwrap();
    let wrong = if page.digits() == "000000" { "000001" } else { "000000" };
    // What is no code is not even a try.
    flow.answer(Given::Code(Secret::new("12"))).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongCode));
    for left in [2, 1] {
        flow.answer(Given::Code(Secret::new(wrong))).await.unwrap();
        assert_eq!(flow.problem(), Some(&Problem::WrongCode));
        let Question::ConfirmCode(ask) = flow.question() else { panic!("{:?}", flow.question()) };
        assert_eq!(ask.tries_left, Some(left));
    }
    let error = flow.answer(Given::Code(Secret::new(wrong))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let error = flow.answer(Given::Code(Secret::new(page.digits()))).await.unwrap_err();
    assert!(error.kind().ends_flow(), "{error}");
}

#[tokio::test]
async fn who_leaves_tells_the_server() {
    let bench = Bench::start().await;
    let flow = bench.pair().await;
    let link = qr(&flow).link;
    flow.cancel().await.unwrap();
    let page = Phone::new().open(&link).await;
    assert!(!page.has("/device/scan"), "{}", page.html);
}

#[tokio::test]
async fn a_network_that_goes_away_is_waited_for() {
    let bench = Bench::start().await;
    let mut flow = bench.pair().await;
    let page = Phone::new().scan(&qr(&flow).link).await;
    bench.cable.cut();
    wait(&mut flow).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::StillTrying));
    assert!(matches!(flow.question(), Question::ScanQr(_)));
    bench.cable.mend();
    wait(&mut flow).await.unwrap();
    assert_eq!(flow.problem(), None);
    assert!(matches!(flow.question(), Question::ConfirmCode(_)), "{:?}", flow.question());
    drop(page);
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_ten_minutes_or_a_day_does_not_matter() {
    for off_by in [600, -600, 86_400, -86_400] {
        let bench = Bench::with_our_clock_off_by(off_by).await;
        let mut flow = as_far_as_yes(&bench, &mut Phone::new()).await;
        flow.answer(Given::Yes).await.unwrap();
        let account = flow.account().clone();
        signed_in::check(&bench.deps, &bench.provider, &account).await.unwrap();
    }
}

#[tokio::test]
async fn a_phone_is_signed_in_from_here() {
    let bench = Bench::start().await;
    let account = bench.signed_in().await;
    let mut flow = bench.begin(account.clone(), Purpose::LinkPhone).await.unwrap();
    let mut phone = Phone::new();
    let page = phone.open(&qr(&flow).link).await;
    let page = phone.submit(&page, "/link/scan", &[]).await;
    wait(&mut flow).await.unwrap();
    let Question::ShowCode(ask) = flow.question() else { panic!("{:?}", flow.question()) };
    assert!(ask.phone.name.contains("Firefox"), "{:?}", ask.phone);
    let page = phone.submit(&page, "/link/confirm", &[("digits", ask.code.expose())]).await;
    wait(&mut flow).await.unwrap();
    assert!(matches!(flow.question(), Question::AllowPhone { saved: true, .. }), "{:?}", flow.question());
    flow.answer(Given::Password(Secret::new("velvet-Otter-crossing-42"))).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongPassword));
    flow.answer(Given::Saved).await.unwrap();
    let Question::Done(finish) = flow.question() else { panic!("{:?}", flow.question()) };
    assert_eq!(finish.what, Done::PhoneLinked);
    let page = phone.again(&page).await;
    let page = phone.submit(&page, "/link/finish", &[]).await;
    assert!(page.html.contains("jana"), "{}", page.html);
    let devices = signed_in::sessions(&bench.deps, &bench.provider, &account).await.unwrap();
    assert!(devices.iter().any(|device| device.name.contains("Firefox")), "{devices:?}");
}

#[tokio::test]
async fn a_phone_that_is_not_wanted_is_turned_away() {
    let bench = Bench::start().await;
    let account = bench.signed_in().await;
    let flow = bench.begin(account, Purpose::LinkPhone).await.unwrap();
    let mut phone = Phone::new();
    let page = phone.open(&qr(&flow).link).await;
    flow.cancel().await.unwrap();
    let page = phone.submit(&page, "/link/scan", &[]).await;
    assert!(!page.has("/link/confirm"), "{}", page.html);
}

#[tokio::test]
async fn both_sides_have_written_a_notice() {
    let bench = Bench::start().await;
    let mut inbox = bench.outbox.subscribe();
    let mut flow = as_far_as_yes(&bench, &mut Phone::new()).await;
    flow.answer(Given::Yes).await.unwrap();
    let mut subjects = Vec::new();
    while !subjects.iter().any(|text: &String| text.contains("/not-me?t=")) {
        subjects.push(inbox.next().await.text);
    }
}

struct OurPhone {
    bench: Bench,
    phone: tokio::sync::Mutex<Option<(Phone, phone::Page)>>,
}

#[async_trait::async_trait]
impl PhoneBench for OurPhone {
    fn provider(&self) -> std::sync::Arc<dyn accounts::Provider> {
        self.bench.provider.clone()
    }

    fn identifier(&self) -> String {
        "jana".into()
    }

    async fn scan(&self, ask: &QrAsk) -> Option<Secret> {
        let mut phone = Phone::new();
        let page = phone.scan(&ask.link).await;
        let digits = page.digits();
        *self.phone.lock().await = Some((phone, page));
        Some(Secret::new(digits))
    }

    async fn approve(&self, _: &QrAsk) {
        let (mut phone, page) = self.phone.lock().await.take().unwrap();
        let page = phone.again(&page).await;
        phone.submit(&page, "/device/approve", &[("password", PASSWORD)]).await;
    }

    async fn deny(&self, ask: &QrAsk) {
        let mut phone = Phone::new();
        let page = phone.open(&ask.link).await;
        phone.submit(&page, "/device/deny", &[]).await;
    }

    async fn pass_to(&self, at: std::time::SystemTime) {
        let now = self.bench.deps.clock.now();
        let left = at.duration_since(now).unwrap_or_default();
        self.bench.theirs.advance(i64::try_from(left.as_secs()).unwrap());
    }

    fn clock(&self) -> &Watched {
        &self.bench.watched
    }

    fn cable(&self) -> &Cable {
        &self.bench.cable
    }
}

#[tokio::test]
async fn the_list_that_every_server_is_held_to() {
    conformance::pairing(async || OurPhone { bench: Bench::start().await, phone: Default::default() }).await;
}
