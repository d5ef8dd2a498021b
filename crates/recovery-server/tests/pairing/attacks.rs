//! What somebody may try who is neither the computer nor the phone.

use super::{Scene, error};
use crate::common::computer::{CLIENT, Computer, GRANT, form, path_of};
use crate::common::phone::{Page, Phone};
use crate::common::{PASSWORD, World};
use axum::http::Method;

fn all(page: &Page, action: &str) -> Vec<(String, String)> {
    page.form(action)
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn a_pairing_that_an_attacker_started_is_never_confirmed() {
    // The attacker's computer asks, and the victim is sent its QR code.
    let scene = Scene::new().await;
    let page = scene.phone.get(&scene.world, &scene.asked.qr).await;
    assert!(page.says("198.51.100.0/24, not the one this phone is in"), "{}", page.html);
    let page = scene.phone.submit(&scene.world, &page, "/device/scan", &[]).await;
    assert_eq!(page.code().len(), 6);
    // The victim has no computer to type it on, and nothing goes on without it.
    assert!(!page.has_form("/device/approve"));
    assert_eq!(scene.state().await, "scanned");
    scene.world.clock.advance(180);
    assert_eq!(scene.state().await, "expired_token");
}

#[tokio::test]
async fn a_qr_code_scanned_once_is_of_no_use_to_a_second_phone() {
    let (scene, page) = Scene::scanned().await;
    let second = Phone::signed_in(&scene.world, 12, "jana").await;
    let other = second.get(&scene.world, &scene.asked.qr).await;
    assert!(
        other.says("Already scanned by another device") && !other.has_form("/device/scan"),
        "{}",
        other.html
    );
    assert!(!other.says(&page.code()));
    let stranger = Phone::new(13).get(&scene.world, &scene.asked.qr).await;
    assert!(stranger.says("Already scanned by another device"));
    assert!(
        scene.phone.get(&scene.world, &scene.asked.qr).await.says("Nobody will ever ask"),
        "its own phone goes on"
    );
}

#[tokio::test]
async fn a_qr_code_of_a_used_pairing_is_of_no_use() {
    let (scene, _) = Scene::paired().await;
    let second = Phone::signed_in(&scene.world, 12, "jana").await;
    let page = second.get(&scene.world, &scene.asked.qr).await;
    assert!(!page.has_form("/device/scan") && !page.says("Regain on Linux"), "{}", page.html);
}

#[tokio::test]
async fn a_qr_code_of_an_older_round_has_run_out() {
    let scene = Scene::new().await;
    scene.world.clock.advance(59);
    assert!(scene.phone.get(&scene.world, &scene.asked.qr).await.has_form("/device/scan"));
    scene.world.clock.advance(1);
    let page = scene.phone.get(&scene.world, &scene.asked.qr).await;
    assert!(page.says("Look at the newest code on the computer") && !page.has_form("/device/scan"));
    let newest = path_of(&scene.poll().await.text("verification_uri_complete"));
    assert!(scene.phone.get(&scene.world, &newest).await.has_form("/device/scan"));
}

#[tokio::test]
async fn a_form_that_was_opened_in_time_runs_out_after_three_minutes() {
    let scene = Scene::new().await;
    let page = scene.phone.get(&scene.world, &scene.asked.qr).await;
    scene.world.clock.advance(180);
    let page = scene.phone.submit(&scene.world, &page, "/device/scan", &[]).await;
    assert!(page.says("That code has run out"), "{}", page.html);
    assert_eq!(scene.state().await, "pending");
}

#[tokio::test]
async fn a_qr_code_that_was_changed_leads_nowhere() {
    let scene = Scene::new().await;
    let q = scene.asked.qr.split_once("?q=").unwrap().1;
    for place in 0..q.len() {
        let mut changed: Vec<u8> = q.bytes().collect();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let path = format!("/device?q={}", String::from_utf8(changed).unwrap());
        let page = scene.phone.get(&scene.world, &path).await;
        assert!(page.says("There is nothing here"), "{place}: {}", page.html);
    }
}

#[tokio::test]
async fn opening_a_link_changes_nothing() {
    let scene = Scene::new().await;
    let preview = Phone::new(20);
    for _ in 0..3 {
        preview.get(&scene.world, &scene.asked.qr).await;
        let head = preview.head(&scene.world, &scene.asked.qr).await;
        assert!(head.status == 200 && head.html.is_empty());
        scene.phone.get(&scene.world, &scene.asked.qr).await;
        scene.phone.head(&scene.world, &scene.asked.qr).await;
        for path in ["/device/scan", "/device/approve", "/device/deny", "/link/scan", "/device/sign-out"] {
            assert_eq!(scene.phone.get(&scene.world, path).await.status, 405, "{path}");
        }
    }
    assert_eq!(scene.state().await, "pending");
    assert!(preview.cookies.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_form_without_its_secret_is_refused() {
    let (scene, page) = Scene::confirmed().await;
    let fields = all(&page, "/device/approve");
    let foreign = Phone::signed_in(&scene.world, 14, "jana").await;
    let second = scene.computer.ask(&scene.world).await;
    let other = foreign.get(&scene.world, &second.qr).await.field("/device/scan", "csrf");
    for csrf in [None, Some(""), Some("AAAAAAAAAAAAAAAAAAAAAA"), Some(other.as_str())] {
        for action in ["/device/approve", "/device/deny"] {
            let mut sent: Vec<(&str, &str)> =
                pairs(&fields).into_iter().filter(|(name, _)| *name != "csrf").collect();
            sent.push(("password", PASSWORD));
            sent.extend(csrf.map(|csrf| ("csrf", csrf)));
            let answer = scene.phone.post(&scene.world, action, &sent).await;
            assert!([400, 403].contains(&answer.status), "{action} {csrf:?} {}", answer.status);
        }
    }
    assert_eq!(scene.state().await, "confirmed");
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let (mut scene, page) = Scene::confirmed().await;
    let mut fields = all(&page, "/device/approve");
    fields.push(("password".to_owned(), PASSWORD.to_owned()));
    for origin in [
        Some("https://evil.example"),
        Some("null"),
        Some("http://konto.dorfladen.example"),
        Some("https://konto.dorfladen.example:8443"),
        Some("https://konto.dorfladen.example.evil.example"),
        None,
    ] {
        scene.phone.origin = origin.map(str::to_owned);
        for action in
            ["/device/approve", "/device/deny", "/device/sign-in", "/device/end", "/device", "/link/scan"]
        {
            let answer = scene.phone.post(&scene.world, action, &pairs(&fields)).await;
            assert_eq!(answer.status, 403, "{action} from {origin:?}");
        }
    }
    assert_eq!(scene.state().await, "confirmed");
}

#[tokio::test]
async fn a_cross_site_request_is_refused_whatever_its_origin_says() {
    let (scene, page) = Scene::confirmed().await;
    let mut fields = all(&page, "/device/approve");
    fields.push(("password".to_owned(), PASSWORD.to_owned()));
    for site in ["cross-site", "same-site", "none"] {
        let cookie = format!("__Host-phone={}", scene.phone.cookies.lock().unwrap()["__Host-phone"]);
        let request = scene
            .world
            .request(Method::POST, "/device/approve")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://konto.dorfladen.example")
            .header("sec-fetch-site", site)
            .header("cookie", cookie);
        let answer = scene.world.send(request.body(form(&pairs(&fields)).into()).unwrap()).await;
        assert_eq!(answer.status, 403, "{site}");
    }
    assert_eq!(scene.state().await, "confirmed");
}

#[tokio::test]
async fn the_cookie_is_no_bearer_token_and_a_token_is_no_cookie() {
    let scene = Scene::new().await;
    let cookie = scene.phone.cookies.lock().unwrap()["__Host-phone"].clone();
    assert_eq!(scene.world.call(Method::GET, "/v1/session", &cookie).await.status, 401);
    let access = scene.world.signed_in().await.access();
    let phone = Phone::new(15);
    phone.cookies.lock().unwrap().insert("__Host-phone".to_owned(), access);
    assert!(phone.get(&scene.world, "/device/sessions").await.says("Sign in on this phone first"));
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_other_sites_and_plain_http() {
    let (world, _) = World::with_jana().await;
    let phone = Phone::new(15);
    let fields = [("identifier", "jana"), ("password", PASSWORD)];
    let page = phone.post(&world, "/device/sign-in", &fields).await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-phone="), "{cookie}");
    for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
}

#[tokio::test]
async fn nothing_is_said_about_the_person_before_the_approval() {
    let scene = Scene::new().await;
    let mut heard: Vec<String> = Vec::new();
    let about = scene.computer.ask_as(&scene.world, "Regain").await;
    heard.push(format!("{:?} {}", about.headers, about.body));
    let mut listen =
        |answer: crate::common::Answer| heard.push(format!("{:?} {}", answer.headers, answer.body));
    listen(scene.poll().await);
    let page = scene.phone.scan(&scene.world, &scene.asked.qr).await;
    scene.world.clock.advance(5);
    listen(scene.poll().await);
    listen(scene.confirm("000000").await);
    listen(scene.confirm(&page.code()).await);
    scene.world.clock.advance(5);
    listen(scene.poll().await);
    listen(scene.cancel().await);
    listen(scene.poll().await);
    // Nor does a stranger with the QR code read anything.
    let stranger = Phone::new(16).get(&scene.world, &scene.asked.qr).await;
    heard.push(stranger.html);
    for text in heard {
        let text = text.to_lowercase();
        for secret in ["jana", "example.org", "192.0.2", "firefox"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn markup_in_the_name_of_a_device_stays_text() {
    let scene = Scene::new().await;
    let device = "<script>alert(1)</script>\"><img src=x onerror='a()'>&amp;";
    let answer = scene.computer.ask_as(&scene.world, device).await;
    let page = scene.phone.get(&scene.world, &path_of(&answer.text("verification_uri_complete"))).await;
    assert!(page.says(
        "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;amp;"
    ));
    assert!(!page.says("<script") && !page.says("<img"), "{}", page.html);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'"
        )
    );
}

#[tokio::test]
async fn line_breaks_and_turned_text_in_the_name_of_a_device_are_left_out() {
    let scene = Scene::new().await;
    let device = "Re\u{202e}gain\r\n\u{2028}Network: \u{2066}yours\u{200b}\u{feff}\0";
    let answer = scene.computer.ask_as(&scene.world, device).await;
    let page = scene.phone.get(&scene.world, &path_of(&answer.text("verification_uri_complete"))).await;
    assert!(page.says("<bdi>RegainNetwork: yours</bdi>"), "{}", page.html);
}

#[tokio::test]
async fn huge_fields_are_cut_or_refused() {
    let scene = Scene::new().await;
    let answer = scene.computer.ask_as(&scene.world, &"x".repeat(8_000)).await;
    let page = scene.phone.get(&scene.world, &path_of(&answer.text("verification_uri_complete"))).await;
    assert!(page.says(&"x".repeat(80)) && !page.says(&"x".repeat(81)));
    assert_eq!(error(&scene.computer.ask_as(&scene.world, &"x".repeat(17_000)).await), "invalid_request");
    let long = "9".repeat(15_000);
    assert_eq!(error(&scene.computer.poll(&scene.world, &long).await), "invalid_grant");
    assert_eq!(error(&scene.confirm(&long).await), "invalid_request");
    let path = format!("/device?q={}", "A".repeat(10_000));
    assert!(scene.phone.get(&scene.world, &path).await.says("There is nothing here"));
    let page =
        scene.phone.post(&scene.world, "/device/sign-in", &[("identifier", &"x".repeat(17_000))]).await;
    assert_eq!(page.status, 400);
}

#[tokio::test]
async fn other_kinds_of_body_are_refused() {
    let scene = Scene::new().await;
    let body =
        form(&[("grant_type", GRANT), ("device_code", &scene.asked.device_code), ("client_id", CLIENT)]);
    for kind in ["application/json", "text/plain", "multipart/form-data", ""] {
        let request = scene
            .world
            .request(Method::POST, "/oauth/token")
            .header("content-type", kind)
            .header("dpop", scene.computer.proof(&scene.world, "POST", "/oauth/token", None));
        let answer = scene.world.send(request.body(body.clone().into()).unwrap()).await;
        assert_eq!(error(&answer), "invalid_request", "{kind}");
    }
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let scene = Scene::new().await;
    let good =
        form(&[("grant_type", GRANT), ("device_code", &scene.asked.device_code), ("client_id", CLIENT)]);
    for more in ["device_code=other", "client_id=regain-desktop", "grant_type=x", "unknown=1&unknown=2"] {
        let proof = scene.computer.proof(&scene.world, "POST", "/oauth/token", None);
        let body = format!("{good}&{more}");
        let answer = scene.computer.send(&scene.world, "/oauth/token", Some(&proof), &body).await;
        assert_eq!(error(&answer), "invalid_request", "{more}");
    }
    let page =
        scene.phone.post(&scene.world, "/device/sign-in", &[("identifier", "a"), ("identifier", "b")]).await;
    assert_eq!(page.status, 400);
    assert_eq!(scene.phone.get(&scene.world, "/device?q=a&q=b").await.status, 400);
}

#[tokio::test]
async fn what_the_token_endpoint_does_not_know_is_named() {
    let scene = Scene::new().await;
    let code = scene.asked.device_code.as_str();
    for (fields, status, says) in [
        (
            vec![("grant_type", "password"), ("client_id", CLIENT), ("device_code", code)],
            400,
            "unsupported_grant_type",
        ),
        (vec![("grant_type", GRANT), ("client_id", "another"), ("device_code", code)], 401, "invalid_client"),
        (vec![("grant_type", GRANT), ("client_id", CLIENT)], 400, "invalid_request"),
        (vec![("grant_type", GRANT), ("client_id", CLIENT), ("device_code", "")], 400, "invalid_request"),
        (vec![("grant_type", GRANT), ("device_code", code)], 400, "invalid_request"),
        (vec![("client_id", CLIENT), ("device_code", code)], 400, "invalid_request"),
        (
            vec![("grant_type", GRANT), ("client_id", CLIENT), ("device_code", "made up")],
            400,
            "invalid_grant",
        ),
    ] {
        let answer = scene.computer.call(&scene.world, "/oauth/token", &fields).await;
        assert_eq!((answer.status.as_u16(), error(&answer).as_str()), (status, says));
    }
    let fields = [("client_id", CLIENT), ("scope", "everything")];
    assert_eq!(
        error(&scene.computer.call(&scene.world, "/oauth/device_authorization", &fields).await),
        "invalid_scope"
    );
}

#[tokio::test]
async fn a_sixth_open_pairing_from_one_line_has_to_wait() {
    let world = World::new().await;
    let computer = Computer::new(1);
    let mut asked = Vec::new();
    for _ in 0..5 {
        asked.push(computer.ask(&world).await);
        world.clock.advance(10);
    }
    let full = computer.ask_as(&world, "Regain").await;
    assert_eq!((full.status.as_u16(), error(&full).as_str()), (429, "temporarily_unavailable"));
    assert_eq!(full.headers["retry-after"], "250");
    Computer::new(2).ask(&world).await;
    computer.cancel(&world, &asked[0].device_code).await;
    computer.ask(&world).await;
}

#[tokio::test]
async fn a_line_that_polls_absurdly_is_told_to_wait() {
    let scene = Scene::new().await;
    let mut last = scene.poll().await;
    for _ in 0..121 {
        last = scene.poll().await;
    }
    assert_eq!((last.status.as_u16(), error(&last).as_str()), (429, "temporarily_unavailable"));
    assert!(last.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn the_link_in_the_mail_ends_that_session_and_no_other() {
    let (scene, token) = Scene::paired().await;
    let other = scene.world.signed_in().await.access();
    let link = not_me(&scene).await;
    let stranger = Phone::new(17);
    let page = stranger.get(&scene.world, &link).await;
    assert!(page.says("End this session?") && page.says("Regain on Linux"), "{}", page.html);
    stranger.head(&scene.world, &link).await;
    assert_eq!(scene.current(&token.text("access_token")).await.status, 200, "opening it changes nothing");
    let done = stranger.submit(&scene.world, &page, "/not-me", &[]).await;
    assert!(done.says("Ended. That device is signed out."), "{}", done.html);
    assert_eq!(scene.current(&token.text("access_token")).await.status, 401);
    assert_eq!(scene.world.call(Method::GET, "/v1/session", &other).await.status, 200);
    let again = stranger.submit(&scene.world, &page, "/not-me", &[]).await;
    assert!(again.says("It has ended already"), "used twice: {}", again.html);
    let log = scene.world.app.storage().audit(20).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.event == "not_me").count(), 1);
}

#[tokio::test]
async fn a_link_in_the_mail_cannot_be_forged_or_turned_to_another_session() {
    let (scene, token) = Scene::paired().await;
    let link = not_me(&scene).await;
    let t = link.split_once("?t=").unwrap().1.to_owned();
    let other = scene.world.signed_in().await;
    let own = token.text("session_id");
    let turned = t.replace(&own, other.body["session"]["id"].as_str().unwrap());
    assert_ne!(turned, t);
    let stranger = Phone::new(17);
    for odd in [turned.as_str(), &t[..t.len() - 1], "", "a.b.c.d", &format!("{t}A")] {
        let page = stranger.post(&scene.world, "/not-me", &[("t", odd)]).await;
        assert!([303, 400].contains(&page.status));
        assert_eq!(stranger.get(&scene.world, &format!("/not-me?t={odd}")).await.status, 404, "{odd}");
    }
    assert_eq!(scene.current(&token.text("access_token")).await.status, 200);
    assert_eq!(scene.world.call(Method::GET, "/v1/session", &other.access()).await.status, 200);
    scene.world.clock.advance(7 * 86_400);
    assert_eq!(stranger.get(&scene.world, &link).await.status, 404, "it works for seven days");
}

async fn not_me(scene: &Scene) -> String {
    scene.world.app.deliver_due().await.unwrap();
    let mails = scene.world.outbox.mails();
    let mail = mails.iter().rev().find(|mail| mail.text.contains("/not-me?t=")).unwrap();
    path_of(mail.text.lines().find(|line| line.contains("/not-me?t=")).unwrap())
}
