//! Getting back in, number by number (REQUIREMENTS: codes and recovery).

use crate::common::{NEW_PASSWORD, PASSWORD, World, other_than};
use recovery_server::audit::Entry;
use serde_json::json;

#[tokio::test]
async fn forgotten_password_to_signed_in() {
    let (mut world, _) = World::with_jana().await;
    let asked = world.start("Jana@Example.org").await;
    assert_eq!(asked.status, 202);
    assert_eq!(asked.body["sent_to"], "j•••@example.org");
    assert_eq!(asked.body["way"], "mail_code");
    assert_eq!(asked.body["code"], json!({"shape": "digits", "length": 8}));
    assert_eq!((&asked.body["expires_in"], &asked.body["resend_in"]), (&json!(600), &json!(60)));
    assert_eq!(asked.body["ways"], json!(["mail_code", "mail_link", "recovery_code"]));
    let code = world.mailed_code().await;

    let verified = world.check(&asked.text("ticket"), &code).await;
    assert_eq!(verified.status, 200);
    assert_eq!(verified.body["state"], "verified");
    assert_eq!(verified.body["password"], json!({"min_length": 15, "max_length": 256}));
    assert_ne!(verified.body["ticket"], asked.body["ticket"]);

    let changed = world.set_password(&verified.text("ticket"), NEW_PASSWORD).await;
    assert_eq!(changed.body, json!({"state": "password_changed", "sessions_ended": 0}));
    assert_eq!(world.sign_in("jana", PASSWORD).await.problem(), "401 wrong_credentials");
    let signed = world.sign_in("jana", NEW_PASSWORD).await;
    assert_eq!(signed.body["state"], "signed_in");

    // The device is known by now, so there is one notice, not two.
    world.app.deliver_due().await.unwrap();
    let notice = world.inbox.try_next().unwrap();
    assert_eq!(notice.subject, "Your password for Dorfladen was changed");
    assert!(world.inbox.try_next().is_none());
}

#[tokio::test]
async fn a_name_that_is_no_address_reveals_none() {
    let (world, _) = World::with_jana().await;
    assert_eq!(world.start("jana").await.body["sent_to"], json!(null));
}

#[tokio::test]
async fn known_and_unknown_look_the_same_all_the_way() {
    let (mut world, _) = World::with_jana().await;
    let same = |known: &crate::common::Answer, unknown: &crate::common::Answer, what: &str| {
        assert_eq!(known.status, unknown.status, "{what}");
        let mut headers = [known.headers.clone(), unknown.headers.clone()];
        // Each request has its own, whoever it is about.
        let ids = headers.each_mut().map(|headers| headers.remove("x-request-id").unwrap());
        assert_eq!((headers[0] == headers[1], ids[0].len()), (true, ids[1].len()), "{what}: {headers:?}");
        assert_eq!(known.bytes.len(), unknown.bytes.len(), "{what}: {} {}", known.body, unknown.body);
        let mut shape = [known.body.clone(), unknown.body.clone()];
        for body in &mut shape {
            body.as_object_mut().unwrap().remove("ticket");
        }
        assert_eq!(shape[0], shape[1], "{what}");
    };
    for (known, unknown) in [("jana", "jano"), ("jana@example.org", "jano@example.org")] {
        let known = world.start(known).await;
        let unknown = world.start(unknown).await;
        same(&known, &unknown, "start");
        world.app.deliver_due().await.unwrap();
        let code = other_than(world.inbox.try_next().unwrap().code().unwrap());
        assert!(world.inbox.try_next().is_none(), "nobody gets mail for an unknown name");
        let (known, unknown) = (known.text("ticket"), unknown.text("ticket"));
        same(
            &world.resend(&known, "mail_code").await,
            &world.resend(&unknown, "mail_code").await,
            "resend too early",
        );
        same(&world.check(&known, &code).await, &world.check(&unknown, &code).await, "wrong code");
        let saved = "ABCD-EFGH-JKMN-PQRS";
        same(
            &world.check_by("recovery_code", &known, saved).await,
            &world.check_by("recovery_code", &unknown, saved).await,
            "wrong saved code",
        );
        world.clock.advance(61);
        same(&world.resend(&known, "mail_link").await, &world.resend(&unknown, "mail_link").await, "link");
        for _ in 0..3 {
            same(&world.check(&known, &code).await, &world.check(&unknown, &code).await, "more wrong codes");
        }
        same(&world.resend(&known, "mail_code").await, &world.resend(&unknown, "mail_code").await, "over");
        world.app.deliver_due().await.unwrap();
        while world.inbox.try_next().is_some() {}
    }
    same(&world.sign_in("jana", "wrong").await, &world.sign_in("jano", "wrong").await, "sign-in");
    for name in ["jana", "jano"] {
        for _ in 0..20 {
            world.sign_in(name, "wrong").await;
        }
    }
    same(&world.sign_in("jana", "wrong").await, &world.sign_in("jano", "wrong").await, "sign-in too often");
}

