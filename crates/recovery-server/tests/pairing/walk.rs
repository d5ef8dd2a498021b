//! The way it goes.

use super::{Scene, error};
use crate::common::computer::Computer;
use crate::common::phone::Phone;
use crate::common::{PASSWORD, START, World};
use axum::http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_phone_lets_a_computer_in() {
    let (mut scene, _) = Scene::approved().await;
    scene.world.app.deliver_due().await.unwrap();
    while scene.world.inbox.try_next().is_some() {}
    let answer = scene.poll().await;
    let body = &answer.body;
    assert_eq!(body["token_type"], "DPoP");
    assert_eq!(body["account"]["identifier"], "jana");
    assert_eq!(body["account"]["sent_to"], "j•••@example.org");
    assert_eq!(body["weak_until"], START + 86_400);
    let current = scene.current(&answer.text("access_token")).await;
    assert_eq!(current.body["session_id"], body["session_id"]);
    assert_eq!(
        (&current.body["made_by"], &current.body["weak_until"]),
        (&json!("pairing"), &json!(START + 86_400))
    );
    scene.world.app.deliver_due().await.unwrap();
    let mail = scene.world.inbox.try_next().unwrap();
    assert_eq!(mail.subject, "A new computer is signed in to Dorfladen");
    assert!(mail.text.contains("https://konto.dorfladen.example/not-me?t="), "{}", mail.text);
    assert!(mail.text.contains("Device: Regain on Linux\nNetwork: 198.51.100.0/24"), "{}", mail.text);
}

#[tokio::test]
async fn each_side_sees_how_far_the_other_has_come() {
    let scene = Scene::new().await;
    let (world, phone) = (&scene.world, &scene.phone);
    assert_eq!(scene.state_now().await, "pending");
    let page = phone.get(world, &scene.asked.qr).await;
    for fact in ["Regain on Linux", "198.51.100.0/24, not the one this phone is in", "0 seconds ago"] {
        assert!(page.says(fact), "{fact}: {}", page.html);
    }
    let deny = page.html.find("action=\"/device/deny\"").unwrap();
    assert!(deny < page.html.find("action=\"/device/scan\"").unwrap(), "the safe way first");
    let page = phone.submit(world, &page, "/device/scan", &[]).await;
    assert!(
        page.says("http-equiv=\"refresh\" content=\"3\"") && page.says("Nobody will ever ask you for it")
    );
    let code = page.code();
    world.clock.advance(5);
    let answer = scene.poll().await;
    assert_eq!((&answer.body["pairing_state"], &answer.body["expires_in"]), (&json!("scanned"), &json!(175)));
    assert_eq!(answer.body["verification_uri_complete"], Value::Null);
    assert_eq!(scene.confirm(&format!("{} {}", &code[..3], &code[3..])).await.status, 200);
    world.clock.advance(5);
    assert_eq!(scene.state_now().await, "confirmed");
    let page = phone.get(world, &page.path).await;
    assert!(page.says("Sign this computer in as jana?"), "{}", page.html);
    let page = phone.submit(world, &page, "/device/approve", &[("password", PASSWORD)]).await;
    assert_eq!(scene.poll().await.status, 200);
    let page = phone.get(world, &page.path).await;
    assert!(page.says("Done. The computer is signed in."), "{}", page.html);
    phone.submit(world, &page, "/device/end", &[]).await;
    let list = phone.get(world, "/device/sessions").await;
    assert!(list.says("No device was let in that way."), "{}", list.html);
}

