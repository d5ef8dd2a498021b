//! Answers that must not be taken.

use super::{ADD, APPROVE, ENTER, REFUSED, Scene, add, ask_to_add, is_in, letters};
use crate::common::authenticator::Authenticator;
use crate::common::computer::Computer;
use crate::common::phone::{Page, Phone};
use crate::common::store::all;
use crate::common::{PASSWORD, World};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn is_refused(page: &Page) -> bool {
    page.status == 401 && page.says(REFUSED)
}

#[tokio::test]
async fn an_answer_for_another_site_or_without_its_owner_is_refused() {
    let mut scene = Scene::new().await;
    type Spoil = fn(&mut Authenticator);
    let spoilt: [(&str, Spoil); 6] = [
        ("origin", |key| key.origin = "https://konto.dorfladen.example.evil.example".to_owned()),
        ("port", |key| key.origin = "https://konto.dorfladen.example:444".to_owned()),
        ("scheme", |key| key.origin = "http://konto.dorfladen.example".to_owned()),
        ("rp", |key| key.rp = "dorfladen.example".to_owned()),
        ("owner", |key| key.verifies = false),
        ("user", |key| key.user = vec![1; 16]),
    ];
    for (what, spoil) in spoilt {
        let mut key = scene.key.copied();
        spoil(&mut key);
        let page = scene.enter(&Phone::new(3), &key).await;
        assert!(is_refused(&page), "{what}: {} {}", page.status, page.html);
    }
    for (what, spoil) in spoilt.into_iter().filter(|(what, _)| *what != "user") {
        let mut key = Authenticator::new(40);
        spoil(&mut key);
        let page = add(&scene.world, &scene.phone, &mut key).await;
        assert!(page.status == 400 && page.says("No passkey was added."), "{what}: {}", page.html);
    }
    assert!(letters(&mut scene.world).await.is_empty());
    assert!(is_in(&scene.enter(&Phone::new(3), &scene.key).await));
}

#[tokio::test]
async fn an_answer_is_taken_once() {
    let scene = Scene::new().await;
    let phone = Phone::new(3);
    let question = scene.ask_to_enter(&phone).await;
    let credential = scene.key.get(&question.options);
    assert!(is_in(&phone.answer(&scene.world, &question, &credential).await));
    phone.cookies.lock().unwrap().remove("__Host-phone");
    assert!(is_refused(&phone.answer(&scene.world, &question, &credential).await));
    let other = scene.ask_to_enter(&phone).await;
    let page = phone.answer(&scene.world, &other, &credential).await;
    assert!(is_refused(&page), "an old answer to a new question");
    assert!(is_refused(&phone.answer(&scene.world, &other, &scene.key.get(&other.options)).await));
}

#[tokio::test]
async fn a_question_runs_out_after_five_minutes() {
    let scene = Scene::new().await;
    let phone = Phone::new(3);
    for (waits, goes) in [(299, true), (300, false)] {
        let question = scene.ask_to_enter(&phone).await;
        scene.world.clock.advance(waits);
        let page = phone.answer(&scene.world, &question, &scene.key.get(&question.options)).await;
        assert_eq!((is_in(&page), is_refused(&page)), (goes, !goes), "{waits}");
        phone.cookies.lock().unwrap().clear();
    }
    let question = ask_to_add(&scene.world, &scene.phone).await;
    scene.world.clock.advance(300);
    let credential = Authenticator::new(9).create(&question.options);
    assert_eq!(scene.phone.answer(&scene.world, &question, &credential).await.status, 400);
}

#[tokio::test]
async fn of_many_at_once_with_one_answer_one_gets_in() {
    let scene = Arc::new(Scene::new().await);
    let phone = Phone::new(3);
    let question = scene.ask_to_enter(&phone).await;
    let mut fields = question.form.clone();
    fields.push(("credential".to_owned(), scene.key.get(&question.options)));
    let cookies = phone.cookies.lock().unwrap().clone();
    let tasks = (0..8).map(|_| {
        let (scene, fields, phone) = (Arc::clone(&scene), fields.clone(), Phone::new(3));
        phone.cookies.lock().unwrap().clone_from(&cookies);
        async move {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            phone.post(&scene.world, ENTER, &fields).await
        }
    });
    let pages = all(tasks).await;
    let in_now = pages.iter().filter(|page| page.status == 303).count();
    assert_eq!((in_now, pages.iter().filter(|page| is_refused(page)).count()), (1, 7));
}