#[tokio::test]
async fn the_right_code_for_nobody_opens_nothing() {
    let (world, _) = World::with_jana().await;
    let ticket = world.start("nobody").await.text("ticket");
    // The worst case: every code is tried, so one of them fits what was stored.
    for code in ["00000000", "12345678", "99999999"] {
        assert_eq!(world.check(&ticket, code).await.problem(), "400 wrong_code");
    }
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, code) = world.started().await;
    world.clock.advance(600);
    assert_eq!(world.check(&ticket, &code).await.problem(), "410 expired");
    // The place is kept: a new code works with the same ticket.
    assert_eq!(world.resend(&ticket, "mail_code").await.status, 200);
    let code = world.mailed_code().await;
    world.clock.advance(599);
    assert_eq!(world.check(&ticket, &code).await.status, 200);
}

#[tokio::test]
async fn five_tries_and_a_new_code_does_not_reset_them() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, code) = world.started().await;
    let wrong = other_than(&code);
    for left in [4, 3] {
        let answer = world.check(&ticket, &wrong).await;
        assert_eq!((answer.problem().as_str(), &answer.body["tries_left"]), ("400 wrong_code", &json!(left)));
    }
    world.clock.advance(60);
    assert_eq!(world.resend(&ticket, "mail_code").await.status, 200);
    let newer = world.mailed_code().await;
    for left in [2, 1] {
        let answer = world.check(&ticket, &other_than(&newer)).await;
        assert_eq!(answer.body["tries_left"], json!(left));
    }
    assert_eq!(world.check(&ticket, "not digits").await.problem(), "410 expired");
    assert_eq!(world.check(&ticket, &newer).await.problem(), "410 expired");
    world.clock.advance(60);
    assert_eq!(world.resend(&ticket, "mail_code").await.problem(), "410 expired");
    // Wrong codes never block the right password.
    assert_eq!(world.sign_in("jana", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn ten_wrong_codes_a_day() {
    let (mut world, _) = World::with_jana().await;
    for _ in 0..2 {
        let (ticket, code) = world.started().await;
        for _ in 0..5 {
            world.check(&ticket, &other_than(&code)).await;
        }
    }
    let (ticket, code) = world.started().await;
    let refused = world.check(&ticket, &code).await;
    assert_eq!(refused.problem(), "429 rate_limited");
    assert_eq!(refused.retry_after(), 86_400);
    assert_eq!(world.sign_in("jana", PASSWORD).await.status, 200);
    world.app.deliver_due().await.unwrap();
    while world.inbox.try_next().is_some() {}
    // The other name of the account does not help, and does not give away that it is one.
    let ticket = world.start("jana@example.org").await.text("ticket");
    let code = world.mailed_code().await;
    assert_eq!(world.check(&ticket, &code).await.problem(), "400 wrong_code");
    world.clock.advance(86_400);
    let verified = world.verified().await;
    assert_eq!(world.set_password(&verified, NEW_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn resend_after_sixty_seconds_and_not_before() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, first) = world.started().await;
    world.clock.advance(59);
    let early = world.resend(&ticket, "mail_code").await;
    assert_eq!((early.problem().as_str(), early.retry_after()), ("429 rate_limited", 1));
    world.clock.advance(2);
    assert_eq!(world.resend(&ticket, "mail_code").await.status, 200);
    let second = world.mailed_code().await;
    assert_ne!(first, second);
    // Mail is slow: the older of the two still works, and using it ends both.
    assert_eq!(world.check(&ticket, &first).await.status, 200);
    assert_eq!(world.check(&ticket, &second).await.problem(), "410 expired");
}

#[tokio::test]
async fn at_most_two_codes_are_alive() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, first) = world.started().await;
    for _ in 0..2 {
        world.clock.advance(61);
        assert_eq!(world.resend(&ticket, "mail_code").await.status, 200);
    }
    world.app.deliver_due().await.unwrap();
    assert_eq!(world.check(&ticket, &first).await.problem(), "400 wrong_code");
    let second = world.inbox.try_next().unwrap().code().unwrap().to_owned();
    assert_eq!(world.check(&ticket, &second).await.status, 200);
}

#[tokio::test]
async fn three_resends_an_hour_and_ten_codes_a_day() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, _) = world.started().await;
    for _ in 0..3 {
        world.clock.advance(61);
        assert_eq!(world.resend(&ticket, "mail_code").await.status, 200);
    }
    world.clock.advance(61);
    let refused = world.resend(&ticket, "mail_code").await;
    assert_eq!((refused.problem().as_str(), refused.retry_after()), ("429 rate_limited", 3_600 - 3 * 61));
    for _ in 0..6 {
        assert_eq!(world.start("jana").await.status, 202);
    }
    let refused = world.start("jana").await;
    assert_eq!((refused.problem().as_str(), refused.retry_after()), ("429 rate_limited", 86_400 - 4 * 61));
    assert_eq!(world.app.deliver_due().await.unwrap(), 9);
    // By the other name nothing is refused, but the mailbox stays quiet.
    assert_eq!(world.start("jana@example.org").await.status, 202);
    assert_eq!(world.app.deliver_due().await.unwrap(), 0);
}

