//! What ends a passkey, and what does not.

use super::{ADD, Scene, add, ask_to_add, is_in, letters, link};
use crate::common::authenticator::Authenticator;
use crate::common::computer::{Computer, path_of};
use crate::common::database::Database;
use crate::common::phone::Phone;
use crate::common::settings::revoke_link;
use crate::common::store::{opening, store};
use crate::common::{NEW_PASSWORD, PASSWORD, START, World};
use axum::http::Method;
use recovery_server::ManualClock;
use recovery_server::storage::{Ceremony, CeremonyKind, Opened, Passkey, PasskeyAdded, PasskeyUse, Used};
use serde_json::json;

#[tokio::test]
async fn a_removed_passkey_opens_nothing_and_what_it_opened_ends() {
    let scene = Scene::new().await;
    let (world, other) = (&scene.world, Phone::new(3));
    assert!(is_in(&scene.enter(&other, &scene.key).await));
    let page = scene.phone.get(world, "/device/passkeys").await;
    let page = scene.phone.submit(world, &page, "/device/passkeys/remove", &[]).await;
    assert!(page.says("There are none yet."), "{}", page.html);
    assert!(other.get(world, "/device/sessions").await.has_form("/device/sign-in"), "signed out");
    assert_eq!(scene.enter(&Phone::new(4), &scene.key).await.status, 401);
}

#[tokio::test]
async fn who_removes_the_passkey_they_came_in_with_stays() {
    let scene = Scene::new().await;
    let other = Phone::new(3);
    scene.enter(&other, &scene.key).await;
    let page = other.get(&scene.world, "/device/passkeys").await;
    let page = other.submit(&scene.world, &page, "/device/passkeys/remove", &[]).await;
    assert!(page.says("There are none yet."), "{}", page.html);
}

#[tokio::test]
async fn a_stranger_does_not_remove_it() {
    let scene = Scene::new().await;
    let (piet, _) = scene.with_piet().await;
    let hers = scene.phone.get(&scene.world, "/device/passkeys").await;
    let fields = hers.form("/device/passkeys/remove");
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(piet.post(&scene.world, "/device/passkeys/remove", &fields).await.status, 403);
    assert!(is_in(&scene.enter(&Phone::new(3), &scene.key).await));
}

#[tokio::test]
async fn the_link_in_the_letter_removes_it_without_a_sign_in() {
    let (mut world, _) = World::with_jana().await;
    let phone = Phone::signed_in(&world, 9, "jana").await;
    let mut key = Authenticator::new(7);
    add(&world, &phone, &mut key).await;
    let path = link(&letters(&mut world).await.pop().unwrap());
    let scene = Scene { world, phone, key };
    let (reader, thief) = (Phone::new(20), Phone::new(3));
    assert!(is_in(&scene.enter(&thief, &scene.key).await));
    let page = reader.get(&scene.world, &path).await;
    assert!(page.says("Remove this passkey?") && page.says("<bdi>My phone</bdi>"), "{}", page.html);
    assert!(is_in(&scene.enter(&Phone::new(4), &scene.key).await), "looking changes nothing");
    let page = reader.submit(&scene.world, &page, "/not-my-passkey", &[]).await;
    assert!(page.says("Removed. Nobody gets in with it any more."), "{}", page.html);
    assert!(thief.get(&scene.world, "/device/sessions").await.has_form("/device/sign-in"));
    assert!(reader.get(&scene.world, &path).await.says("It has been removed already"));
    scene.world.clock.advance(7 * 86_400);
    assert_eq!(reader.get(&scene.world, &path).await.status, 404);
    assert_eq!(reader.get(&scene.world, &path.replace("not-my-passkey", "not-me")).await.status, 404);
}

#[tokio::test]
async fn not_me_ends_the_passkeys_that_were_added_since() {
    let mut scene = Scene::new().await;
    let owner = scene.key.copied();
    scene.world.clock.advance(10);
    let computer = Computer::new(1);
    let asked = computer.ask(&scene.world).await;
    let shown = scene.phone.scan(&scene.world, &asked.qr).await;
    computer.confirm(&scene.world, &asked.device_code, &shown.code()).await;
    scene.phone.approve(&scene.world, &shown.path).await;
    assert_eq!(computer.poll(&scene.world, &asked.device_code).await.status, 200);
    let path = link(&letters(&mut scene.world).await.pop().unwrap());
    scene.world.clock.advance(10);
    let mut strange = Authenticator::new(30);
    add(&scene.world, &scene.phone, &mut strange).await;
    let thief = Phone::new(3);
    assert!(is_in(&scene.enter(&thief, &strange).await));
    let reader = Phone::new(20);
    let page = reader.get(&scene.world, &path).await;
    assert!(page.says("Passkey") && page.says("My phone"), "{}", page.html);
    let page = reader.submit(&scene.world, &page, "/not-me", &[]).await;
    assert!(page.says("Ended. That device is signed out."), "{}", page.html);
    assert!(thief.get(&scene.world, "/device/sessions").await.has_form("/device/sign-in"));
    assert_eq!(scene.enter(&Phone::new(4), &strange).await.status, 401);
    assert!(is_in(&scene.enter(&Phone::new(5), &owner).await), "the one from before stays");
}

