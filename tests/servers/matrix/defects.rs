//! What the adapter steps around, shown at the server itself: where one of these fails, a step has become needless.

use accounts::provider::Way;
use accounts::{Answer, Challenge, ErrorKind, Intent, Outcome, Problem, Step};

use serde_json::Value;

use super::*;

const NEW: &str = "mossy-kettle-Walnut-29";
const PATH: &str = "/_matrix/client/v3/account/password";

pub async fn it_tells_who_has_no_account(home: &Home) {
    let begun = home.provider().await.unwrap().begin(recover("nobody")).await;
    assert_eq!(begun.map(|_| ()).unwrap_err().kind(), ErrorKind::UnknownAccount);
}

pub async fn all(home: &Home) {
    a_proof_without_a_new_password_is_burnt(home).await;
    a_known_conversation_keeps_the_proof(home).await;
    the_first_of_two_links_counts(home).await;
    a_link_may_be_opened_in_a_browser(home).await;
    a_link_that_was_opened_before_another_was_asked_for_still_counts(home).await;
    the_same_attempt_mails_nothing(home).await;
    an_old_refresh_token_fits_until_the_new_one_was_used(home).await;
}

fn recover(user: &str) -> Intent {
    Intent::Recover { identifier: mailbox(user) }
}

fn proof(sid: &str, secret: &str, session: Option<&str>) -> Value {
    let creds = json!({ "sid": sid, "client_secret": secret });
    let mut auth = json!({ "type": "m.login.email.identity", "threepid_creds": creds });
    if let Some(session) = session {
        auth["session"] = session.into();
    }
    json!({ "logout_devices": true, "auth": auth })
}

fn with(mut body: Value, password: &str) -> Value {
    body["new_password"] = password.into();
    body
}

/// An account and the session of a mail whose link was opened.
async fn opened(home: &Home, secret: &str) -> (String, String) {
    let user = home.add().await.unwrap();
    let sid = home.api().mail(secret, &mailbox(&user), 1).await.unwrap();
    let link = home.link(&user).await.unwrap();
    assert_eq!(home.api().open(&link).await.unwrap(), 200);
    (user, sid)
}

async fn a_proof_without_a_new_password_is_burnt(home: &Home) {
    let (_, sid) = opened(home, "burnt").await;
    let api = home.api();
    let reply = api.ask("POST", PATH, None, proof(&sid, "burnt", None)).await.unwrap();
    assert_eq!((reply.status, reply.errcode()), (500, "M_UNKNOWN"));
    let reply = api.ask("POST", PATH, None, with(proof(&sid, "burnt", None), NEW)).await.unwrap();
    assert_eq!((reply.status, reply.errcode()), (401, "M_UNAUTHORIZED"));
}

async fn a_known_conversation_keeps_the_proof(home: &Home) {
    let (user, sid) = opened(home, "kept").await;
    let api = home.api();
    // Asked without any proof, there is nothing to burn.
    let reply = api.ask("POST", PATH, None, json!({ "logout_devices": true })).await.unwrap();
    assert_eq!((reply.status, reply.errcode()), (401, ""));
    let session = reply.body["session"].as_str();
    let reply = api.ask("POST", PATH, None, proof(&sid, "kept", session)).await.unwrap();
    assert_eq!(reply.status, 500);
    for _ in 0..2 {
        // Twice: an answer that was lost may be asked for again.
        let reply = api.ask("POST", PATH, None, with(proof(&sid, "kept", session), NEW)).await.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    api.sign_in(&user, NEW).await.unwrap();
}

async fn the_first_of_two_links_counts(home: &Home) {
    let user = home.add().await.unwrap();
    let api = home.api();
    let one = api.mail("two", &mailbox(&user), 1).await.unwrap();
    let first = home.link(&user).await.unwrap();
    let two = api.mail("two", &mailbox(&user), 2).await.unwrap();
    let second = home.link(&user).await.unwrap();
    assert_eq!(one, two);
    assert_ne!(first, second);
    assert_eq!(api.open(&first).await.unwrap(), 200);
    assert_eq!(api.open(&second).await.unwrap(), 200);
}

async fn a_link_may_be_opened_in_a_browser(home: &Home) {
    let user = home.add().await.unwrap();
    let (mut exchange, challenge) = home.provider().await.unwrap().begin(recover(&user)).await.unwrap();
    assert!(matches!(challenge, Challenge::Code(ask) if ask.may_be_opened && ask.way == Way::MailLink));
    let link = home.link(&user).await.unwrap();
    exchange.answer(Answer::Opened).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::NotOpened))), "{step:?}");
    assert_eq!(home.api().open(&link).await.unwrap(), 200);
    exchange.answer(Answer::Opened).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
    home.api().sign_in(&user, NEW).await.unwrap();
}

async fn a_link_that_was_opened_before_another_was_asked_for_still_counts(home: &Home) {
    let user = home.add().await.unwrap();
    let (mut exchange, _) = home.provider().await.unwrap().begin(recover(&user)).await.unwrap();
    let link = home.link(&user).await.unwrap();
    assert_eq!(home.api().open(&link).await.unwrap(), 200);
    home.advance(Duration::from_secs(61));
    exchange.answer(Answer::Resend).await.unwrap();
    home.link(&user).await.unwrap();
    exchange.answer(Answer::Opened).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
}

async fn the_same_attempt_mails_nothing(home: &Home) {
    let user = home.add().await.unwrap();
    let api = home.api();
    let mut links = Vec::new();
    for attempt in [1, 1, 2] {
        api.mail("again", &mailbox(&user), attempt).await.unwrap();
    }
    for _ in 0..2 {
        links.push(home.link(&user).await.unwrap());
    }
    // Two mails for three requests: the third link, of another recovery, is the next to come.
    api.mail("another", &mailbox(&user), 1).await.unwrap();
    assert!(home.link(&user).await.unwrap().contains("client_secret=another"));
    assert!(links.iter().all(|link| link.contains("client_secret=again")));
}

async fn an_old_refresh_token_fits_until_the_new_one_was_used(home: &Home) {
    let user = home.add().await.unwrap();
    let api = home.api();
    let body = json!({
        "type": "m.login.password",
        "identifier": { "type": "m.id.user", "user": user },
        "password": PASSWORD,
        "refresh_token": true,
    });
    let login = api.ask("POST", "/_matrix/client/v3/login", None, body).await.unwrap().well().unwrap();
    let body = json!({ "refresh_token": login["refresh_token"] });
    let mut access = Value::Null;
    for _ in 0..2 {
        let reply = api.ask("POST", "/_matrix/client/v3/refresh", None, body.clone()).await.unwrap();
        access = reply.well().unwrap()["access_token"].clone();
    }
    let whoami = "/_matrix/client/v3/account/whoami";
    api.ask("GET", whoami, access.as_str(), Value::Null).await.unwrap().well().unwrap();
    let reply = api.ask("POST", "/_matrix/client/v3/refresh", None, body).await.unwrap();
    assert_eq!((reply.status, reply.errcode()), (403, "M_FORBIDDEN"));
}
