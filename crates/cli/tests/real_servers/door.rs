//! What a server itself says about a password: its own API, without the adapter and the program.

use serde_json::{Value, json};

/// Whether the password opens the account, as far as a second factor.
pub async fn opens(kind: &str, host: &str, identifier: &str, password: &str) -> bool {
    let (path, body) = match kind {
        "allauth" => ("_allauth/app/v1/auth/login", json!({ "email": identifier, "password": password })),
        "better_auth" => ("api/auth/sign-in/email", json!({ "email": identifier, "password": password })),
        "atproto" => (
            "xrpc/com.atproto.server.createSession",
            json!({ "identifier": identifier, "password": password }),
        ),
        "matrix" => (
            "_matrix/client/v3/login",
            json!({
                "type": "m.login.password",
                "identifier": { "type": "m.id.user", "user": identifier },
                "password": password,
            }),
        ),
        _ => panic!("no such kind: {kind}"),
    };
    // A connection that is kept would be old, and closed, whenever the clock is moved.
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let answer = client.post(format!("http://{host}/{path}")).json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    let said: Value = answer.json().await.unwrap();
    match status {
        200 => true,
        // How allauth says that the password was right.
        401 if said["data"]["flows"].to_string().contains(r#""is_pending":true"#) => true,
        400 | 401 | 403 => false,
        _ => panic!("{kind} answers {status} {said}"),
    }
}
