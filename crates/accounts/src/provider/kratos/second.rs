//! The second factor: an aal2 login flow on top of a session that has one factor.

use super::*;
use crate::provider::code::normalise;

/// A session that lacks its second factor, and how that can be proven.
pub(super) struct Second {
    pub token: Secret,
    ways: Vec<Way>,
    ask: CodeAsk,
}

impl Second {
    /// Asks which second factors the account has. `Unsupported`: none that this program knows.
    pub async fn begin(desk: &Desk, token: Secret) -> Result<Self> {
        let flow = login_flow(desk, "aal", "aal2", Some(&token)).await?;
        let known = [Way::Authenticator, Way::RecoveryCode];
        let ways: Vec<Way> = known.into_iter().filter(|way| flow.has_group(method(*way))).collect();
        let way = *ways.first().ok_or(ErrorKind::Unsupported)?;
        let ask = CodeAsk {
            purpose: CodePurpose::SecondFactor,
            way,
            sent_to: None,
            shape: shape(way),
            sent_at: None,
            valid_until: None,
            resend_at: None,
            other_ways: others(&ways, way),
            may_be_opened: false,
        };
        Ok(Self { token, ways, ask })
    }

    pub fn question(&self, problem: Option<Problem>) -> Step {
        Step::Ask(Challenge::Code(self.ask.clone()), problem)
    }

    pub fn other_way(&mut self, way: Way) -> Result<Step> {
        if !self.ways.contains(&way) {
            return Err(ErrorKind::Unsupported.into());
        }
        self.ask.way = way;
        self.ask.shape = shape(way);
        self.ask.other_ways = others(&self.ways, way);
        Ok(self.question(None))
    }

    /// The token of the session with both factors; `None` for a wrong code.
    pub async fn verify(&self, desk: &Desk, typed: &Secret) -> Result<Option<Secret>> {
        // A flow for each code: the first one may have run out while the person looked for the telephone.
        let flow = login_flow(desk, "aal", "aal2", Some(&self.token)).await?;
        let code = normalise(typed.expose(), self.ask.shape);
        let body = match self.ask.way {
            Way::RecoveryCode => json!({ "method": "lookup_secret", "lookup_secret": code.expose() }),
            _ => json!({ "method": "totp", "totp_code": code.expose() }),
        };
        let reply = submit(desk, "self-service/login", &flow.id, body, Some(&self.token)).await?;
        if reply.status == 400 {
            return match reply.json::<wire::Flow>() {
                Ok(flow) if flow.has_error(&text::SECOND_FACTOR_WRONG) => Ok(None),
                _ => Err(failure(&reply)),
            };
        }
        let login: wire::Login = success(&reply)?.json()?;
        Ok(Some(Secret::new(login.session_token)))
    }
}

fn method(way: Way) -> &'static str {
    if way == Way::RecoveryCode { "lookup_secret" } else { "totp" }
}

fn shape(way: Way) -> CodeShape {
    // Saved codes are letters and digits that are told apart; their form is the server's own.
    if way == Way::RecoveryCode { CodeShape::Any } else { CodeShape::Digits(AUTHENTICATOR_DIGITS) }
}

fn others(ways: &[Way], except: Way) -> Vec<Way> {
    ways.iter().copied().filter(|way| *way != except).collect()
}
