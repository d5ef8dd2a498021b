//! Signing in through a phone: the device authorization grant (RFC 8628), the same at every server that speaks it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use url::Url;

use super::desk::Desk;
use super::dpop::{self, Nonce, ProofKey};
use super::{
    Answer, Challenge, ConfirmAsk, Exchange, Outcome, Paired, Problem, QrAsk, QrFor, Session, Step, WaitAsk,
};
use crate::address;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::secret::Secret;

mod rhythm;
mod wire;

pub(super) use rhythm::{Next, Rhythm};
pub(super) use wire::Grant;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The name that Regain has at authorization servers.
pub(super) const CLIENT: &str = "regain-desktop";
/// Added to the interval by `slow_down`, for good (RFC 8628, 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// The interval where the server gives none (RFC 8628, 3.2), and the least that is believed.
const INTERVAL: u64 = 5;
/// A QR code is shown that much before it runs out for the last time.
const EARLY: Duration = Duration::from_secs(10);
/// The longest that a pairing is waited for, whatever the server says.
const LONGEST: u64 = 30 * 60;
/// Digits of the code that the phone shows.
const DIGITS: u8 = 6;

/// Where a server's calls are, and in which form it takes them.
#[derive(Clone)]
pub(super) struct Places {
    pub authorization: Url,
    pub token: Url,
    /// Ours alone: with it, the phone shows a code that is typed here.
    pub confirmation: Option<Url>,
    pub cancellation: Option<Url>,
    pub scope: &'static str,
    /// Calls are signed with a key of this computer.
    pub bound: Option<Nonce>,
    /// It wants JSON, where RFC 8628 has forms.
    pub json: bool,
    /// What the list of sessions will call this one, where there is no other field for it.
    pub agent: Option<String>,
}

/// What is different from server to server once the phone has said yes.
#[async_trait]
pub(super) trait Arrival: Send + Sync {
    /// Whose token it is, and the session that it opens.
    async fn arrive(&self, grant: &Grant, key: Option<&ProofKey>) -> Result<(Session, Paired)>;

    /// Ends a session that the person did not want after all.
    async fn leave(&self, session: Session);
}

/// One pairing.
pub(super) struct Pair {
    desk: Desk,
    places: Places,
    key: Option<ProofKey>,
    arrival: Arc<dyn Arrival>,
    device_code: Secret,
    rhythm: Rhythm,
    state: State,
}

#[derive(Clone)]
enum State {
    Scan(QrAsk),
    Confirm(ConfirmAsk),
    Approve(WaitAsk),
    /// A token that was given and not yet understood: it works once, so it is kept.
    Granted(Grant),
    Arrived(Session, Paired),
    Over,
}

impl Pair {
    pub async fn begin(desk: Desk, places: Places, arrival: Arc<dyn Arrival>) -> Result<(Self, Challenge)> {
        let key = places.bound.is_some().then(|| ProofKey::random(&**desk.http.random()));
        let fields = [("client_id", CLIENT), ("scope", places.scope), ("device", desk.device.as_str())];
        // Only our own server asks for a name; the others would not know the field.
        let count = match (places.bound.is_some(), places.scope) {
            (true, _) => 3,
            (false, "") => 1,
            (false, _) => 2,
        };
        let fields = &fields[..count];
        let reply = call(&desk, &places, key.as_ref(), &places.authorization, fields).await?;
        if !reply.is_success() {
            return Err(match (reply.status, error_of(&reply).as_deref()) {
                (429, _) => ErrorKind::RateLimited { wait: reply.retry_after }.into(),
                // It pairs, but has not been told about Regain; some call a name that they do not know a malformed request.
                (_, Some("invalid_client" | "unauthorized_client" | "invalid_scope" | "invalid_request")) => {
                    ErrorKind::Unsupported.into()
                }
                _ => reply.broken_promise(),
            });
        }
        let begun: wire::Begun = reply.json()?;
        let ask = first_ask(&desk, &places, &begun)?;
        let challenge = Challenge::ScanQr(ask.clone());
        let pair = Self {
            rhythm: Rhythm::every(Duration::from_secs(
                begun.interval.unwrap_or(INTERVAL).clamp(INTERVAL, 60),
            )),
            desk,
            places,
            key,
            arrival,
            device_code: Secret::new(begun.device_code),
            state: State::Scan(ask),
        };
        Ok((pair, challenge))
    }

    fn challenge(&self) -> Result<Challenge> {
        match &self.state {
            State::Scan(ask) => Ok(Challenge::ScanQr(ask.clone())),
            State::Confirm(ask) => Ok(Challenge::ConfirmCode(ask.clone())),
            State::Approve(ask) => Ok(Challenge::WaitForPhone(ask.clone())),
            State::Arrived(_, paired) => Ok(Challenge::ConfirmAccount(paired.clone())),
            State::Granted(_) => Err(ErrorKind::ServerTrouble.into()),
            State::Over => Err(ErrorKind::Expired.into()),
        }
    }

    fn ask(&self, problem: Option<Problem>) -> Result<Step> {
        self.challenge().map(|challenge| Step::Ask(challenge, problem))
    }

