//! What a signed-in person sees, where the server wants more than a session for it.

use std::sync::Arc;
use std::time::Duration;

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::{Deps, Flow, Given, Purpose};
use accounts::http::Http;
use accounts::provider::better_auth::{self, fake};
use accounts::provider::{Desk, Kind, Server, Which};
use accounts::store::memory::Memory;
use accounts::{Account, AccountId, Accounts, Secret, signed_in};

const EMAIL: &str = "jana@mail.example";
const PASSWORD: &str = "velvet-Otter-crossing-41";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn a_list_for_young_sessions_is_shown_with_the_saved_password() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let fake = fake::Fake::start(clock.clone(), false).await.unwrap();
    let base: url::Url = format!("http://{}/", fake.address).parse().unwrap();
    fake.called(base.as_str().trim_end_matches('/').to_owned());
    fake.sign_up(EMAIL, "jana", PASSWORD);
    let desk = Desk {
        http: Http::new().unwrap(),
        clock: clock.clone(),
        base: base.clone(),
        device: "a bench".into(),
    };
    let provider = better_auth::find(desk).await.unwrap();
    let random = Arc::new(SeededRandom::new(1));
    let account = Account::new(
        AccountId::random(&*random),
        Server { kind: Kind::BetterAuth, base, key: None },
        "Dorfladen",
        EMAIL,
    );
    let accounts = Arc::new(Accounts::in_memory());
    let deps = Deps { accounts, store: Arc::new(Memory::new()), clock: clock.clone(), random };
    let mut flow =
        Flow::begin(deps.clone(), provider.clone(), account.clone(), Purpose::SignIn).await.unwrap();
    flow.answer(Given::Password(Secret::new(PASSWORD))).await.unwrap();

    clock.advance(DAY + Duration::from_secs(60));
    let devices = signed_in::sessions(&deps, &provider, &account).await.unwrap();
    assert_eq!(devices.iter().filter(|device| device.current).count(), 1);
    let again = signed_in::sessions(&deps, &provider, &account).await.unwrap();
    assert_eq!(again.len(), devices.len(), "one young session takes the old one's place, and is kept");
    signed_in::end(&deps, &provider, &account, Which::AllOthers).await.unwrap();
    assert_eq!(signed_in::sessions(&deps, &provider, &account).await.unwrap().len(), 1);
}
