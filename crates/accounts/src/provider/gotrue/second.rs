//! The second factor: a challenge to an authenticator, answered with its code.

use super::*;
use crate::provider::code::normalise;

/// A session with one factor, and the authenticator that would be the second.
pub(super) struct Second {
    open: Open,
    factor: String,
}

impl Second {
    /// `None`: the account has no authenticator.
    pub fn of(open: &Open) -> Option<Self> {
        let factor = open.user.authenticator()?.id.clone();
        Some(Self { open: open.clone(), factor })
    }

    pub fn question(&self, problem: Option<Problem>) -> Step {
        let ask = CodeAsk {
            purpose: CodePurpose::SecondFactor,
            way: Way::Authenticator,
            sent_to: None,
            shape: CodeShape::Digits(AUTHENTICATOR_DIGITS),
            sent_at: None,
            valid_until: None,
            resend_at: None,
            other_ways: Vec::new(),
            may_be_opened: false,
        };
        Step::Ask(Challenge::Code(ask), problem)
    }

    /// The session with both factors; `None` for a wrong code.
    pub async fn verify(&self, desk: &Desk, typed: &Secret) -> Result<Option<Open>> {
        let access = &self.open.access;
        // A challenge for each code: it lives for minutes, and is spent by a right one.
        let url = factor_url(desk, &self.factor, "challenge")?;
        let reply = desk.http.send(Call::post(url, json!({})).bearer(access)).await?;
        let challenge: wire::Challenge = success(&reply)?.json()?;
        let code = normalise(typed.expose(), CodeShape::Digits(AUTHENTICATOR_DIGITS));
        let body = json!({ "challenge_id": challenge.id, "code": code.expose() });
        let url = factor_url(desk, &self.factor, "verify")?;
        let reply = desk.http.send(Call::post(url, body).bearer(access)).await?;
        match code_of(&reply).as_deref() {
            _ if reply.is_success() => Ok(Some(Open::read(&reply)?)),
            Some("mfa_verification_failed") => Ok(None),
            Some("mfa_verification_rejected") => Err(ErrorKind::Refused.into()),
            _ => Err(failure(&reply)),
        }
    }
}

fn factor_url(desk: &Desk, factor: &str, what: &str) -> Result<Url> {
    let mut url = desk.url("factors")?;
    url.path_segments_mut().map_err(|()| Error::from(ErrorKind::Bug))?.push(factor).push(what);
    Ok(url)
}
