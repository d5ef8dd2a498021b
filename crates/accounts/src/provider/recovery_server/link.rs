//! Signing a phone's browser in from here: the pairing with its roles swapped.

use std::time::SystemTime;

use super::*;
use crate::provider::{Phone, QrAsk, QrFor, ShowAsk};

/// Between two looks at what the phone does.
const INTERVAL: Duration = Duration::from_secs(2);
/// The longest wait between two looks while the network is away.
const FURTHEST: Duration = Duration::from_secs(60);
/// A QR code is renewed that much before it runs out.
const EARLY: Duration = Duration::from_secs(10);

struct Link {
    line: Line,
    session: Session,
    renewed: bool,
    id: String,
    failures: u32,
    state: State,
}

#[derive(Clone)]
enum State {
    Scan(QrAsk),
    Show(ShowAsk),
    Allow(Phone, SystemTime),
    Over,
}

pub(super) async fn begin(line: Line, mut session: Session) -> Result<(Box<dyn Exchange>, Challenge)> {
    let url = line.desk.url("v1/links")?;
    let before = session.clone();
    let reply = signed_in(&line, &mut session, || Call::post(url.clone(), json!({}))).await?;
    if (reply.status, code(&reply).as_deref()) == (403, Some("weak_session")) {
        return Err(too_new(&line.desk, &reply));
    }
    let link: wire::Link = success(&reply)?.json()?;
    let now = line.desk.clock.now();
    let ask = QrAsk {
        link: link.url,
        address: link.short_url.trim_start_matches("https://").trim_start_matches("http://").to_owned(),
        letters: link.user_code,
        shown_at: now,
        renews_at: Some(renewal(now, link.qr_expires_in)),
        valid_until: now + Duration::from_secs(link.expires_in),
        guarded: true,
        who: QrFor::ThePhone,
    };
    let renewed = session != before;
    let exchange = Link { line, session, renewed, id: link.id, failures: 0, state: State::Scan(ask.clone()) };
    Ok((Box::new(exchange), Challenge::ScanQr(ask)))
}

impl Link {
    fn ask(&self, problem: Option<Problem>) -> Result<Step> {
        let challenge = match &self.state {
            State::Scan(ask) => Challenge::ScanQr(ask.clone()),
            State::Show(ask) => Challenge::ShowCode(ask.clone()),
            State::Allow(phone, _) => Challenge::AllowPhone(phone.clone()),
            State::Over => return Err(ErrorKind::Expired.into()),
        };
        Ok(Step::Ask(challenge, problem))
    }

    fn ends_at(&self) -> Option<SystemTime> {
        match &self.state {
            State::Scan(ask) => Some(ask.valid_until),
            State::Show(ask) => Some(ask.valid_until),
            State::Allow(_, until) => Some(*until),
            State::Over => None,
        }
    }

    async fn send(&mut self, path: &str, call: impl Fn(url::Url) -> Call<'static>) -> Result<Reply> {
        let url = self.line.desk.url(&format!("v1/links/{}{path}", self.id))?;
        let mut session = self.session.clone();
        let reply = signed_in(&self.line, &mut session, || call(url.clone())).await;
        if session != self.session {
            self.session = session;
            self.renewed = true;
        }
        reply
    }

    async fn wait(&mut self) -> Result<Step> {
        loop {
            let pause = (INTERVAL * 2_u32.saturating_pow(self.failures.min(6))).min(FURTHEST);
            self.line.desk.clock.wait(pause).await;
            let looked = match self.send("", Call::get).await {
                Ok(reply) => success(&reply).and_then(Reply::json::<wire::LinkState>),
                Err(error) => Err(error),
            };
            let before = self.failures;
            match looked {
                Ok(state) => {
                    self.failures = 0;
                    if self.take(state)? || before > 0 {
                        return self.ask(None);
                    }
                }
                Err(error) if passes(error.kind()) => {
                    if self.ends_at().is_some_and(|end| self.line.desk.clock.now() >= end) {
                        return self.over(ErrorKind::Expired);
                    }
                    self.failures += 1;
                    if self.failures == 1 {
                        return self.ask(Some(Problem::StillTrying));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether there is something new to show.
    fn take(&mut self, said: wire::LinkState) -> Result<bool> {
        let now = self.line.desk.clock.now();
        let valid_until = now + Duration::from_secs(said.expires_in.min(600));
        let phone = said.phone.map(|phone| Phone { name: phone.device, network: phone.network });
        match (said.state.as_str(), phone, &mut self.state) {
            ("pending", _, State::Scan(ask)) => match said.url.filter(|url| *url != ask.link) {
                Some(url) => {
                    ask.link = url;
                    ask.shown_at = now;
                    ask.renews_at = said.qr_expires_in.map(|left| renewal(now, left));
                    Ok(true)
                }
                None => Ok(false),
            },
            ("scanned", Some(phone), State::Scan(_)) => {
                let code = Secret::new(said.code.ok_or(ErrorKind::Protocol)?);
                self.state = State::Show(ShowAsk { code, phone, valid_until });
                Ok(true)
            }
            ("confirmed", Some(phone), State::Scan(_) | State::Show(_)) => {
                self.state = State::Allow(phone, valid_until);
                Ok(true)
            }
            ("scanned", Some(_), State::Show(_)) | ("confirmed", Some(_), State::Allow(..)) => Ok(false),
            ("denied" | "cancelled", ..) => self.over(ErrorKind::Refused).map(|_| true),
            ("expired", ..) => self.over(ErrorKind::Expired).map(|_| true),
            _ => Err(ErrorKind::Protocol.into()),
        }
    }

    async fn allow(&mut self, phone: Phone, password: &Secret) -> Result<Step> {
        let body = json!({ "password": password.expose() });
        let reply = self.send("/approve", |url| Call::post(url, body.clone())).await?;
        match (reply.status, code(&reply).as_deref()) {
            (403, Some("wrong_password")) => self.ask(Some(Problem::WrongPassword)),
            (403, Some("weak_session")) => Err(too_new(&self.line.desk, &reply)),
            (409, _) => self.over(ErrorKind::Expired),
            _ => {
                success(&reply)?;
                self.state = State::Over;
                Ok(Step::Done(Outcome::PhoneLinked(phone)))
            }
        }
    }

    fn over(&mut self, kind: ErrorKind) -> Result<Step> {
        self.state = State::Over;
        Err(kind.into())
    }
}

#[async_trait]
impl Exchange for Link {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.state.clone()) {
            (Answer::Wait, _) => self.wait().await,
            (Answer::Password(password), State::Allow(phone, _)) => self.allow(phone, &password).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn renewed(&self) -> Option<&Session> {
        self.renewed.then_some(&self.session)
    }

    async fn abandon(&mut self) {
        if matches!(self.state, State::Over) {
            return;
        }
        self.state = State::Over;
        if let Err(error) = self.send("/deny", |url| Call::post(url, json!({}))).await {
            tracing::info!(%error, "a link that was cancelled runs out by itself");
        }
    }
}

fn renewal(now: SystemTime, left: u64) -> SystemTime {
    now + Duration::from_secs(left.min(600)).saturating_sub(EARLY)
}

fn passes(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Offline | ErrorKind::ServerTrouble | ErrorKind::RateLimited { .. })
}