#[tokio::test]
async fn twenty_recoveries_an_hour_from_one_address() {
    let (mut world, _) = World::with_jana().await;
    for n in 0..20 {
        assert_eq!(world.start(&format!("someone{n}")).await.status, 202);
    }
    let refused = world.start("jana").await;
    assert_eq!((refused.problem().as_str(), refused.retry_after()), ("429 rate_limited", 3_600));
    world.from.set_ip([203, 0, 113, 8].into());
    assert_eq!(world.start("jana").await.status, 202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_and_one_gets_in() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, code) = world.started().await;
    let world = std::sync::Arc::new(world);
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (world, ticket, code) = (world.clone(), ticket.clone(), code.clone());
            tokio::spawn(async move { world.check(&ticket, &code).await })
        })
        .collect();
    let mut verified = Vec::new();
    for attempt in tries {
        let answer = attempt.await.unwrap();
        match answer.status.as_u16() {
            200 => verified.push(answer.text("ticket")),
            status => assert!(matches!(status, 410 | 429), "{}", answer.body),
        }
    }
    assert_eq!(verified.len(), 1);

    let tries: Vec<_> = (0..20)
        .map(|n| {
            let (world, ticket) = (world.clone(), verified[0].clone());
            tokio::spawn(
                async move { world.set_password(&ticket, &format!("{NEW_PASSWORD} {n}")).await.status },
            )
        })
        .collect();
    let mut changed = 0;
    for attempt in tries {
        changed += usize::from(attempt.await.unwrap() == 200);
    }
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn a_link_does_what_a_code_does() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, code) = world.started().await;
    world.clock.advance(60);
    let asked = world.resend(&ticket, "mail_link").await;
    assert_eq!(asked.body["code"], json!({"shape": "link", "length": null}));
    world.app.deliver_due().await.unwrap();
    let mail = world.inbox.try_next().unwrap();
    let link = mail.link().unwrap();
    assert!(link.starts_with("https://konto.dorfladen.example/recover#"), "{link}");
    // Opening it changes nothing.
    assert_eq!(world.get("/recover").await.status, 200);
    assert_eq!(world.check_by("mail_link", &ticket, &code).await.problem(), "400 wrong_code");
    let other = world.start("someone").await.text("ticket");
    assert_eq!(
        world.check_by("mail_link", &other, link).await.problem(),
        "400 wrong_code",
        "bound to its request"
    );
    assert_eq!(world.check_by("mail_link", &ticket, link).await.status, 200);
    assert_eq!(world.check(&ticket, &code).await.problem(), "410 expired");
}

#[tokio::test]
async fn a_saved_code_works_once_and_is_told() {
    let (mut world, added) = World::with_jana().await;
    assert_eq!(added.recovery_codes.len(), 10);
    let saved = added.recovery_codes[3].to_lowercase();
    let (ticket, _) = world.started().await;
    let verified = world.check_by("recovery_code", &ticket, &saved).await;
    assert_eq!(verified.status, 200, "{}", verified.body);
    world.app.deliver_due().await.unwrap();
    let notice = world.inbox.try_next().unwrap();
    assert_eq!(notice.subject, "A saved recovery code for Dorfladen was used");
    assert!(notice.text.contains("Unused ones left: 9."), "{}", notice.text);
    assert!(!notice.text.contains(&added.recovery_codes[3]));

    let ticket = world.start("jana").await.text("ticket");
    assert_eq!(world.check_by("recovery_code", &ticket, &saved).await.problem(), "400 wrong_code");
    assert_eq!(world.check_by("recovery_code", &ticket, &added.recovery_codes[0]).await.status, 200);
}

