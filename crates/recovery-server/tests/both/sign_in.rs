//! Signing in, sessions, second factor, and changing the password.

use crate::common::{Answer, NEW_PASSWORD, PASSWORD, START, World};
use axum::http::Method;
use recovery_server::{Added, Clock as _, NewAccount};
use serde_json::{Value, json};

#[tokio::test]
async fn signed_in_by_identifier_or_address() {
    let (world, added) = World::with_jana().await;
    for name in ["jana", " JANA ", "Jana@Example.org"] {
        let signed = world.sign_in(name, PASSWORD).await;
        assert_eq!(signed.body["state"], "signed_in", "{name}");
        assert_eq!(signed.body["session"]["access_expires_in"], 900);
        assert_eq!(signed.body["session"]["refresh_expires_in"], 30 * 86_400);
        assert_eq!(
            signed.body["account"],
            json!({"id": added.id, "identifier": "jana", "sent_to": "j•••@example.org", "second_factor": false})
        );
        let current = world.call(Method::GET, "/v1/session", &signed.access()).await;
        assert_eq!(current.body["session_id"], signed.body["session"]["id"]);
    }
}

#[tokio::test]
async fn passwords_of_every_kind() {
    let world = World::new().await;
    let long: String = "qvzk plomb wirt 7ä ".chars().cycle().take(256).collect();
    let passwords = [
        "  leading and trailing spaces  ".to_owned(),
        "🦀🔑🌙🚪🪟🕯🧵🪴🦊🐝🍋🎈🎲🧊🪁".to_owned(),
        "cafe\u{301} an der Ecke ﬁnden wir".to_owned(),
        long,
    ];
    for (n, password) in passwords.iter().enumerate() {
        let name = format!("person{n}");
        world
            .app
            .add_account(NewAccount::new(&name, &format!("{name}@example.org"), password))
            .await
            .unwrap();
        assert_eq!(world.sign_in(&name, password).await.status, 200, "{password}");
        assert_eq!(world.sign_in(&name, &format!("{password} ")).await.status, 401, "{password}");
    }
    assert_eq!(world.sign_in("person0", passwords[0].trim()).await.status, 401);
    assert_eq!(world.sign_in("person2", "café an der Ecke finden wir").await.status, 200, "NFKC");
    for odd in ["", &"x".repeat(10_000)] {
        assert_eq!(world.sign_in("person0", odd).await.problem(), "401 wrong_credentials");
    }
}

#[tokio::test]
async fn access_lasts_a_quarter_of_an_hour() {
    let (world, _) = World::with_jana().await;
    let access = world.signed_in().await.access();
    world.clock.advance(899);
    assert_eq!(world.call(Method::GET, "/v1/session", &access).await.status, 200);
    world.clock.advance(1);
    assert_eq!(world.call(Method::GET, "/v1/session", &access).await.problem(), "401 signed_out");
    assert_eq!(world.call(Method::GET, "/v1/session", "nonsense").await.problem(), "401 signed_out");
    assert_eq!(world.get("/v1/session").await.problem(), "401 signed_out");
}

async fn refresh(world: &World, token: &str) -> Answer {
    world.post("/v1/session/refresh", json!({"refresh_token": token})).await
}