#[tokio::test]
async fn what_is_put_back_has_no_passkeys_that_were_added_since() {
    let mut scene = Scene::new().await;
    let owner = scene.key.copied();
    scene.world.clock.advance(10);
    let thief = scene.world.signed_in().await.access();
    let mails = scene.world.added(&thief, "thief@evil.example").await;
    let letter = mails.iter().find(|mail| mail.to == "jana@example.org").unwrap();
    let path = revoke_link(letter).unwrap();
    let mut strange = Authenticator::new(30);
    assert_eq!(add(&scene.world, &scene.phone, &mut strange).await.status, 200);
    let reader = Phone::new(20);
    let page = reader.get(&scene.world, &path).await;
    let page = reader.submit(&scene.world, &page, "/revoke", &[]).await;
    assert!(page.says("Now set a new password"), "{}", page.html);
    assert_eq!(scene.enter(&Phone::new(4), &strange).await.status, 401);
    assert!(is_in(&scene.enter(&Phone::new(5), &owner).await), "the one from before stays");
}

#[tokio::test]
async fn a_reset_password_leaves_them_and_the_letter_says_how_many() {
    let mut scene = Scene::new().await;
    let ticket = scene.world.verified().await;
    assert_eq!(scene.world.set_password(&ticket, NEW_PASSWORD).await.status, 200);
    let mail = letters(&mut scene.world).await.pop().unwrap();
    assert_eq!(mail.subject, "Your password for Dorfladen was changed");
    assert!(mail.text.contains("your account has 1, and each of them still opens it"), "{}", mail.text);
    assert!(
        scene.phone.get(&scene.world, "/device/passkeys").await.has_form("/device/sign-in"),
        "signed out"
    );
    assert!(is_in(&scene.enter(&Phone::new(3), &scene.key).await));
}

#[tokio::test]
async fn a_question_asked_with_an_older_password_adds_nothing() {
    let scene = Scene::new().await;
    let question = ask_to_add(&scene.world, &scene.phone).await;
    let desktop = scene.world.signed_in().await.access();
    let change = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    assert_eq!(scene.world.post_as("/v1/password", &desktop, change).await.status, 200);
    let credential = Authenticator::new(9).create(&question.options);
    let page = scene.phone.answer(&scene.world, &question, &credential).await;
    assert!(page.has_form("/device/sign-in"), "{}", page.html);
}

#[tokio::test]
async fn a_phone_that_was_just_let_in_changes_none() {
    let scene = Scene::new().await;
    let (world, phone) = (&scene.world, Phone::new(5));
    let access = world.signed_in().await.access();
    let asked = world.post_as("/v1/links", &access, json!({})).await;
    let at = |more: &str| format!("/v1/links/{}{more}", asked.text("id"));
    let page = phone.get(world, &path_of(&asked.text("url"))).await;
    let page = phone.submit(world, &page, "/link/scan", &[]).await;
    let code = world.call(Method::GET, &at(""), &access).await.text("code");
    phone.submit(world, &page, "/link/confirm", &[("digits", &code)]).await;
    world.post_as(&at("/approve"), &access, json!({"password": PASSWORD})).await;
    let page = phone.get(world, &page.path).await;
    phone.submit(world, &page, "/link/finish", &[]).await;
    let page = phone.get(world, "/device/passkeys").await;
    assert!(page.says("This phone cannot change passkeys yet") && page.says("My phone"), "{}", page.html);
    assert!(!page.has_form(ADD) && !page.has_form("/device/passkeys/remove"), "{}", page.html);
    world.clock.advance(86_400);
    let page = phone.get(world, "/device/passkeys").await;
    assert!(page.has_form(ADD) && page.has_form("/device/passkeys/remove"), "{}", page.html);
}

