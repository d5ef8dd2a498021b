//! The forgotten password: a mailed link, then a new password.

use std::time::SystemTime;

use url::Url;

use super::*;
use crate::clock::{Random, SystemRandom};

/// How long a mailed link is good for, by Synapse's default; no server says it.
const LINK_LIFE: Duration = Duration::from_secs(3600);
/// No server says from when on it mails another one.
const RESEND: Duration = Duration::from_secs(60);
const PASSWORD: &str = "_matrix/client/v3/account/password";

pub(super) struct Recover {
    desk: Desk,
    rules: PasswordRules,
    address: String,
    /// Ties the mails to this conversation.
    client_secret: Secret,
    /// Of the mails, the newest last; a link that is opened before another one is asked for closes its own.
    sids: Vec<String>,
    /// A mail comes only for a number that is higher than the last.
    attempt: u32,
    ask: CodeAsk,
    /// A link was checked, or the person says that it was opened.
    proven: bool,
    /// Keeps the proof alive over a lost answer: without it, the server takes the proof and forgets what for.
    ui_session: Option<Secret>,
}

impl Recover {
    pub async fn begin(desk: Desk, rules: PasswordRules, identifier: &str) -> Result<(Self, CodeAsk)> {
        let address = identifier.trim();
        if !identifier::is_mailbox(address) {
            return Err(ErrorKind::NeedsMailbox.into());
        }
        let client_secret = client_secret();
        let sid = mail(&desk, address, &client_secret, 1).await?;
        let ask = asked(address, desk.clock.now());
        let recover = Self {
            desk,
            rules,
            address: address.to_owned(),
            client_secret,
            sids: vec![sid],
            attempt: 1,
            ask: ask.clone(),
            proven: false,
            ui_session: None,
        };
        Ok((recover, ask))
    }

    fn question(&self, problem: Option<Problem>) -> Result<Step> {
        Ok(Step::Ask(Challenge::Code(self.ask.clone()), problem))
    }

    fn has_run_out(&self) -> bool {
        self.ask.valid_until.is_some_and(|until| until <= self.desk.clock.now())
    }

    async fn resend(&mut self) -> Result<Step> {
        let now = self.desk.clock.now();
        let early = self.ask.resend_at.and_then(|at| at.duration_since(now).ok());
        if let Some(wait) = early.filter(|wait| !wait.is_zero()) {
            return self.question(Some(Problem::TooSoon { wait }));
        }
        let attempt = self.attempt + 1;
        let sid = match mail(&self.desk, &self.address, &self.client_secret, attempt).await {
            Err(error) => {
                let ErrorKind::RateLimited { wait } = error.kind() else { return Err(error) };
                let wait = wait.unwrap_or(RESEND);
                self.ask.resend_at = Some(self.desk.clock.now() + wait);
                return self.question(Some(Problem::TooSoon { wait }));
            }
            sid => sid?,
        };
        self.attempt = attempt;
        self.sids.retain(|known| *known != sid);
        self.sids.push(sid);
        self.ask = asked(&self.address, self.desk.clock.now());
        self.question(None)
    }

    /// Does what the page behind the link does, at our own server and with our own mails alone.
    async fn check(&mut self, pasted: &Secret) -> Result<Step> {
        let Some(link) = Link::read(pasted.expose()) else {
            return self.question(Some(Problem::WrongCode));
        };
        let Some(sid) = self.sids.iter().position(|sid| *sid == link.sid) else {
            return self.question(Some(Problem::WrongCode));
        };
        if link.client_secret != self.client_secret {
            return self.question(Some(Problem::WrongCode));
        }
        let fields = [
            ("token", link.token.expose()),
            ("client_secret", self.client_secret.expose()),
            ("sid", &link.sid),
        ];
        let url = self.desk.url("_synapse/client/password_reset/email/submit_token")?;
        let reply = self.desk.http.send(Call::post_form(url, &fields)).await?;
        match reply.status {
            400 if self.has_run_out() => Err(ErrorKind::Expired.into()),
            400 => self.question(Some(Problem::WrongCode)),
            // Another homeserver than Synapse: its link is for a browser alone.
            404 | 405 => self.question(Some(Problem::NotOpened)),
            _ => {
                success(&reply)?;
                let ui_session = self.converse().await?;
                let sid = self.sids.remove(sid);
                self.sids.push(sid);
                Ok(self.prove(ui_session))
            }
        }
    }

    /// Begins the server's conversation about the proof, in which none is given yet.
    async fn converse(&self) -> Result<Secret> {
        match &self.ui_session {
            Some(known) => Ok(known.clone()),
            None => ui_session(&self.desk.post(PASSWORD, json!({ "logout_devices": true })).await?),
        }
    }

    fn prove(&mut self, ui_session: Secret) -> Step {
        self.proven = true;
        self.ui_session = Some(ui_session);
        Step::Ask(Challenge::NewPassword(self.rules), None)
    }