#[tokio::test]
async fn refreshing_renews_both_tokens() {
    let (world, _) = World::with_jana().await;
    let first = world.signed_in().await;
    let second = refresh(&world, &first.refresh()).await;
    assert_eq!(second.body["state"], "signed_in");
    assert_eq!(second.body["session"]["id"], first.body["session"]["id"]);
    assert_eq!(world.call(Method::GET, "/v1/session", &first.access()).await.status, 401);
    assert_eq!(world.call(Method::GET, "/v1/session", &second.access()).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_the_session() {
    let (world, _) = World::with_jana().await;
    let first = world.signed_in().await;
    let second = refresh(&world, &first.refresh()).await;
    assert_eq!(refresh(&world, &first.refresh()).await.problem(), "401 signed_out");
    assert_eq!(world.call(Method::GET, "/v1/session", &second.access()).await.status, 401);
    assert_eq!(refresh(&world, &second.refresh()).await.problem(), "401 signed_out");
    let log = world.app.storage().audit(10).await.unwrap();
    assert!(log.iter().any(|entry| entry.event == "refresh_reused" && entry.account_id.is_some()));
}

#[tokio::test]
async fn a_session_lives_thirty_days_idle_and_ninety_at_most() {
    let day = 86_400;
    let (world, _) = World::with_jana().await;
    let idle = world.signed_in().await;
    world.clock.advance(30 * day);
    assert_eq!(refresh(&world, &idle.refresh()).await.status, 401);

    let mut used = world.signed_in().await;
    for _ in 0..4 {
        world.clock.advance(20 * day);
        used = refresh(&world, &used.refresh()).await;
        assert_eq!(used.status, 200);
    }
    assert_eq!(used.body["session"]["refresh_expires_in"], 10 * day, "no more than the ninety days");
    world.clock.advance(10 * day);
    assert_eq!(refresh(&world, &used.refresh()).await.status, 401);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let (world, _) = World::with_jana().await;
    let mine = world.signed_in().await;
    world.clock.advance(10);
    let tablet = world.sign_in_on("Tablet", "jana", PASSWORD).await;
    world.sign_in_on("Phone", "jana", PASSWORD).await;
    let list = world.call(Method::GET, "/v1/sessions", &mine.access()).await;
    let sessions = list.body["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 3);
    let own = sessions.iter().find(|session| session["current"] == json!(true)).unwrap();
    assert_eq!(
        *own,
        json!({"id": mine.body["session"]["id"], "device": "Regain on Linux", "created_at": START, "last_used_at": START,
               "current": true, "network": "203.0.113.0/24", "made_by": "password", "weak_until": null})
    );

    let id = tablet.body["session"]["id"].as_str().unwrap();
    let path = format!("/v1/sessions/{id}");
    assert_eq!(world.call(Method::DELETE, &path, &mine.access()).await.status, 204);
    assert_eq!(world.call(Method::DELETE, &path, &mine.access()).await.problem(), "404 not_found");
    assert_eq!(world.call(Method::GET, "/v1/session", &tablet.access()).await.status, 401);
    let ended = world.call(Method::DELETE, "/v1/sessions", &mine.access()).await;
    assert_eq!(ended.body, json!({"ended": 1}));
    assert_eq!(world.call(Method::DELETE, "/v1/session", &mine.access()).await.status, 204);
    assert_eq!(world.call(Method::GET, "/v1/session", &mine.access()).await.status, 401);
}

#[tokio::test]
async fn nobody_ends_the_sessions_of_others() {
    let (world, _) = World::with_jana().await;
    let other = NewAccount::new("piet", "piet@example.org", PASSWORD);
    world.app.add_account(other).await.unwrap();
    let jana = world.signed_in().await;
    let piet = world.sign_in("piet", PASSWORD).await;
    let path = format!("/v1/sessions/{}", jana.body["session"]["id"].as_str().unwrap());
    assert_eq!(world.call(Method::DELETE, &path, &piet.access()).await.problem(), "404 not_found");
    assert_eq!(world.call(Method::GET, "/v1/session", &jana.access()).await.status, 200);
}

#[tokio::test]
async fn guessing_is_slowed_for_the_guesser_alone() {
    let (mut world, _) = World::with_jana().await;
    world.signed_in().await;
    world.from.set_ip([198, 51, 100, 1].into());
    for _ in 0..10 {
        assert_eq!(world.sign_in("jana", "wrong").await.status, 401);
    }
    let refused = world.sign_in("jana", PASSWORD).await;
    assert_eq!((refused.problem().as_str(), refused.retry_after()), ("429 rate_limited", 900));
    // A hundred wrong ones from everywhere, and Jana still gets in at home.
    for host in 2..=10 {
        world.from.set_ip([198, 51, 100, host].into());
        for _ in 0..10 {
            world.sign_in("jana", "wrong").await;
        }
    }
    world.from.set_ip([198, 51, 100, 200].into());
    assert_eq!(world.sign_in("jana", PASSWORD).await.problem(), "429 rate_limited");
    world.from.set_ip([203, 0, 113, 99].into());
    assert_eq!(world.sign_in("jana", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_new_device_or_network_is_told_once() {
    let (mut world, _) = World::with_jana().await;
    let told = async |world: &mut World| {
        world.sign_in("jana", PASSWORD).await;
        world.app.deliver_due().await.unwrap();
        world.inbox.try_next().map(|mail| mail.subject)
    };
    let notice = Some("New sign-in to Dorfladen".to_owned());
    assert_eq!(told(&mut world).await, notice);
    assert_eq!(told(&mut world).await, None);
    world.from.set_ip([203, 0, 113, 200].into());
    assert_eq!(told(&mut world).await, None, "the same network");
    world.from.set_ip([198, 51, 100, 1].into());
    assert_eq!(told(&mut world).await, notice);
}

async fn with_totp() -> (World, Added) {
    let world = World::new().await;
    let added = world.add_jana(true).await;
    (world, added)
}

async fn second(world: &World, ticket: &str, way: &str, code: &str) -> Answer {
    let ask = json!({"ticket": ticket, "way": way, "code": code});
    world.post("/v1/sign-in/second-factor", ask).await
}

async fn asked(world: &World) -> String {
    let answer = world.sign_in("jana", PASSWORD).await;
    assert_eq!(answer.body["state"], "second_factor", "{}", answer.body);
    assert_eq!(answer.body["ways"], json!(["totp", "recovery_code"]));
    assert_eq!(answer.body["expires_in"], 300);
    answer.text("ticket")
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_works_once_a_step() {
    let (world, added) = with_totp().await;
    let totp = added.totp.unwrap();
    let ticket = asked(&world).await;
    let code = totp.code_at(START);
    let signed = second(&world, &ticket, "totp", &format!("{} {}", &code[..3], &code[3..])).await;
    assert_eq!(signed.body["state"], "signed_in");
    assert_eq!(signed.body["account"]["second_factor"], true);
    assert_eq!(second(&world, &ticket, "totp", &code).await.problem(), "410 expired", "the ticket is spent");

    let ticket = asked(&world).await;
    assert_eq!(
        second(&world, &ticket, "totp", &code).await.problem(),
        "400 wrong_code",
        "one use for each step"
    );
    world.clock.advance(30);
    assert_eq!(second(&world, &ticket, "totp", &totp.code_at(START + 30)).await.status, 200);
}

#[tokio::test]
async fn a_saved_code_stands_in_for_the_authenticator() {
    let (mut world, added) = with_totp().await;
    let ticket = asked(&world).await;
    assert_eq!(second(&world, &ticket, "recovery_code", &added.recovery_codes[0]).await.status, 200);
    world.app.deliver_due().await.unwrap();
    assert_eq!(world.inbox.try_next().unwrap().subject, "A saved recovery code for Dorfladen was used");
    let ticket = asked(&world).await;
    assert_eq!(
        second(&world, &ticket, "recovery_code", &added.recovery_codes[0]).await.problem(),
        "400 wrong_code"
    );
}

#[tokio::test]
async fn second_factors_are_read_as_people_type_them() {
    let (world, added) = with_totp().await;
    let totp = added.totp.unwrap();
    let wide = |text: &str| -> String {
        text.chars().map(|letter| char::from_u32(letter as u32 + 0xFEE0).unwrap()).collect()
    };
    for (n, write) in [
        &(|code: &str| format!("{} {}", &code[..3], &code[3..])) as &dyn Fn(&str) -> String,
        &|code| format!(" {}-{}\n", &code[..3], &code[3..]),
        &wide,
    ]
    .into_iter()
    .enumerate()
    {
        world.clock.advance(30);
        let code = write(&totp.code_at(world.clock.now()));
        let ticket = asked(&world).await;
        assert_eq!(second(&world, &ticket, "totp", &code).await.status, 200, "{code}");
        let saved = write(&added.recovery_codes[n].replace('-', "").to_lowercase());
        let ticket = asked(&world).await;
        assert_eq!(second(&world, &ticket, "recovery_code", &saved).await.status, 200, "{saved}");
    }
}

#[tokio::test]
async fn the_second_factor_has_five_tries_and_five_minutes() {
    let (world, added) = with_totp().await;
    let totp = added.totp.unwrap();
    let ticket = asked(&world).await;
    for left in (1..5).rev() {
        assert_eq!(second(&world, &ticket, "totp", "12345x").await.body["tries_left"], json!(left));
    }
    assert_eq!(second(&world, &ticket, "totp", "12345x").await.problem(), "410 expired");
    assert_eq!(second(&world, &ticket, "totp", &totp.code_at(START)).await.problem(), "410 expired");
    let ticket = asked(&world).await;
    world.clock.advance(300);
    assert_eq!(second(&world, &ticket, "totp", &totp.code_at(START + 300)).await.problem(), "410 expired");
}

#[tokio::test]
async fn the_second_factor_stays_after_a_recovery() {
    let (mut world, added) = with_totp().await;
    let (ticket, code) = world.started().await;
    let verified = world.check(&ticket, &code).await;
    assert_eq!(verified.body["password"]["min_length"], 8);
    assert_eq!(world.set_password(&verified.text("ticket"), "kwz!9 mo").await.status, 200);
    let answer = world.sign_in("jana", "kwz!9 mo").await;
    assert_eq!(answer.body["state"], "second_factor");
    let code = added.totp.unwrap().code_at(START);
    assert_eq!(second(&world, &answer.text("ticket"), "totp", &code).await.status, 200);
}

async fn change(world: &World, access: &str, current: &str, new: &str) -> Answer {
    let ask = json!({"current_password": current, "new_password": new});
    world.post_as("/v1/password", access, ask).await
}

#[tokio::test]
async fn changing_the_password_renews_this_session_and_ends_the_others() {
    let (mut world, _) = World::with_jana().await;
    let other = world.signed_in().await;
    let mine = world.signed_in().await;
    let recovery = world.start("jana").await.text("ticket");
    world.app.deliver_due().await.unwrap();
    while world.inbox.try_next().is_some() {}

    let changed = change(&world, &mine.access(), PASSWORD, NEW_PASSWORD).await;
    assert_eq!(
        (&changed.body["state"], &changed.body["sessions_ended"]),
        (&json!("password_changed"), &json!(1))
    );
    assert_eq!(changed.body["session"]["id"], mine.body["session"]["id"]);
    assert_eq!(changed.body["account"]["identifier"], "jana");
    assert_eq!(world.call(Method::GET, "/v1/session", &changed.access()).await.status, 200);
    for gone in [&mine, &other] {
        assert_eq!(world.call(Method::GET, "/v1/session", &gone.access()).await.status, 401);
    }
    assert_eq!(refresh(&world, &changed.refresh()).await.status, 200);
    assert_eq!(world.check(&recovery, "12345678").await.problem(), "410 expired");
    assert_eq!(world.sign_in("jana", PASSWORD).await.status, 401);
    assert_eq!(world.sign_in("jana", NEW_PASSWORD).await.status, 200);
    world.app.deliver_due().await.unwrap();
    assert_eq!(world.inbox.try_next().unwrap().subject, "Your password for Dorfladen was changed");
}

#[tokio::test]
async fn changing_needs_the_current_password_and_a_good_new_one() {
    let (world, _) = World::with_jana().await;
    let mine = world.signed_in().await.access();
    assert_eq!(change(&world, &mine, "not it", NEW_PASSWORD).await.problem(), "403 wrong_password");
    assert_eq!(change(&world, "", PASSWORD, NEW_PASSWORD).await.problem(), "401 signed_out");
    let weak = change(&world, &mine, PASSWORD, "short").await;
    assert_eq!(weak.body["reasons"][0], json!({"code": "too_short", "min": 15}));
    let same = change(&world, &mine, PASSWORD, PASSWORD).await;
    assert_eq!(same.body["reasons"], json!([{"code": "same_as_current"}]));
    let long = change(&world, &mine, PASSWORD, &"x".repeat(10_000)).await;
    assert_eq!(long.body["reasons"], json!([{"code": "too_long", "max": 256}]));
    let crabs = change(&world, &mine, PASSWORD, &"🦀".repeat(10_000)).await;
    assert_eq!(crabs.problem(), "413 body_too_large");
    for _ in 0..10 {
        assert_eq!(change(&world, &mine, "not it", NEW_PASSWORD).await.problem(), "403 wrong_password");
    }
    assert_eq!(change(&world, &mine, PASSWORD, NEW_PASSWORD).await.problem(), "429 rate_limited");
    assert_eq!(world.call(Method::GET, "/v1/session", &mine).await.status, 200);
}

#[tokio::test]
async fn names_belong_to_one_account() {
    let (world, _) = World::with_jana().await;
    for (identifier, address) in
        [("JANA", "x@example.org"), ("x", "jana@example.org"), ("jana@example.org", "x@example.org")]
    {
        let taken = world.app.add_account(NewAccount::new(identifier, address, PASSWORD)).await;
        assert!(taken.is_err_and(|error| error.to_string().contains("already")), "{identifier}");
    }
    for (identifier, address, says) in [("", "x@example.org", "identifier"), ("x", "nowhere", "mail address")]
    {
        let refused = world.app.add_account(NewAccount::new(identifier, address, PASSWORD)).await;
        assert!(refused.is_err_and(|error| error.to_string().contains(says)), "{identifier}");
    }
    let weak = world.app.add_account(NewAccount::new("x", "x@example.org", "password")).await;
    assert!(weak.is_err_and(|error| error.to_string().contains("at least 15")));
}

#[tokio::test]
async fn nothing_of_a_session_is_in_the_database_in_clear() {
    let (world, _) = World::with_jana().await;
    let signed = world.signed_in().await;
    let list = world.call(Method::GET, "/v1/sessions", &signed.access()).await;
    let Value::Array(sessions) = &list.body["sessions"] else { panic!("no list") };
    let text = format!("{sessions:?}");
    assert!(!text.contains(&signed.access()) && !text.contains(&signed.refresh()));
}