#[tokio::test]
async fn any_node_finishes_what_another_began() {
    let database = Database::new().await;
    let clock = ManualClock::at(START);
    let (one, two) = (World::node(1, &database, &clock).await, World::node(2, &database, &clock).await);
    one.add_jana(false).await;
    let phone = Phone::signed_in(&two, 9, "jana").await;
    let question = ask_to_add(&one, &phone).await;
    let mut key = Authenticator::new(7);
    let credential = key.create(&question.options);
    assert!(phone.answer(&two, &question, &credential).await.says("My phone"));
    let other = Phone::new(3);
    let page = other.get(&one, "/device/sessions").await;
    let question = other.ask_for_passkey(&one, &page, super::ENTER, &[]).await.unwrap();
    assert!(is_in(&other.answer(&two, &question, &key.get(&question.options)).await));
}

fn passkey(name: &str) -> Passkey {
    Passkey {
        id: name.to_owned(),
        account_id: "jana".to_owned(),
        credential_hash: name.as_bytes().to_vec(),
        name: name.to_owned(),
        sealed: vec![1],
        created_at: START,
        last_used_at: None,
    }
}

#[tokio::test]
async fn an_account_has_so_many_and_no_more_and_its_session_must_be_open() {
    let (store, _database) = store().await;
    let trace = crate::common::store::trace("passkey_added");
    let add = async |name: &str, session: &str, version| {
        store.add_passkey(&passkey(name), session, version, 2, &trace).await.unwrap()
    };
    assert_eq!(add("a", "none", 0).await, PasskeyAdded::SignedOut);
    assert_ne!(store.open_session(&opening("one", 0)).await.unwrap(), Opened::Refused);
    let session = "session of one";
    assert_eq!(add("a", session, 1).await, PasskeyAdded::SignedOut);
    assert_eq!(add("a", session, 0).await, PasskeyAdded::Yes);
    assert_eq!(add("a", session, 0).await, PasskeyAdded::Taken);
    assert_eq!(add("b", session, 0).await, PasskeyAdded::Yes);
    assert_eq!(add("c", session, 0).await, PasskeyAdded::Full);
}

#[tokio::test]
async fn of_many_that_count_the_same_one_is_taken() {
    let (store, _database) = store().await;
    assert_ne!(store.open_session(&opening("one", 0)).await.unwrap(), Opened::Refused);
    let trace = crate::common::store::trace("passkey_added");
    store.add_passkey(&passkey("a"), "session of one", 0, 2, &trace).await.unwrap();
    let used = |counter| PasskeyUse {
        account_id: "jana".to_owned(),
        passkey_id: "a".to_owned(),
        counter,
        sealed: vec![2],
        at: START,
    };
    for counter in 1..=crate::common::store::rounds(3) {
        let tasks = (0..20).map(|number| {
            let (store, used) = (store.clone(), used(i64::from(counter)));
            let opening = opening(&format!("{counter} {number}"), 0);
            async move { store.enter_with_passkey(&used, &opening).await.unwrap() }
        });
        let outcomes = crate::common::store::all(tasks).await;
        let yes = outcomes.iter().filter(|outcome| **outcome == Used::Yes).count();
        let behind = outcomes.iter().filter(|outcome| **outcome == Used::Behind).count();
        assert_eq!((yes, behind), (1, 19), "round {counter}");
    }
    assert_eq!(store.use_passkey(&used(0)).await.unwrap(), Used::Behind, "it does count");
    assert_eq!(store.enter_with_passkey(&used(99), &opening("late", 1)).await.unwrap(), Used::Gone);
}

#[tokio::test]
async fn questions_are_swept_when_they_have_run_out() {
    let (store, _database) = store().await;
    let ceremony = Ceremony {
        handle: b"handle".to_vec(),
        kind: CeremonyKind::Enter,
        holder: b"holder".to_vec(),
        about: String::new(),
        state: b"state".to_vec(),
        until: START + 300,
    };
    store.add_ceremony(&ceremony).await.unwrap();
    store.sweep(START + 299).await.unwrap();
    let asked = Ceremony { until: START + 299, ..ceremony.clone() };
    assert_eq!(store.take_ceremony(&asked).await.unwrap().as_deref(), Some(&b"state"[..]));
    store.add_ceremony(&ceremony).await.unwrap();
    store.sweep(START + 300).await.unwrap();
    assert_eq!(store.take_ceremony(&asked).await.unwrap(), None, "even by a clock that is behind");
}
