//! How the server is spoken to: the session's token goes in a header, and may come back as another one.

use super::*;

/// Where the API for apps stands.
const PREFIX: &str = "_allauth/app/v1/";

#[derive(Clone)]
pub(super) struct Api {
    pub desk: Desk,
    /// What the list of sessions will call this one: there is no other field for it.
    agent: String,
}

impl Api {
    pub fn new(desk: Desk) -> Self {
        // The server reads headers as Latin-1; what is not ASCII would be shown as something else.
        let agent = desk.device.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
        Self { desk, agent }
    }

    pub fn url(&self, path: &str) -> Result<url::Url> {
        self.desk.url(&format!("{PREFIX}{path}"))
    }

    pub async fn send<'a>(&'a self, call: Call<'a>, token: Option<&'a Secret>) -> Result<Reply> {
        let mut call = call.header("user-agent", self.agent.as_str());
        if let Some(token) = token {
            call = call.header("x-session-token", token.expose());
        }
        self.desk.http.send(call).await
    }

    /// A call with the session's token. A token that comes back takes its place; a dead one is `SignedOut`.
    pub async fn signed_in(&self, session: &mut Session, call: Call<'_>) -> Result<Reply> {
        let token = token(session)?;
        let reply = self.send(call, Some(&token)).await?;
        if reply.status == 410 {
            return Err(ErrorKind::SignedOut.into());
        }
        if let Some(new) = reply.json::<wire::WithMeta>().ok().and_then(|answer| answer.meta.session_token) {
            *session = session_of(new, session.address.clone())?;
        }
        Ok(reply)
    }

    /// Whether the session still opens anything.
    pub async fn check(&self, session: &mut Session) -> Result<()> {
        let reply = self.signed_in(session, Call::get(self.url("auth/session")?)).await?;
        let answer: wire::Authentication = success(&reply)?.json()?;
        if let Some(address) = answer.address()
            && session.address.as_ref() != Some(&address)
        {
            *session = Session::of(session.state().clone(), Some(address));
        }
        Ok(())
    }
}

fn token(session: &Session) -> Result<Secret> {
    let state = state(session)?;
    match (state.token, state.identity) {
        (Some(token), _) => Ok(Secret::new(token)),
        (None, Some(_)) => Err(ErrorKind::ProveAgain.into()),
        (None, None) => Err(ErrorKind::SignedOut.into()),
    }
}

/// What a phone gave, where the session is no more than that.
pub(super) fn identity(session: &Session) -> Option<wire::Identity> {
    state(session).ok().filter(|state| state.token.is_none())?.identity
}

fn state(session: &Session) -> Result<wire::SessionState> {
    // The source is left out: serde's messages quote the text, and the text is the token.
    serde_json::from_str(session.state().expose()).map_err(|_| ErrorKind::SignedOut.into())
}

fn session_of(token: String, address: Option<String>) -> Result<Session> {
    session(&wire::SessionState { token: Some(token), identity: None }, address)
}

pub(super) fn session_of_phone(identity: wire::Identity, address: Option<String>) -> Result<Session> {
    session(&wire::SessionState { token: None, identity: Some(identity) }, address)
}

fn session(state: &wire::SessionState, address: Option<String>) -> Result<Session> {
    let text = serde_json::to_string(state).map_err(|_| Error::from(ErrorKind::Bug))?;
    Ok(Session::of(Secret::new(text), address))
}

/// The session of an answer that signs in.
pub(super) fn granted(reply: &Reply) -> Result<Session> {
    let answer: wire::Authentication = reply.json()?;
    let address = answer.address();
    match answer.meta.session_token {
        Some(token) if reply.status == 200 => session_of(token, address),
        _ => Err(reply.broken_promise()),
    }
}

/// What 401 means on a signed-in call.
pub(super) fn unauthorized(reply: &Reply) -> ErrorKind {
    let signed_in = reply.json::<wire::Authentication>().is_ok_and(|answer| answer.is_signed_in());
    if signed_in { ErrorKind::ProveAgain } else { ErrorKind::SignedOut }
}

