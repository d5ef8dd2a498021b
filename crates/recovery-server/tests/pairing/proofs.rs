//! Proofs that must not be taken (RFC 9449).

use super::{Scene, error};
use crate::common::computer::{Asked, CLIENT, Computer, Draft, GRANT, form};
use crate::common::{Answer, World};
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const TOKEN: &str = "/oauth/token";

fn poll_form(asked: &Asked) -> String {
    form(&[("grant_type", GRANT), ("device_code", &asked.device_code), ("client_id", CLIENT)])
}

/// Polls with a spoilt proof; nothing must come of it.
async fn spoilt(spoil: impl FnOnce(&mut Draft)) -> Answer {
    let scene = Scene::new().await;
    let mut draft = scene.computer.draft(&scene.world, "POST", TOKEN, None);
    spoil(&mut draft);
    let proof = scene.computer.sign(&draft);
    let answer = scene.computer.send(&scene.world, TOKEN, Some(&proof), &poll_form(&scene.asked)).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    answer
}

#[tokio::test]
async fn a_missing_proof_is_refused_at_every_endpoint() {
    let scene = Scene::new().await;
    for path in ["/oauth/device_authorization", TOKEN, "/oauth/device/confirm", "/oauth/device/cancel"] {
        let answer = scene.computer.send(&scene.world, path, None, &poll_form(&scene.asked)).await;
        assert_eq!((answer.status.as_u16(), error(&answer).as_str()), (400, "invalid_dpop_proof"), "{path}");
        assert!(answer.headers.contains_key("dpop-nonce"), "{path}");
    }
    assert_eq!(scene.state().await, "pending");
}

#[tokio::test]
async fn a_proof_used_twice_is_refused() {
    let scene = Scene::new().await;
    let proof = scene.computer.proof(&scene.world, "POST", TOKEN, None);
    let body = poll_form(&scene.asked);
    let first = scene.computer.send(&scene.world, TOKEN, Some(&proof), &body).await;
    assert_eq!(error(&first), "authorization_pending");
    let second = scene.computer.send(&scene.world, TOKEN, Some(&proof), &body).await;
    assert_eq!(error(&second), "invalid_dpop_proof");
}

