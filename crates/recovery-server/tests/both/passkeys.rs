//! Passkeys: the way it goes, and every way it must not.

mod attacks;
mod ends;
mod walk;

use crate::common::authenticator::Authenticator;
use crate::common::phone::{Page, Phone, Question};
use crate::common::{PASSWORD, World};
use recovery_server::{NewAccount, SentMail};

const ADD: &str = "/device/passkeys/add";
const ENTER: &str = "/device/passkey/sign-in";
const APPROVE: &str = "/device/passkey/approve";
const REFUSED: &str = "That passkey was not accepted.";

/// A server with Jana, her signed-in phone, and a passkey of hers.
struct Scene {
    world: World,
    phone: Phone,
    key: Authenticator,
}

impl Scene {
    async fn new() -> Self {
        let (mut world, _) = World::with_jana().await;
        let phone = Phone::signed_in(&world, 9, "jana").await;
        let mut key = Authenticator::new(7);
        let page = add(&world, &phone, &mut key).await;
        assert_eq!(page.status, 200, "{}", page.html);
        assert!(page.says("<bdi>My phone</bdi>"), "{}", page.html);
        letters(&mut world).await;
        Self { world, phone, key }
    }

    /// Another person with a phone and a passkey.
    async fn with_piet(&self) -> (Phone, Authenticator) {
        self.world.app.add_account(NewAccount::new("piet", "piet@example.org", PASSWORD)).await.unwrap();
        let phone = Phone::signed_in(&self.world, 10, "piet").await;
        let mut key = Authenticator::new(8);
        assert_eq!(add(&self.world, &phone, &mut key).await.status, 200);
        (phone, key)
    }

    async fn ask_to_enter(&self, phone: &Phone) -> Question {
        let page = phone.get(&self.world, "/device/sessions").await;
        phone.ask_for_passkey(&self.world, &page, ENTER, &[]).await.unwrap()
    }

    /// Signs a phone in that nobody has signed in on.
    async fn enter(&self, phone: &Phone, key: &Authenticator) -> Page {
        let question = self.ask_to_enter(phone).await;
        phone.answer(&self.world, &question, &key.get(&question.options)).await
    }
}

async fn ask_to_add(world: &World, phone: &Phone) -> Question {
    let page = phone.get(world, "/device/passkeys").await;
    let fields = [("name", "My phone"), ("password", PASSWORD)];
    phone.ask_for_passkey(world, &page, ADD, &fields).await.unwrap()
}

async fn add(world: &World, phone: &Phone, key: &mut Authenticator) -> Page {
    let question = ask_to_add(world, phone).await;
    let credential = key.create(&question.options);
    phone.answer(world, &question, &credential).await
}

/// What has been mailed since.
async fn letters(world: &mut World) -> Vec<SentMail> {
    world.app.deliver_due().await.unwrap();
    std::iter::from_fn(|| world.inbox.try_next()).collect()
}

fn is_in(page: &Page) -> bool {
    page.says("ten letters")
}

/// The path of the first link in a letter.
fn link(mail: &SentMail) -> String {
    let base = "https://konto.dorfladen.example";
    let line =
        mail.text.lines().find(|line| line.starts_with(base)).unwrap_or_else(|| panic!("{}", mail.text));
    line[base.len()..].to_owned()
}