    /// Until what is asked now has run out.
    fn ends_at(&self) -> Option<SystemTime> {
        match &self.state {
            State::Scan(ask) => Some(ask.valid_until),
            State::Confirm(ask) => Some(ask.valid_until),
            State::Approve(ask) => Some(ask.valid_until),
            State::Granted(_) | State::Arrived(..) | State::Over => None,
        }
    }

    /// Polls until something is different from what the person sees.
    async fn wait(&mut self) -> Result<Step> {
        loop {
            match self.state {
                State::Granted(_) => return self.arrive().await,
                State::Arrived(..) => return self.ask(None),
                _ => {}
            }
            self.rhythm.pause(&*self.desk.clock).await;
            let polled = self.poll().await;
            match self.rhythm.judge(polled, self.desk.clock.now(), self.ends_at()) {
                Ok(Next::Show(problem)) if !matches!(self.state, State::Granted(_)) => {
                    return self.ask(problem);
                }
                Ok(_) => {}
                Err(error) => {
                    if error.kind().ends_flow() {
                        self.state = State::Over;
                    }
                    return Err(error);
                }
            }
        }
    }

    /// One question to the server; whether there is something new to show.
    async fn poll(&mut self) -> Result<bool> {
        let code = self.device_code.clone();
        let fields = [("grant_type", GRANT), ("device_code", code.expose()), ("client_id", CLIENT)];
        let reply = call(&self.desk, &self.places, self.key.as_ref(), &self.places.token, &fields).await?;
        if reply.is_success() {
            let granted: wire::Granted = reply.json()?;
            self.state = State::Granted(granted.into());
            return Ok(true);
        }
        match error_of(&reply).as_deref() {
            Some("authorization_pending") => self.pending(&reply),
            Some("slow_down") => {
                let asked = reply.json::<wire::Pending>().ok().and_then(|pending| pending.interval);
                self.rhythm.interval =
                    (self.rhythm.interval + SLOWER).max(Duration::from_secs(asked.unwrap_or(0).min(300)));
                self.pending(&reply)
            }
            Some("access_denied") => Err(ErrorKind::Refused.into()),
            Some("expired_token" | "invalid_grant") => Err(ErrorKind::Expired.into()),
            _ if reply.status == 429 => {
                self.rhythm.interval = (self.rhythm.interval + SLOWER)
                    .max(reply.retry_after.unwrap_or_default().min(rhythm::FURTHEST));
                Ok(false)
            }
            _ => Err(reply.broken_promise()),
        }
    }

    /// What a server that says more than it must has said.
    fn pending(&mut self, reply: &Reply) -> Result<bool> {
        let now = self.desk.clock.now();
        let is_over = self.ends_at().is_some_and(|end| now >= end);
        let said: wire::Pending = reply.json()?;
        let until = |left: Option<u64>| now + Duration::from_secs(left.unwrap_or(180).min(LONGEST));
        match (said.pairing_state.as_deref(), &mut self.state) {
            (Some("scanned"), State::Scan(_)) => {
                let valid_until = until(said.expires_in);
                self.state = State::Confirm(ConfirmAsk {
                    digits: DIGITS,
                    scanned_at: now,
                    valid_until,
                    tries_left: None,
                });
                Ok(true)
            }
            // Confirmed by a call whose answer was lost.
            (Some("confirmed"), State::Scan(_) | State::Confirm(_)) => {
                self.state = State::Approve(WaitAsk { valid_until: until(said.expires_in) });
                Ok(true)
            }
            (_, State::Scan(ask)) => {
                let link = said.verification_uri_complete.as_deref();
                let new = renew(ask, &self.desk, link, said.qr_expires_in)?;
                if is_over && !new { Err(ErrorKind::Expired.into()) } else { Ok(new) }
            }
            _ if is_over => Err(ErrorKind::Expired.into()),
            _ => Ok(false),
        }
    }

    async fn confirm(&mut self, typed: &Secret) -> Result<Step> {
        let (State::Confirm(ask), Some(url)) = (self.state.clone(), self.places.confirmation.clone()) else {
            return Err(ErrorKind::Unsupported.into());
        };
        let digits: String = typed.expose().chars().filter(char::is_ascii_digit).collect();
        if digits.len() != usize::from(DIGITS) {
            // Not a code at all: it is not worth one of the few tries.
            return self.ask(Some(Problem::WrongCode));
        }
        let digits = Secret::new(digits);
        let code = self.device_code.clone();
        let fields = [("device_code", code.expose()), ("client_id", CLIENT), ("code", digits.expose())];
        let reply = call(&self.desk, &self.places, self.key.as_ref(), &url, &fields).await?;
        if reply.is_success() {
            let said: wire::Pending = reply.json()?;
            let left = Duration::from_secs(said.expires_in.unwrap_or(180).min(LONGEST));
            self.state = State::Approve(WaitAsk { valid_until: self.desk.clock.now() + left });
            return self.ask(None);
        }
        match error_of(&reply).as_deref() {
            Some("wrong_code") => {
                let tries_left = reply.json::<wire::Pending>().ok().and_then(|said| said.tries_left);
                self.state = State::Confirm(ConfirmAsk { tries_left, ..ask });
                self.ask(Some(Problem::WrongCode))
            }
            Some("access_denied") => self.over(ErrorKind::Refused),
            Some("expired_token" | "invalid_grant") => self.over(ErrorKind::Expired),
            _ if reply.status == 429 => Err(ErrorKind::RateLimited { wait: reply.retry_after }.into()),
            _ => Err(reply.broken_promise()),
        }
    }

