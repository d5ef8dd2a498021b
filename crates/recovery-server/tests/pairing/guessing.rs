//! Guessing what is typed.

use super::{Scene, error};
use crate::common::World;
use crate::common::computer::Computer;
use crate::common::phone::Phone;
use recovery_server::{NewAccount, Random as _, SeededRandom};

fn letters(random: &SeededRandom) -> String {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(b"BCDFGHJKLMNPQRSTVWXZ"[usize::from(byte % 20)])).collect()
}

#[tokio::test]
async fn ten_thousand_guesses_at_the_letters_from_fifty_addresses_find_nothing_and_are_limited() {
    let world = World::with(|config| config.trusted_proxies = vec!["192.0.2.9".parse().unwrap()]).await;
    world.add_jana(false).await;
    for seed in 1..=5 {
        Computer::new(seed).ask(&world).await;
    }
    let phone = Phone::signed_in(&world, 9, "jana").await;
    let csrf = phone.get(&world, "/device").await.field("/device", "csrf");
    let random = SeededRandom::new(99);
    let (mut missed, mut limited) = (0, 0);
    for round in 0..10_000 {
        let page = phone
            .post_via(
                &world,
                "/device",
                &[("letters", &letters(&random)), ("csrf", &csrf)],
                &format!("203.0.113.{}", round % 50),
            )
            .await;
        match page.status {
            400 => missed += 1,
            429 => limited += 1,
            other => panic!("{other}: {}", page.html),
        }
    }
    assert_eq!((missed, limited), (10, 9_990), "ten an hour for the account, wherever it comes from");
}

#[tokio::test]
async fn letters_are_limited_for_a_line_whatever_the_account() {
    let (world, _) = World::with_jana().await;
    let mut tried = 0;
    for n in 0..3 {
        let name = format!("person{n}");
        let account = NewAccount::new(&name, &format!("{name}@example.org"), crate::common::PASSWORD);
        world.app.add_account(account).await.unwrap();
        let phone = Phone::signed_in(&world, 9, &name).await;
        let page = phone.get(&world, "/device").await;
        for _ in 0..5 {
            let answer = phone.submit(&world, &page, "/device", &[("letters", "BCDFGHJKLM")]).await;
            tried += 1;
            assert_eq!(answer.status, if tried <= 10 { 400 } else { 429 }, "{tried}");
        }
    }
}

#[tokio::test]
async fn right_letters_do_not_count() {
    let scene = Scene::new().await;
    for _ in 0..15 {
        let page = scene.phone.get(&scene.world, "/device").await;
        let typed = [("letters", scene.asked.user_code.as_str())];
        let page = scene.phone.submit(&scene.world, &page, "/device", &typed).await;
        assert!(page.has_form("/device/scan"), "{}", page.html);
    }
}

#[tokio::test]
async fn a_hit_and_a_miss_look_alike_until_signed_in() {
    let scene = Scene::new().await;
    let stranger = Phone::new(30);
    let page = stranger.get(&scene.world, "/device").await;
    let mut seen = Vec::new();
    for typed in [scene.asked.user_code.as_str(), "BCDFG-HJKLM"] {
        for _ in 0..20 {
            let answer = stranger.submit(&scene.world, &page, "/device", &[("letters", typed)]).await;
            seen.push((answer.status, answer.html.replace(typed, "LETTERS")));
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[tokio::test]
async fn guessing_the_six_digits_ends_each_pairing_after_three() {
    let (world, _) = World::with_jana().await;
    let phone = Phone::signed_in(&world, 9, "jana").await;
    let computer = Computer::new(1);
    for _ in 0..20 {
        let asked = computer.ask(&world).await;
        let right = phone.scan(&world, &asked.qr).await.code();
        let mut tried = 0;
        for guess in 0..10 {
            let guess = format!("{guess:06}");
            if guess == right {
                continue;
            }
            match error(&computer.confirm(&world, &asked.device_code, &guess).await).as_str() {
                "wrong_code" => tried += 1,
                "access_denied" => break,
                other => panic!("{other}"),
            }
        }
        assert_eq!(tried, 2);
    }
}

#[tokio::test]
async fn guessing_a_password_on_the_phone_is_slowed_as_everywhere() {
    let (world, _) = World::with_jana().await;
    let phone = Phone::new(31);
    let page = phone.get(&world, "/device/sessions").await;
    for _ in 0..10 {
        let wrong = [("identifier", "jana"), ("password", "not hers at all")];
        assert_eq!(phone.submit(&world, &page, "/device/sign-in", &wrong).await.status, 401);
    }
    let right = [("identifier", "jana"), ("password", crate::common::PASSWORD)];
    assert_eq!(phone.submit(&world, &page, "/device/sign-in", &right).await.status, 429);
}