#[tokio::test]
async fn a_reset_ends_everything_else() {
    let (mut world, _) = World::with_jana().await;
    let one = world.signed_in().await;
    let two = world.sign_in_on("Regain on Windows", "jana", PASSWORD).await;
    world.app.deliver_due().await.unwrap();
    while world.inbox.try_next().is_some() {}
    let other = world.start("jana").await.text("ticket");
    let other_code = world.mailed_code().await;
    let verified = world.verified().await;
    let changed = world.set_password(&verified, NEW_PASSWORD).await;
    assert_eq!(changed.body["sessions_ended"], 2);
    for signed in [one, two] {
        let current = world.call(axum::http::Method::GET, "/v1/session", &signed.access()).await;
        assert_eq!(current.problem(), "401 signed_out");
        let refreshed = world.post("/v1/session/refresh", json!({"refresh_token": signed.refresh()})).await;
        assert_eq!(refreshed.problem(), "401 signed_out");
    }
    assert_eq!(world.check(&other, &other_code).await.problem(), "410 expired");
    assert_eq!(world.set_password(&verified, "another one entirely").await.problem(), "410 expired");
}

#[tokio::test]
async fn refused_passwords_keep_the_ticket() {
    let (mut world, _) = World::with_jana().await;
    let ticket = world.verified().await;
    for (password, code) in [
        ("short", "too_short"),
        ("passwordpassword", "common"),
        ("jana@example.org", "contains_identifier"),
        ("Dorfladen dorfladen", "contains_site"),
        ("abcdefghijklmnopqrst", "guessable"),
        (PASSWORD, "same_as_current"),
    ] {
        let refused = world.set_password(&ticket, password).await;
        assert_eq!(refused.problem(), "422 weak_password", "{password}");
        let codes: Vec<&str> = refused.body["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| reason["code"].as_str().unwrap())
            .collect();
        assert!(codes.contains(&code), "{password}: {codes:?}");
    }
    let refused = world.set_password(&ticket, &"é".repeat(257)).await;
    assert_eq!(refused.body["reasons"], json!([{"code": "too_long", "max": 256}]));
    assert_eq!(world.set_password(&ticket, NEW_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_choice_of_a_password_may_take_a_quarter_of_an_hour() {
    let (mut world, _) = World::with_jana().await;
    let ticket = world.verified().await;
    world.clock.advance(900);
    assert_eq!(world.set_password(&ticket, NEW_PASSWORD).await.problem(), "410 expired");
}

#[tokio::test]
async fn mail_speaks_the_language_asked_for() {
    let (mut world, _) = World::with_jana().await;
    for (language, says) in [("ru", "ваш код"), ("de", "dein Code"), ("es", "tu código"), ("en", "your code")]
    {
        let asked = json!({"identifier": "jana", "device": "x", "language": language});
        assert_eq!(world.post("/v1/recoveries", asked).await.status, 202);
        world.app.deliver_due().await.unwrap();
        let mail = world.inbox.try_next().unwrap();
        assert!(mail.subject.contains(says), "{}", mail.subject);
        assert!(mail.subject.starts_with(mail.code().unwrap()));
    }
    let asked = json!({"identifier": "jana", "device": "x", "language": "tlh"});
    assert_eq!(world.post("/v1/recoveries", asked).await.problem(), "400 bad_request");
}

#[tokio::test]
async fn the_log_knows_what_happened_and_no_secrets() {
    let (mut world, added) = World::with_jana().await;
    let (ticket, code) = world.started().await;
    world.check(&ticket, &other_than(&code)).await;
    let verified = world.check(&ticket, &code).await.text("ticket");
    world.set_password(&verified, NEW_PASSWORD).await;
    let log = world.app.storage().audit(100).await.unwrap();
    let events: Vec<(&str, &str)> =
        log.iter().rev().map(|Entry { event, result, .. }| (event.as_str(), result.as_str())).collect();
    assert_eq!(
        events,
        [
            ("account_added", "ok"),
            ("recovery_asked", "ok"),
            ("recovery_check", "wrong"),
            ("recovery_check", "ok"),
            ("password_reset", "ok"),
        ]
    );
    assert!(log[..4].iter().all(|entry| entry.network.as_deref() == Some("203.0.113.0/24")));
    assert!(log.iter().all(|entry| entry.account_id.as_deref() == Some(added.id.as_str())));
    let text = format!("{log:?}");
    for secret in [&code, &ticket, &verified, "jana", "203.0.113.7"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