pub(super) fn refusals(reply: &Reply) -> Vec<wire::Refusal> {
    match reply.status {
        400 => reply.json::<wire::Refusals>().map(|refusals| refusals.errors).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Whether a field was refused with this word.
pub(super) fn says(refusals: &[wire::Refusal], code: &str) -> bool {
    refusals.iter().any(|refusal| refusal.code == code)
}

pub(super) fn is_about(refusal: &wire::Refusal, param: &str) -> bool {
    refusal.param.as_deref() == Some(param)
}

/// What a refusal means where the call gives it no meaning of its own. Statuses never leave this adapter.
pub(super) fn failure(reply: &Reply) -> Error {
    match reply.status {
        // It never says how long.
        429 => ErrorKind::RateLimited { wait: reply.retry_after }.into(),
        400 if says(&refusals(reply), "too_many_login_attempts") => {
            ErrorKind::RateLimited { wait: reply.retry_after }.into()
        }
        403 => ErrorKind::Refused.into(),
        // No such step is waited for, or its session has gone: run out, used, too many tries.
        409 | 410 => ErrorKind::Expired.into(),
        _ => reply.broken_promise(),
    }
}

/// Why the password was refused; `None` if nothing was said about it.
pub(super) fn weak(refusals: &[wire::Refusal], param: &str) -> Option<Problem> {
    let reasons: Vec<WeakReason> =
        refusals.iter().filter(|refusal| is_about(refusal, param)).map(reason).collect();
    (!reasons.is_empty()).then_some(Problem::WeakPassword(reasons))
}

fn reason(refusal: &wire::Refusal) -> WeakReason {
    match refusal.code.as_str() {
        "password_too_short" => {
            // The number stands in the sentence alone, which may be in any language.
            let digits = refusal.message.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty());
            let min =
                digits.and_then(|digits| digits.parse().ok()).unwrap_or(PasswordRules::FLOOR.min_length);
            WeakReason::TooShort { min }
        }
        "password_too_common" => WeakReason::Common,
        "password_too_similar" => WeakReason::ContainsIdentifier,
        // All digits, and whatever rules a site has added.
        _ => WeakReason::Guessable,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::http::Http;

    pub fn api() -> Api {
        Api::new(Desk {
            http: Http::new().unwrap(),
            clock: Arc::new(SystemClock),
            base: "http://127.0.0.1/".parse().unwrap(),
            device: "Regain on Janas Büro".into(),
        })
    }

    #[test]
    fn a_session_of_before_there_were_phones_still_opens() {
        let old = Session::new(Secret::new(r#"{"token":"abc"}"#), None);
        assert_eq!(token(&old).unwrap().expose(), "abc");
        assert!(identity(&old).is_none());
        assert_eq!(session_of("abc".into(), None).unwrap().state().expose(), old.state().expose());
    }

    #[test]
    fn a_session_of_a_phone_wants_the_password_and_one_of_nothing_has_ended() {
        let phone = wire::Identity { access: "abc".into(), refresh: None };
        let phone = session_of_phone(phone, None).unwrap();
        assert_eq!(token(&phone).unwrap_err().kind(), ErrorKind::ProveAgain);
        assert_eq!(identity(&phone).unwrap().access, "abc");
        for text in ["{}", "", "[]"] {
            let nothing = Session::new(Secret::new(text), None);
            assert_eq!(token(&nothing).unwrap_err().kind(), ErrorKind::SignedOut, "{text}");
            assert!(identity(&nothing).is_none());
        }
    }

    #[test]
    fn the_name_of_this_computer_fits_in_a_header() {
        assert_eq!(api().agent, "Regain on Janas B?ro");
    }

    #[test]
    fn the_least_length_is_read_out_of_the_sentence() {
        let refusal = |code: &str, message: &str| {
            reason(&wire::Refusal { code: code.into(), param: None, message: message.into() })
        };
        let english = "This password is too short. It must contain at least 12 characters.";
        assert_eq!(refusal("password_too_short", english), WeakReason::TooShort { min: 12 });
        assert_eq!(refusal("password_too_short", "Kurz."), WeakReason::TooShort { min: 8 });
        assert_eq!(refusal("a_rule_of_the_site", ""), WeakReason::Guessable);
    }
}