    fn over(&mut self, kind: ErrorKind) -> Result<Step> {
        self.state = State::Over;
        Err(kind.into())
    }

    async fn arrive(&mut self) -> Result<Step> {
        let State::Granted(grant) = &self.state else { return Err(ErrorKind::Bug.into()) };
        let (session, paired) = self.arrival.arrive(grant, self.key.as_ref()).await?;
        self.state = State::Arrived(session, paired);
        self.ask(None)
    }
}

#[async_trait]
impl Exchange for Pair {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, &self.state) {
            (Answer::Code(code), State::Confirm(_)) => self.confirm(&code).await,
            (_, State::Over) => Err(ErrorKind::Expired.into()),
            (Answer::Wait, _) => self.wait().await,
            (Answer::Yes, State::Arrived(session, _)) => Ok(Step::Done(Outcome::SignedIn(session.clone()))),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn abandon(&mut self) {
        let state = std::mem::replace(&mut self.state, State::Over);
        match state {
            State::Arrived(session, _) => self.arrival.leave(session).await,
            State::Granted(grant) => {
                if let Ok((session, _)) = self.arrival.arrive(&grant, self.key.as_ref()).await {
                    self.arrival.leave(session).await;
                }
            }
            State::Over => {}
            State::Scan(_) | State::Confirm(_) | State::Approve(_) => {
                let Some(url) = self.places.cancellation.clone() else { return };
                let code = self.device_code.clone();
                let fields = [("device_code", code.expose()), ("client_id", CLIENT)];
                if let Err(error) = call(&self.desk, &self.places, self.key.as_ref(), &url, &fields).await {
                    tracing::info!(%error, "a pairing that was cancelled runs out by itself");
                }
            }
        }
    }
}

async fn call(
    desk: &Desk,
    places: &Places,
    key: Option<&ProofKey>,
    url: &Url,
    fields: &[(&str, &str)],
) -> Result<Reply> {
    let form = || {
        let call = if places.json {
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
            Call::post(url.clone(), serde_json::Value::Object(fields.collect()))
        } else {
            Call::post_form(url.clone(), fields)
        };
        match &places.agent {
            Some(agent) => call.header("user-agent", agent.as_str()),
            None => call,
        }
    };
    match (key, &places.bound) {
        (Some(key), Some(nonce)) => dpop::send(desk, key, nonce, None, form).await,
        _ => desk.http.send(form()).await,
    }
}

fn first_ask(desk: &Desk, places: &Places, begun: &wire::Begun) -> Result<QrAsk> {
    let now = desk.clock.now();
    let link = begun.verification_uri_complete.as_deref().unwrap_or(&begun.verification_uri);
    Ok(QrAsk {
        link: page(desk, link)?,
        address: bare(&page(desk, &begun.verification_uri)?),
        letters: begun.user_code.clone(),
        shown_at: now,
        renews_at: begun.qr_expires_in.map(|left| renewal(now, left)),
        valid_until: now + Duration::from_secs(begun.expires_in.min(LONGEST)),
        guarded: places.confirmation.is_some(),
        who: QrFor::ThisComputer,
    })
}

/// The page for the phone, which may be at another host: a password is typed there, so it is held to the rules for servers.
pub(super) fn page(desk: &Desk, link: &str) -> Result<String> {
    let unsafe_page = || Error::new(ErrorKind::Protocol, "the page for the phone is not encrypted");
    let url = desk.base.join(link).map_err(|_| unsafe_page())?;
    match address::parse(url.as_str()) {
        Ok(_) => Ok(url.into()),
        Err(_) => Err(unsafe_page()),
    }
}

/// Takes a newer picture in the place of the one that is shown; whether there was one.
pub(super) fn renew(ask: &mut QrAsk, desk: &Desk, link: Option<&str>, left: Option<u64>) -> Result<bool> {
    let Some(link) = link.map(|link| page(desk, link)).transpose()?.filter(|link| *link != ask.link) else {
        return Ok(false);
    };
    let now = desk.clock.now();
    ask.link = link;
    ask.shown_at = now;
    ask.renews_at = left.map(|left| renewal(now, left));
    Ok(true)
}

/// An address as people type it.
pub(super) fn bare(address: &str) -> String {
    address.trim_start_matches("https://").trim_start_matches("http://").to_owned()
}

/// When a QR code that works for `left` seconds gives way to the next.
pub(super) fn renewal(now: SystemTime, left: u64) -> SystemTime {
    now + Duration::from_secs(left.min(LONGEST)).saturating_sub(EARLY)
}

fn error_of(reply: &Reply) -> Option<String> {
    reply.json::<wire::Failure>().ok().map(|failure| failure.error)
}
