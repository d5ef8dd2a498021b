//! Signing in with a password, by user name, Matrix ID or e-mail address.

use super::*;

pub(super) struct SignIn {
    desk: Desk,
    identifier: String,
}

impl SignIn {
    pub fn new(desk: Desk, identifier: String) -> Self {
        Self { desk, identifier: identifier.trim().to_owned() }
    }

    fn identifier(&self) -> Value {
        let name = &self.identifier;
        if identifier::is_mailbox(name) {
            json!({ "type": "m.id.thirdparty", "medium": "email", "address": name })
        } else {
            json!({ "type": "m.id.user", "user": name })
        }
    }

    /// The account's address. Signing in does not fail for want of it: recovery can ask for it.
    async fn address(&self, session: &mut Session) -> Option<String> {
        match session::addresses(&self.desk, session).await {
            Ok(mut all) => {
                let typed = all.iter().position(|known| known.eq_ignore_ascii_case(&self.identifier));
                (!all.is_empty()).then(|| all.swap_remove(typed.unwrap_or(0)))
            }
            Err(error) => {
                tracing::warn!(%error, "the homeserver does not tell the account's address");
                identifier::is_mailbox(&self.identifier).then(|| self.identifier.clone())
            }
        }
    }
}

#[async_trait]
impl Exchange for SignIn {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        let Answer::Password(password) = answer else { return Err(ErrorKind::Unsupported.into()) };
        let body = json!({
            "type": BY_PASSWORD,
            "identifier": self.identifier(),
            "password": password.expose(),
            "initial_device_display_name": self.desk.device,
            "refresh_token": true,
        });
        let reply = self.desk.post("_matrix/client/v3/login", body).await?;
        match (reply.status, errcode(&reply).as_deref()) {
            (403, Some("M_FORBIDDEN")) => {
                return Ok(Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword)));
            }
            // What is no address to the server's stricter eye.
            (400, Some("M_UNKNOWN" | "M_INVALID_PARAM" | "M_INVALID_USERNAME")) => {
                return Err(ErrorKind::BadIdentifier.into());
            }
            _ => {}
        }
        let login: wire::Login = success(&reply)?.json()?;
        let mut session = session::of(login)?;
        let address = self.address(&mut session).await;
        Ok(Step::Done(Outcome::SignedIn(Session::of(session.state().clone(), address))))
    }
}