#[tokio::test]
async fn a_question_is_answered_by_the_browser_that_was_asked() {
    let scene = Scene::new().await;
    let (one, other) = (Phone::new(3), Phone::new(4));
    let question = scene.ask_to_enter(&one).await;
    scene.ask_to_enter(&other).await;
    let credential = scene.key.get(&question.options);
    assert!(is_refused(&other.answer(&scene.world, &question, &credential).await));
    assert!(is_in(&one.answer(&scene.world, &question, &credential).await), "and it is not lost by that");
}

#[tokio::test]
async fn a_question_is_answered_for_what_it_was_asked() {
    let scene = Scene::new().await;
    let (piet, mut piets) = scene.with_piet().await;
    let (world, mine) = (&scene.world, ask_to_add(&scene.world, &scene.phone).await);
    let his = ask_to_add(world, &piet).await;
    let mut taken = his.clone();
    taken.form.iter_mut().find(|(name, _)| name == "ceremony").unwrap().1 =
        mine.form.last().unwrap().1.clone();
    let credential = piets.create(&mine.options);
    assert_eq!(piet.answer(world, &taken, &credential).await.status, 400, "of another account");
    let page = piet.get(world, "/device/passkeys").await;
    assert_eq!(page.html.matches("<article>").count(), 1);
    // One that was asked for at signing in does not approve, and the other way round.
    let enter = scene.ask_to_enter(&Phone::new(5)).await;
    let (page, computer, asked) = confirmed(&scene, &scene.phone).await;
    let mut approve = scene.phone.ask_for_passkey(world, &page, APPROVE, &[]).await.unwrap();
    let right =
        std::mem::replace(&mut approve.form.last_mut().unwrap().1, enter.form.last().unwrap().1.clone());
    let page = scene.phone.answer(world, &approve, &scene.key.get(&enter.options)).await;
    assert!(page.status == 403 && page.says(REFUSED), "{}", page.html);
    approve.form.last_mut().unwrap().1 = right;
    let page = scene.phone.answer(world, &approve, &scene.key.get(&approve.options)).await;
    assert!(page.says("Almost done"), "{}", page.html);
    assert_eq!(computer.poll(world, &asked).await.status, 200);
}

#[tokio::test]
async fn the_passkey_of_another_account_approves_nothing() {
    let scene = Scene::new().await;
    let (_, piets) = scene.with_piet().await;
    let (page, computer, asked) = confirmed(&scene, &scene.phone).await;
    for key in [&piets, &Authenticator::new(50)] {
        let question = scene.phone.ask_for_passkey(&scene.world, &page, APPROVE, &[]).await.unwrap();
        let page = scene.phone.answer(&scene.world, &question, &key.get(&question.options)).await;
        assert!(page.status == 403 && page.says(REFUSED), "{}", page.html);
    }
    scene.world.clock.advance(10);
    assert_eq!(computer.poll(&scene.world, &asked).await.body["pairing_state"], "confirmed");
}

/// A pairing of which the phone has shown the code, and the computer has typed it.
async fn confirmed(scene: &Scene, phone: &Phone) -> (Page, Computer, String) {
    let computer = Computer::new(1);
    let asked = computer.ask(&scene.world).await;
    let page = phone.scan(&scene.world, &asked.qr).await;
    computer.confirm(&scene.world, &asked.device_code, &page.code()).await;
    (phone.get(&scene.world, &page.path).await, computer, asked.device_code)
}

#[tokio::test]
async fn a_counter_that_goes_back_is_refused_and_told_of() {
    let mut scene = Scene::new().await;
    let copy = scene.key.copied();
    assert!(is_in(&scene.enter(&Phone::new(3), &scene.key).await));
    letters(&mut scene.world).await;
    for round in 0..5 {
        copy.counter.store(0, Ordering::Relaxed);
        let page = scene.enter(&Phone::new(4), &copy).await;
        assert!(is_refused(&page), "{}", page.html);
        let mails = letters(&mut scene.world).await;
        assert_eq!(mails.len(), usize::from(round < 3), "three letters a day are enough");
        if let Some(mail) = mails.first() {
            assert_eq!(mail.subject, "A passkey for Dorfladen may exist twice");
            assert!(mail.text.contains("Passkey: My phone"), "{}", mail.text);
        }
    }
    assert!(is_in(&scene.enter(&Phone::new(3), &scene.key).await), "the one that counts on still works");
}

