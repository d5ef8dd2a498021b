//! The way it goes.

use super::{ADD, APPROVE, ENTER, Scene, add, ask_to_add, is_in, letters};
use crate::common::authenticator::Authenticator;
use crate::common::computer::Computer;
use crate::common::phone::Phone;
use crate::common::{PASSWORD, START, World};
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn a_passkey_is_added_with_the_password_and_a_letter_tells_of_it() {
    let (mut world, _) = World::with_jana().await;
    let phone = Phone::signed_in(&world, 9, "jana").await;
    letters(&mut world).await;
    let page = phone.get(&world, "/device/passkeys").await;
    assert!(page.says("There are none yet."), "{}", page.html);
    let wrong = [("name", "x"), ("password", "not hers at all")];
    let refused = phone.ask_for_passkey(&world, &page, ADD, &wrong).await.unwrap_err();
    assert_eq!(refused.status, 403);
    assert!(refused.says("That password doesn't fit."), "{}", refused.html);
    let page = add(&world, &phone, &mut Authenticator::new(7)).await;
    assert!(page.says("<bdi>My phone</bdi>") && page.says("15 January 2027, 08:00 UTC"), "{}", page.html);
    let mail = letters(&mut world).await.pop().unwrap();
    assert_eq!(mail.subject, "A passkey was added to your account at Dorfladen");
    assert!(mail.text.contains("Passkey: My phone\nDevice: Firefox on Android"), "{}", mail.text);
}