#[tokio::test]
async fn who_is_not_signed_in_on_the_phone_does_so_first_even_if_the_qr_code_runs_out_meanwhile() {
    let (world, _) = World::with_jana().await;
    let computer = Computer::new(1);
    let asked = computer.ask(&world).await;
    let phone = Phone::new(3);
    let page = phone.get(&world, &asked.qr).await;
    assert!(page.says("Sign in on this phone first") && !page.says("Regain on Linux"), "{}", page.html);
    let wrong = [("identifier", "jana"), ("password", "not hers at all")];
    let page = phone.submit(&world, &page, "/device/sign-in", &wrong).await;
    assert_eq!(page.status, 401);
    world.clock.advance(80);
    let right = [("identifier", "jana"), ("password", PASSWORD)];
    let page = phone.submit(&world, &page, "/device/sign-in", &right).await;
    assert!(page.says("Let this computer in?"), "{}", page.html);
    let page = phone.submit(&world, &page, "/device/scan", &[]).await;
    assert_eq!(page.code().len(), 6);
    let names: Vec<String> = phone.cookies.lock().unwrap().keys().cloned().collect();
    assert_eq!(names, ["__Host-phone"]);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_on_the_phone() {
    let world = World::new().await;
    let added = world.add_jana(true).await;
    let asked = Computer::new(1).ask(&world).await;
    let phone = Phone::new(3);
    let page = phone.get(&world, &asked.qr).await;
    let fields = [("identifier", "jana"), ("password", PASSWORD)];
    let page = phone.submit(&world, &page, "/device/sign-in", &fields).await;
    let page = phone.submit(&world, &page, "/device/second-factor", &[("factor", "no code")]).await;
    assert!(page.status == 400 && page.says("That code didn&#39;t fit"), "{}", page.html);
    let code = added.totp.unwrap().code_at(START);
    let page = phone.submit(&world, &page, "/device/second-factor", &[("factor", &code)]).await;
    assert!(page.says("Let this computer in?"), "{}", page.html);
}

#[tokio::test]
async fn letters_are_typed_in_place_of_the_qr_code() {
    let scene = Scene::new().await;
    let letters = scene.asked.user_code.to_lowercase().replace('-', " ");
    for typed in [letters.as_str(), &scene.asked.user_code, &scene.asked.user_code.replace('-', "")] {
        let page = scene.phone.get(&scene.world, "/device").await;
        let page = scene.phone.submit(&scene.world, &page, "/device", &[("letters", typed)]).await;
        assert!(page.says("Let this computer in?"), "{typed}: {}", page.html);
    }
}

#[tokio::test]
async fn the_metadata_has_the_members_of_rfc_8414() {
    let world = World::new().await;
    let base = "https://konto.dorfladen.example";
    assert_eq!(
        world.get("/.well-known/oauth-authorization-server").await.body,
        json!({
            "issuer": base, "token_endpoint": format!("{base}/oauth/token"),
            "device_authorization_endpoint": format!("{base}/oauth/device_authorization"),
            "response_types_supported": [], "grant_types_supported": ["urn:ietf:params:oauth:grant-type:device_code"],
            "token_endpoint_auth_methods_supported": ["none"], "dpop_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["account"], "pairing_confirmation_endpoint": format!("{base}/oauth/device/confirm"),
            "pairing_cancellation_endpoint": format!("{base}/oauth/device/cancel"),
        })
    );
}

#[tokio::test]
async fn the_answers_have_the_members_of_rfc_8628_and_9449() {
    let world = World::new().await;
    let computer = Computer::new(1);
    let answer = computer.ask_as(&world, "Regain").await;
    let first = members(&answer.body);
    assert_eq!(
        first,
        [
            "device_code",
            "expires_in",
            "interval",
            "qr_expires_in",
            "user_code",
            "verification_uri",
            "verification_uri_complete"
        ]
    );
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!((&answer.body["expires_in"], &answer.body["interval"]), (&json!(300), &json!(5)));
    let q = answer.text("verification_uri_complete").split_once("?q=").unwrap().1.len();
    assert!(q <= 40, "{q}");
    let (_, token) = Scene::paired().await;
    let last = members(&token.body);
    assert_eq!(
        last,
        [
            "access_token",
            "account",
            "expires_in",
            "refresh_expires_in",
            "refresh_token",
            "scope",
            "session_id",
            "token_type",
            "weak_until"
        ]
    );
    assert_eq!(token.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn polling_brings_the_newest_qr_code() {
    let scene = Scene::new().await;
    let mut seen = vec![scene.asked.qr.clone()];
    for _ in 0..5 {
        scene.world.clock.advance(50);
        let answer = scene.poll().await;
        let qr = crate::common::computer::path_of(&answer.text("verification_uri_complete"));
        assert!(!seen.contains(&qr), "{qr}");
        assert!(scene.phone.get(&scene.world, &qr).await.says("Let this computer in?"));
        seen.push(qr);
    }
    let answer = scene.poll().await;
    assert_eq!(error(&answer), "slow_down");
    assert_eq!(answer.body["qr_expires_in"], 50);
}

#[tokio::test]
async fn slow_down_grows_by_five_seconds_for_good() {
    let scene = Scene::new().await;
    assert_eq!(error(&scene.poll().await), "authorization_pending");
    for interval in [10, 15, 20] {
        let answer = scene.poll().await;
        assert_eq!((error(&answer).as_str(), &answer.body["interval"]), ("slow_down", &json!(interval)));
        assert_eq!(answer.body["pairing_state"], "pending");
    }
    scene.world.clock.advance(19);
    assert_eq!(scene.poll().await.body["interval"], 25);
    scene.world.clock.advance(25);
    assert_eq!(error(&scene.poll().await), "authorization_pending");
    scene.world.clock.advance(24);
    assert_eq!(error(&scene.poll().await), "slow_down", "it does not shrink again");
}

#[tokio::test]
async fn pairings_are_listed_and_ended_by_their_account() {
    let (scene, token) = Scene::paired().await;
    let jana = scene.world.signed_in().await.access();
    let second = scene.computer.ask(&scene.world).await;
    scene.phone.scan(&scene.world, &second.qr).await;
    let list = scene.world.call(Method::GET, "/v1/pairings", &jana).await;
    let pairings = list.body["pairings"].as_array().unwrap();
    let states: Vec<&str> = pairings.iter().filter_map(|one| one["state"].as_str()).collect();
    assert!(states.len() == 2 && states.contains(&"scanned") && states.contains(&"consumed"), "{states:?}");
    for pairing in pairings {
        assert_eq!(
            (&pairing["device"], &pairing["network"]),
            (&json!("Regain on Linux"), &json!("198.51.100.0/24"))
        );
        let path = format!("/v1/pairings/{}", pairing["id"].as_str().unwrap());
        assert_eq!(scene.world.call(Method::DELETE, &path, &jana).await.status, 204);
        assert_eq!(scene.world.call(Method::DELETE, &path, &jana).await.problem(), "404 not_found");
    }
    assert_eq!(scene.current(&token.text("access_token")).await.status, 401);
    assert_eq!(error(&scene.computer.poll(&scene.world, &second.device_code).await), "access_denied");
}

#[tokio::test]
async fn expired_rows_are_swept() {
    let (scene, _) = Scene::paired().await;
    let open = scene.computer.ask(&scene.world).await;
    let gone = 300 + 3_600;
    scene.world.clock.advance(gone);
    use recovery_server::Clock as _;
    scene.world.app.storage().sweep(scene.world.clock.now()).await.unwrap();
    assert_eq!(error(&scene.computer.poll(&scene.world, &open.device_code).await), "invalid_grant");
    let jana = scene.world.signed_in().await.access();
    let list = scene.world.call(Method::GET, "/v1/pairings", &jana).await;
    assert_eq!(list.body["pairings"].as_array().unwrap().len(), 1, "the one that is a session stays");
}

#[tokio::test]
async fn every_page_is_said_in_four_languages() {
    for (language, says) in [
        ("de", "Melde dich zuerst"),
        ("ru", "Сначала войдите"),
        ("es", "Primero entra"),
        ("fr, en;q=0.5", "Sign in on this"),
    ] {
        let (world, _) = World::with_jana().await;
        let asked = Computer::new(1).ask(&world).await;
        let phone = Phone { language, ..Phone::new(2) };
        let page = phone.get(&world, &asked.qr).await;
        assert!(page.says(says), "{language}: {}", page.html);
    }
}

#[tokio::test]
async fn on_this_machine_alone_it_works_without_tls() {
    let world = World::with(|config| {
        config.public_url = "http://127.0.0.1:8321".parse().unwrap();
        config.practice = true;
    })
    .await;
    world.add_jana(false).await;
    let asked = Computer::new(1).ask(&world).await;
    for origin in ["http://127.0.0.1:8321", "http://localhost:8321"] {
        let mut phone = Phone::new(3);
        phone.origin = Some(origin.to_owned());
        let page = phone.get(&world, &asked.qr).await;
        assert!(page.says("Practice: nothing here is real."), "{}", page.html);
        let fields = [("identifier", "jana"), ("password", PASSWORD)];
        let page = phone.submit(&world, &page, "/device/sign-in", &fields).await;
        assert!(page.has_form("/device/scan"), "{}", page.html);
        assert_eq!(phone.cookies.lock().unwrap().keys().collect::<Vec<_>>(), ["phone"]);
    }
    let mut phone = Phone::new(3);
    phone.origin = Some("http://localhost:9999".to_owned());
    assert_eq!(phone.post(&world, "/device/sign-in", &[]).await.status, 403);
}

/// In the order of their names: whether JSON keeps its own order is another package's choice.
fn members(body: &Value) -> Vec<String> {
    let mut members: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
    members.sort();
    members
}