#[tokio::test]
async fn one_that_does_not_count_works_again_and_again() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        scene.key.counter.store(u32::MAX, Ordering::Relaxed);
        assert!(is_in(&scene.enter(&Phone::new(3), &scene.key).await), "it wraps to 0 at each use");
    }
}

#[tokio::test]
async fn the_same_passkey_is_not_added_twice_and_one_that_needs_a_name_not_at_all() {
    let scene = Scene::new().await;
    let (piet, _) = scene.with_piet().await;
    let mut same = scene.key.copied();
    for phone in [&scene.phone, &piet] {
        let page = add(&scene.world, phone, &mut same).await;
        assert!(page.status == 400 && page.says("No passkey was added."), "{}", page.html);
    }
    let mut needs_name = Authenticator::new(60);
    needs_name.discoverable = false;
    let page = add(&scene.world, &scene.phone, &mut needs_name).await;
    assert!(page.status == 400 && page.says("finds without a name"), "{}", page.html);
    let mut nobodys = scene.key.copied();
    nobodys.user.clear();
    let page = scene.enter(&Phone::new(3), &nobodys).await;
    assert!(is_refused(&page), "an answer for nobody");
}

#[tokio::test]
async fn an_answer_that_is_none_is_refused() {
    let scene = Scene::new().await;
    let nothing = [" ", "{}", "null", "[]", "{\"id\":1}", "<script>"];
    for text in nothing {
        let phone = Phone::new(3);
        let question = scene.ask_to_enter(&phone).await;
        assert!(is_refused(&phone.answer(&scene.world, &question, text).await), "{text}");
        let question = ask_to_add(&scene.world, &scene.phone).await;
        assert_eq!(scene.phone.answer(&scene.world, &question, text).await.status, 400, "{text}");
    }
    let question = scene.ask_to_enter(&Phone::new(3)).await;
    let credential: Value = serde_json::from_str(&scene.key.get(&question.options)).unwrap();
    for (member, value) in
        [("signature", json!("AAAA")), ("authenticatorData", json!("")), ("clientDataJSON", json!("e30"))]
    {
        let phone = Phone::new(3);
        let question = scene.ask_to_enter(&phone).await;
        let mut spoilt = credential.clone();
        spoilt["response"][member] = value;
        assert!(is_refused(&phone.answer(&scene.world, &question, &spoilt.to_string()).await), "{member}");
    }
}

#[tokio::test]
async fn questions_from_one_address_are_counted() {
    let world = World::with(|config| config.limits.sign_ins_per_address_per_hour = 3).await;
    world.add_jana(false).await;
    let phone = Phone::new(3);
    let page = phone.get(&world, "/device/sessions").await;
    for _ in 0..3 {
        phone.ask_for_passkey(&world, &page, ENTER, &[]).await.unwrap();
    }
    let refused = phone.ask_for_passkey(&world, &page, ENTER, &[]).await.unwrap_err();
    assert!(refused.status == 429 && refused.says("Try again in 60 min."), "{}", refused.html);
    assert_eq!(refused.headers["content-type"], "text/plain; charset=utf-8");
    assert!(Phone::new(4).ask_for_passkey(&world, &page, ENTER, &[]).await.is_ok());
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let scene = Scene::new().await;
    let foreign = Phone { origin: Some("https://evil.example".to_owned()), ..Phone::new(9) };
    foreign.cookies.lock().unwrap().clone_from(&scene.phone.cookies.lock().unwrap());
    for path in [
        "/device/passkey/ask-to-enter",
        ENTER,
        "/device/passkey/ask-to-approve",
        APPROVE,
        "/device/passkeys/ask",
        ADD,
        "/device/passkeys/remove",
        "/not-my-passkey",
    ] {
        assert_eq!(foreign.post(&scene.world, path, &[("password", PASSWORD)]).await.status, 403, "{path}");
    }
    for (path, fields) in [
        ("/device/passkeys/ask", vec![("csrf", "x"), ("password", PASSWORD)]),
        (ADD, vec![("csrf", "x"), ("name", "x"), ("ceremony", "x"), ("credential", "x")]),
        ("/device/passkeys/remove", vec![("csrf", "x"), ("passkey", "a\u{0}b")]),
    ] {
        assert_eq!(scene.phone.post(&scene.world, path, &fields).await.status, 403, "{path}");
    }
}