#[tokio::test]
async fn the_browser_is_asked_for_one_that_verifies_its_owner_and_is_found_without_a_name() {
    let scene = Scene::new().await;
    let options = ask_to_add(&scene.world, &scene.phone).await.options;
    assert_eq!(options["rp"], json!({"id": "konto.dorfladen.example", "name": "Dorfladen"}));
    assert_eq!((&options["user"]["name"], &options["user"]["displayName"]), (&json!("jana"), &json!("Jana")));
    let how = &options["authenticatorSelection"];
    assert_eq!(how["userVerification"], "required");
    assert_eq!((&how["residentKey"], &how["requireResidentKey"]), (&json!("required"), &json!(true)));
    assert_eq!((&options["attestation"], &options["timeout"]), (&json!("none"), &json!(300_000)));
    assert_eq!(options["excludeCredentials"][0]["id"], scene.key.id());
    let options = scene.ask_to_enter(&Phone::new(3)).await.options;
    assert_eq!(
        (&options["rpId"], &options["userVerification"]),
        (&json!("konto.dorfladen.example"), &json!("required"))
    );
    assert_eq!(options["allowCredentials"], json!([]), "who asks has not said who they are");
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_name_and_without_the_second_factor() {
    let mut world = World::new().await;
    let added = world.add_jana(true).await;
    let phone = Phone::new(9);
    let page = phone.get(&world, "/device/sessions").await;
    let page = phone
        .submit(&world, &page, "/device/sign-in", &[("identifier", "jana"), ("password", PASSWORD)])
        .await;
    let code = added.totp.unwrap().code_at(START);
    phone.submit(&world, &page, "/device/second-factor", &[("factor", &code)]).await;
    let mut key = Authenticator::new(7);
    assert_eq!(add(&world, &phone, &mut key).await.status, 200);
    letters(&mut world).await;
    let mut scene = Scene { world, phone, key };
    let mut other = Phone::new(3);
    other.from = std::net::SocketAddr::from(([198, 51, 100, 3], 60_000));
    let page = scene.enter(&other, &scene.key).await;
    assert!(is_in(&page), "{}", page.html);
    assert!(scene.world.metrics().await.contains("sign_ins_total{result=\"ok\"} 1\n"), "it is counted");
    let mail = letters(&mut scene.world).await.pop().unwrap();
    assert_eq!(mail.subject, "New sign-in to Dorfladen");
    scene.world.clock.advance(60);
    let page = other.get(&scene.world, "/device/passkeys").await;
    assert!(page.says("Last used") && page.has_form(ADD), "as strong as a password: {}", page.html);
}

#[tokio::test]
async fn a_session_says_that_a_passkey_made_it() {
    let scene = Scene::new().await;
    scene.enter(&Phone::new(3), &scene.key).await;
    let access = scene.world.signed_in().await.access();
    let sessions = scene.world.call(Method::GET, "/v1/sessions", &access).await.body;
    let made: Vec<_> = sessions["sessions"].as_array().unwrap().iter().map(|one| &one["made_by"]).collect();
    assert_eq!(made.iter().filter(|made| **made == "passkey").count(), 1, "{sessions}");
}

#[tokio::test]
async fn behind_a_qr_code_a_passkey_signs_in_and_approves() {
    let scene = Scene::new().await;
    let (world, phone) = (&scene.world, Phone::new(3));
    let computer = Computer::new(1);
    let asked = computer.ask(world).await;
    let page = phone.get(world, &asked.qr).await;
    let question = phone.ask_for_passkey(world, &page, ENTER, &[]).await.unwrap();
    let page = phone.answer(world, &question, &scene.key.get(&question.options)).await;
    assert!(page.says("Let this computer in?"), "{}", page.html);
    let page = phone.submit(world, &page, "/device/scan", &[]).await;
    computer.confirm(world, &asked.device_code, &page.code()).await;
    let page = phone.get(world, &page.path).await;
    assert!(page.has_form("/device/approve"), "the password still works: {}", page.html);
    let question = phone.ask_for_passkey(world, &page, APPROVE, &[]).await.unwrap();
    assert_eq!(question.options["allowCredentials"], json!([{"type": "public-key", "id": scene.key.id()}]));
    let page = phone.answer(world, &question, &scene.key.get(&question.options)).await;
    assert!(page.says("Almost done"), "{}", page.html);
    assert_eq!(computer.poll(world, &asked.device_code).await.status, 200);
}

#[tokio::test]
async fn who_has_no_passkey_is_asked_for_the_password_alone() {
    let (world, _) = World::with_jana().await;
    let phone = Phone::signed_in(&world, 9, "jana").await;
    let computer = Computer::new(1);
    let asked = computer.ask(&world).await;
    let page = phone.scan(&world, &asked.qr).await;
    computer.confirm(&world, &asked.device_code, &page.code()).await;
    let page = phone.get(&world, &page.path).await;
    assert!(page.has_form("/device/approve") && !page.has_form(APPROVE), "{}", page.html);
}

#[tokio::test]
async fn scripts_run_on_pages_that_ask_for_a_passkey_alone() {
    let scene = Scene::new().await;
    let (world, stranger) = (&scene.world, Phone::new(3));
    for (phone, path, has) in [
        (&stranger, "/device/sessions", true),
        (&stranger, "/device/passkeys", true),
        (&scene.phone, "/device/passkeys", true),
        (&scene.phone, "/device", false),
        (&scene.phone, "/device/sessions", false),
        (&stranger, "/link", false),
    ] {
        let page = phone.get(world, path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert_eq!(policy.contains("script-src 'self'; connect-src 'self'"), has, "{path}: {policy}");
        assert_eq!(
            (policy.contains("script"), page.says("<script src=\"/device/passkey.js\" defer>")),
            (has, has)
        );
        assert!(policy.starts_with("default-src 'none'") && !page.says("onclick"));
    }
    let script = stranger.get(world, "/device/passkey.js").await;
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert!(script.says("navigator.credentials"));
}

#[tokio::test]
async fn on_an_address_without_a_name_there_are_none() {
    let world = World::with(|config| config.public_url = "http://127.0.0.1:8321".parse().unwrap()).await;
    world.add_jana(false).await;
    let mut phone = Phone::new(9);
    phone.origin = Some("http://127.0.0.1:8321".to_owned());
    let page = phone.get(&world, "/device/sessions").await;
    assert!(!page.has_form(ENTER), "{}", page.html);
    phone.submit(&world, &page, "/device/sign-in", &[("identifier", "jana"), ("password", PASSWORD)]).await;
    let page = phone.get(&world, "/device/passkeys").await;
    assert!(page.says("passkeys need a name") && !page.has_form(ADD), "{}", page.html);
    assert_eq!(phone.post(&world, "/device/passkey/ask-to-enter", &[]).await.status, 404);
}

#[tokio::test]
async fn the_pages_are_said_in_four_languages() {
    for (language, says) in [
        ("en", "Sign in with a passkey"),
        ("de", "Mit einem Passkey anmelden"),
        ("ru", "Войти с ключом доступа"),
        ("es", "Entrar con una llave de acceso"),
    ] {
        let world = World::new().await;
        let phone = Phone { language, ..Phone::new(2) };
        let page = phone.get(&world, "/device/sessions").await;
        assert!(page.says(says), "{language}: {}", page.html);
    }
}