    async fn set(&mut self, password: &Secret) -> Result<Step> {
        let ui_session = self.converse().await?;
        let reply = self.send(password, &ui_session).await;
        self.ui_session = Some(ui_session);
        let reply = reply?;
        if let Some(problem) = weak(&reply, self.rules) {
            return Ok(Step::Ask(Challenge::NewPassword(self.rules), Some(problem)));
        }
        match (reply.status, errcode(&reply).as_deref()) {
            (401, Some("M_UNAUTHORIZED")) if self.has_run_out() => Err(ErrorKind::Expired.into()),
            (401, Some("M_UNAUTHORIZED")) => {
                self.proven = false;
                self.question(Some(Problem::NotOpened))
            }
            // The conversation about the proof has run out: the next try begins another one.
            (400, Some("M_UNKNOWN")) => {
                self.ui_session = None;
                Err(ErrorKind::ServerTrouble.into())
            }
            // The address was taken from the account in the meantime.
            (404, Some("M_NOT_FOUND" | "M_THREEPID_NOT_FOUND")) => Err(ErrorKind::UnknownAccount.into()),
            _ => {
                success(&reply)?;
                Ok(Step::Done(Outcome::PasswordChanged { session: None, sessions_ended: None }))
            }
        }
    }

    /// Asks with each mail until one was opened.
    async fn send(&self, password: &Secret, ui_session: &Secret) -> Result<Reply> {
        let mut sids = self.sids.iter().rev();
        loop {
            let sid = sids.next().ok_or(ErrorKind::Bug)?;
            // The new password always goes along: a proof that arrives without one is spent for nothing.
            let body = json!({
                "new_password": password.expose(),
                "logout_devices": true,
                "auth": {
                    "type": "m.login.email.identity",
                    "threepid_creds": { "sid": sid, "client_secret": self.client_secret.expose() },
                    "session": ui_session.expose(),
                },
            });
            let reply = self.desk.http.send(Call::post(self.desk.url(PASSWORD)?, body).changes()).await?;
            let is_closed = (reply.status, errcode(&reply).as_deref()) == (401, Some("M_UNAUTHORIZED"));
            if !is_closed || sids.len() == 0 {
                return Ok(reply);
            }
        }
    }
}

#[async_trait]
impl Exchange for Recover {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.proven) {
            (Answer::Code(link), false) => self.check(&link).await,
            (Answer::Opened, false) => {
                let ui_session = self.converse().await?;
                Ok(self.prove(ui_session))
            }
            (Answer::Resend, false) => self.resend().await,
            (Answer::NewPassword(password), true) => self.set(&password).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

/// Has a link mailed; the answer is the id of the mail's session, or of none where the server keeps to itself who has
/// an account.
async fn mail(desk: &Desk, address: &str, client_secret: &Secret, attempt: u32) -> Result<String> {
    let body = json!({ "client_secret": client_secret.expose(), "email": address, "send_attempt": attempt });
    let reply = desk.post("_matrix/client/v3/account/password/email/requestToken", body).await?;
    match (reply.status, errcode(&reply).as_deref()) {
        (400, Some("M_THREEPID_NOT_FOUND")) => Err(ErrorKind::UnknownAccount.into()),
        (400, Some("M_INVALID_PARAM")) => Err(ErrorKind::BadIdentifier.into()),
        // "Email-based password resets have been disabled on this server"
        (400, Some("M_UNKNOWN")) => Err(ErrorKind::Unsupported.into()),
        _ => Ok(success(&reply)?.json::<wire::Mailed>()?.sid),
    }
}

fn ui_session(reply: &Reply) -> Result<Secret> {
    let refusal = reply.json::<wire::Refusal>().ok().filter(|_| reply.status == 401);
    let session = refusal.filter(|refusal| refusal.flows.is_some()).and_then(|refusal| refusal.session);
    session.map(Secret::new).ok_or_else(|| failure(reply))
}

/// 32 random bytes in the letters that the specification allows.
fn client_secret() -> Secret {
    let mut bytes = [0; 32];
    SystemRandom.fill(&mut bytes);
    Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn asked(address: &str, now: SystemTime) -> CodeAsk {
    CodeAsk {
        purpose: CodePurpose::Recovery,
        way: Way::MailLink,
        sent_to: Some(identifier::masked(address)),
        shape: CodeShape::Link,
        sent_at: Some(now),
        valid_until: Some(now + LINK_LIFE),
        resend_at: Some(now + RESEND),
        other_ways: Vec::new(),
        may_be_opened: true,
    }
}

/// What a mailed link says.
struct Link {
    token: Secret,
    client_secret: Secret,
    sid: String,
}

impl Link {
    fn read(pasted: &str) -> Option<Self> {
        let pasted = pasted.trim().trim_start_matches('<').trim_end_matches('>').replace("&amp;", "&");
        let url = Url::parse(&pasted).ok()?;
        let field = |name: &str| {
            url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
        };
        Some(Self {
            token: Secret::new(field("token")?),
            client_secret: Secret::new(field("client_secret")?),
            sid: field("sid")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_mail_programs_hand_it_over() {
        for pasted in [
            "https://m.example/_synapse/client/password_reset/email/submit_token?token=T&client_secret=c&sid=S",
            " <https://m.example/x?token=T&client_secret=c&sid=S>\n",
            "https://m.example/x?sid=S&amp;client_secret=c&amp;token=T",
        ] {
            let link = Link::read(pasted).unwrap();
            assert_eq!((link.token.expose(), link.client_secret.expose(), &*link.sid), ("T", "c", "S"));
        }
        for pasted in ["", "T0ken", "https://m.example/?token=T", "https://"] {
            assert!(Link::read(pasted).is_none(), "{pasted}");
        }
    }

    #[test]
    fn client_secrets_are_of_the_letters_that_are_allowed_and_new_each_time() {
        let (one, other) = (client_secret(), client_secret());
        assert!(one != other);
        assert!(one.expose().len() == 64 && one.expose().chars().all(|c| c.is_ascii_hexdigit()));
    }
}