#[tokio::test]
async fn two_proofs_in_one_call_are_refused() {
    let scene = Scene::new().await;
    let proofs: Vec<String> =
        (0..2).map(|_| scene.computer.proof(&scene.world, "POST", TOKEN, None)).collect();
    let mut request =
        scene.world.request(Method::POST, TOKEN).header("content-type", "application/x-www-form-urlencoded");
    for proof in proofs {
        request = request.header("dpop", proof);
    }
    let answer = scene.world.send(request.body(poll_form(&scene.asked).into()).unwrap()).await;
    assert_eq!(error(&answer), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_proof_for_another_method_is_refused() {
    assert_eq!(error(&spoilt(|draft| draft.claims["htm"] = "GET".into()).await), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_proof_for_another_address_is_refused() {
    for htu in [
        "https://konto.dorfladen.example/oauth/device/cancel",
        "https://evil.example/oauth/token",
        "/oauth/token",
        "",
    ] {
        let answer = spoilt(|draft| draft.claims["htu"] = htu.into()).await;
        assert_eq!(error(&answer), "invalid_dpop_proof", "{htu}");
    }
}

#[tokio::test]
async fn query_and_fragment_of_an_address_do_not_count() {
    let scene = Scene::new().await;
    let mut draft = scene.computer.draft(&scene.world, "POST", TOKEN, None);
    draft.claims["htu"] = "https://konto.dorfladen.example/oauth/token?a=b#c".into();
    let proof = scene.computer.sign(&draft);
    let answer = scene.computer.send(&scene.world, TOKEN, Some(&proof), &poll_form(&scene.asked)).await;
    assert_eq!(error(&answer), "authorization_pending");
}

#[tokio::test]
async fn a_nonce_that_is_missing_or_made_up_is_asked_for() {
    for nonce in [Value::Null, "made up".into(), URL_SAFE_NO_PAD.encode([0; 24]).into(), "".into()] {
        let answer = spoilt(|draft| draft.claims["nonce"] = nonce.clone()).await;
        assert_eq!(error(&answer), "use_dpop_nonce", "{nonce}");
        assert!(answer.headers.contains_key("dpop-nonce"));
    }
}

#[tokio::test]
async fn a_nonce_is_stale_after_five_minutes() {
    let scene = Scene::new().await;
    let body = poll_form(&scene.asked);
    let old = scene.computer.draft(&scene.world, "POST", TOKEN, None);
    scene.world.clock.advance(299);
    let answer = scene.computer.send(&scene.world, TOKEN, Some(&scene.computer.sign(&old)), &body).await;
    assert_eq!(error(&answer), "authorization_pending");
    let mut old = old;
    old.claims["jti"] = "another".into();
    scene.world.clock.advance(1);
    let answer = scene.computer.send(&scene.world, TOKEN, Some(&scene.computer.sign(&old)), &body).await;
    assert_eq!(error(&answer), "use_dpop_nonce");
}

#[tokio::test]
async fn a_proof_with_the_algorithm_none_is_refused() {
    let scene = Scene::new().await;
    let mut draft = scene.computer.draft(&scene.world, "POST", TOKEN, None);
    draft.header["alg"] = "none".into();
    let signed = scene.computer.sign(&draft);
    let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
    for proof in [signed, unsigned] {
        let answer = scene.computer.send(&scene.world, TOKEN, Some(&proof), &poll_form(&scene.asked)).await;
        assert_eq!(error(&answer), "invalid_dpop_proof");
    }
}

#[tokio::test]
async fn a_symmetric_or_other_algorithm_is_refused() {
    for alg in ["HS256", "ES384", "RS256", "es256", "EdDSA"] {
        assert_eq!(
            error(&spoilt(|draft| draft.header["alg"] = alg.into()).await),
            "invalid_dpop_proof",
            "{alg}"
        );
    }
    let answer = spoilt(|draft| draft.header["jwk"] = json!({"kty": "oct", "k": "c2VjcmV0"})).await;
    assert_eq!(error(&answer), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_private_key_in_the_proof_is_refused() {
    let answer = spoilt(|draft| draft.header["jwk"]["d"] = URL_SAFE_NO_PAD.encode([1; 32]).into()).await;
    assert_eq!(error(&answer), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_proof_of_another_type_or_with_critical_extensions_is_refused() {
    for typ in ["JWT", "at+jwt", "DPoP+jwt", ""] {
        assert_eq!(
            error(&spoilt(|draft| draft.header["typ"] = typ.into()).await),
            "invalid_dpop_proof",
            "{typ}"
        );
    }
    assert_eq!(error(&spoilt(|draft| draft.header["crit"] = json!(["b64"])).await), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_proof_without_its_claims_is_refused() {
    for claim in ["jti", "htm", "htu", "iat"] {
        let answer = spoilt(|draft| {
            draft.claims.as_object_mut().unwrap().remove(claim);
        })
        .await;
        assert_eq!(error(&answer), "invalid_dpop_proof", "{claim}");
    }
    for jti in ["".to_owned(), "x".repeat(257)] {
        assert_eq!(error(&spoilt(|draft| draft.claims["jti"] = jti.into()).await), "invalid_dpop_proof");
    }
}

#[tokio::test]
async fn an_oversize_proof_is_refused() {
    let answer = spoilt(|draft| draft.claims["more"] = "x".repeat(4_096).into()).await;
    assert_eq!(error(&answer), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_point_that_is_not_on_the_curve_is_refused() {
    for (member, value) in [("x", vec![1; 32]), ("y", vec![0; 32]), ("x", vec![1; 31]), ("y", vec![1; 33])] {
        let answer = spoilt(|draft| draft.header["jwk"][member] = URL_SAFE_NO_PAD.encode(value).into()).await;
        assert_eq!(error(&answer), "invalid_dpop_proof");
    }
}

#[tokio::test]
async fn a_proof_signed_by_another_key_is_refused() {
    let thief = Computer::new(2);
    let answer = spoilt(|draft| draft.header["jwk"] = thief.jwk()).await;
    assert_eq!(error(&answer), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_clock_that_is_wrong_does_not_matter() {
    for skew in [-600, 600, -86_400, 86_400, -1_700_000_000] {
        let (world, _) = World::with_jana().await;
        let mut computer = Computer::new(1);
        computer.skew = skew;
        let asked = computer.ask(&world).await;
        assert_eq!(
            error(&computer.poll(&world, &asked.device_code).await),
            "authorization_pending",
            "{skew}"
        );
    }
}

#[tokio::test]
async fn a_stolen_device_code_is_of_no_use_with_another_key() {
    let (scene, page) = Scene::scanned().await;
    let thief = Computer::new(2);
    let code = &scene.asked.device_code;
    assert_eq!(error(&thief.poll(&scene.world, code).await), "invalid_grant");
    assert_eq!(error(&thief.confirm(&scene.world, code, &page.code()).await), "invalid_grant");
    assert_eq!(error(&thief.confirm(&scene.world, code, "000000").await), "invalid_grant");
    assert_eq!(error(&thief.cancel(&scene.world, code).await), "invalid_grant");
    assert_eq!(scene.state().await, "scanned", "and nothing was changed");
    assert_eq!(scene.confirm(&page.code()).await.status, 200);
}

#[tokio::test]
async fn a_stolen_device_code_does_not_fetch_an_approved_session() {
    let (scene, _) = Scene::approved().await;
    let thief = Computer::new(2);
    assert_eq!(error(&thief.poll(&scene.world, &scene.asked.device_code).await), "invalid_grant");
    assert_eq!(scene.poll().await.status, 200);
}

#[tokio::test]
async fn a_bound_token_as_bearer_is_refused() {
    let (scene, token) = Scene::paired().await;
    let token = token.text("access_token");
    let answer = scene.world.call(Method::GET, "/v1/session", &token).await;
    assert_eq!(answer.problem(), "401 signed_out");
    assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("DPoP error=\"invalid_token\""));
    assert_eq!(scene.current(&token).await.status, 200);
}

#[tokio::test]
async fn a_bound_token_without_a_proof_is_refused() {
    let (scene, token) = Scene::paired().await;
    let request = scene
        .world
        .request(Method::GET, "/v1/session")
        .header("authorization", format!("DPoP {}", token.text("access_token")));
    let answer = scene.world.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.problem(), "401 bad_proof");
    assert!(answer.headers.contains_key("dpop-nonce"));
}

#[tokio::test]
async fn a_bound_token_with_another_key_is_refused() {
    let (scene, token) = Scene::paired().await;
    let thief = Computer::new(2);
    let token = token.text("access_token");
    let answer = thief.with_token(&scene.world, Method::GET, "/v1/session", &token, Value::Null).await;
    assert_eq!(answer.problem(), "401 signed_out");
}

#[tokio::test]
async fn a_proof_with_the_hash_of_another_token_is_refused() {
    let (scene, token) = Scene::paired().await;
    let token = token.text("access_token");
    for ath in [Some("another token"), None] {
        let proof = scene.computer.proof(&scene.world, "GET", "/v1/session", ath);
        let answer = scene
            .computer
            .with_proof(&scene.world, Method::GET, "/v1/session", &token, &proof, Value::Null)
            .await;
        assert_eq!(answer.problem(), "401 bad_proof");
    }
}

#[tokio::test]
async fn a_proof_at_the_resource_is_used_once_and_for_one_call() {
    let (scene, token) = Scene::paired().await;
    let token = token.text("access_token");
    let world = &scene.world;
    let proof = scene.computer.proof(world, "GET", "/v1/session", Some(&token));
    for says in ["200 ?", "401 bad_proof"] {
        let answer =
            scene.computer.with_proof(world, Method::GET, "/v1/session", &token, &proof, Value::Null).await;
        assert_eq!(answer.problem(), says);
    }
    let proof = scene.computer.proof(world, "GET", "/v1/session", Some(&token));
    for (method, path) in [(Method::DELETE, "/v1/session"), (Method::GET, "/v1/sessions")] {
        let answer = scene.computer.with_proof(world, method, path, &token, &proof, Value::Null).await;
        assert_eq!(answer.problem(), "401 bad_proof");
    }
}

#[tokio::test]
async fn the_resource_asks_for_a_nonce_and_brings_it() {
    let (scene, token) = Scene::paired().await;
    let token = token.text("access_token");
    *scene.computer.nonce.lock().unwrap() = None;
    let proof = scene.computer.proof(&scene.world, "GET", "/v1/session", Some(&token));
    let answer = scene
        .computer
        .with_proof(&scene.world, Method::GET, "/v1/session", &token, &proof, Value::Null)
        .await;
    assert_eq!(answer.problem(), "401 use_dpop_nonce");
    assert_eq!(answer.headers["www-authenticate"], "DPoP error=\"use_dpop_nonce\", algs=\"ES256\"");
    assert_eq!(scene.current(&token).await.status, 200);
}

#[tokio::test]
async fn an_unbound_token_is_no_token_for_a_proof() {
    let scene = Scene::new().await;
    let token = scene.world.signed_in().await.access();
    assert_eq!(scene.current(&token).await.problem(), "401 signed_out");
}

#[tokio::test]
async fn a_stolen_refresh_token_is_refused_and_the_session_left_alone() {
    let (scene, token) = Scene::paired().await;
    let refresh = token.text("refresh_token");
    let thief = Computer::new(2);
    *thief.nonce.lock().unwrap() = scene.computer.nonce.lock().unwrap().clone();
    assert_eq!(thief.refresh(&scene.world, &refresh).await.problem(), "401 signed_out");
    let bare = scene.world.post("/v1/session/refresh", json!({"refresh_token": refresh})).await;
    assert_eq!(bare.problem(), "401 signed_out");
    let renewed = scene.computer.refresh(&scene.world, &refresh).await;
    assert_eq!(renewed.body["state"], "signed_in", "{}", renewed.body);
    assert_eq!(thief.refresh(&scene.world, &refresh).await.problem(), "401 signed_out");
    assert_eq!(
        scene.current(&renewed.access()).await.status,
        200,
        "a thief cannot end it with a used one either"
    );
    assert_eq!(scene.computer.refresh(&scene.world, &refresh).await.problem(), "401 signed_out");
    assert_eq!(scene.current(&renewed.access()).await.status, 401, "its own key used it twice");
}

#[tokio::test]
async fn a_refresh_asks_for_a_nonce_and_takes_a_proof_once() {
    let (scene, token) = Scene::paired().await;
    let refresh = token.text("refresh_token");
    scene.world.clock.advance(400);
    assert_eq!(scene.computer.refresh(&scene.world, &refresh).await.problem(), "401 use_dpop_nonce");
    assert_eq!(scene.computer.refresh(&scene.world, &refresh).await.status, 200);
}
