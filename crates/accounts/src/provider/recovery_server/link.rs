//! Signing a phone's browser in from here: the pairing with its roles swapped.

use std::time::SystemTime;

use super::*;
use crate::provider::pairing::{Next, Rhythm, bare, page, renew, renewal};
use crate::provider::{Phone, QrAsk, QrFor, ShowAsk};

/// Between two looks at what the phone does.
const INTERVAL: Duration = Duration::from_secs(2);

struct Link {
    line: Line,
    session: Session,
    renewed: bool,
    id: String,
    rhythm: Rhythm,
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
        link: page(&line.desk, &link.url)?,
        address: bare(&page(&line.desk, &link.short_url)?),
        letters: link.user_code,
        shown_at: now,
        renews_at: Some(renewal(now, link.qr_expires_in)),
        valid_until: now + Duration::from_secs(link.expires_in),
        guarded: true,
        who: QrFor::ThePhone,
    };
    let renewed = session != before;
    let rhythm = Rhythm::every(INTERVAL);
    let exchange = Link { line, session, renewed, id: link.id, rhythm, state: State::Scan(ask.clone()) };
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
            self.rhythm.pause(&*self.line.desk.clock).await;
            let looked = self.look().await;
            match self.rhythm.judge(looked, self.line.desk.clock.now(), self.ends_at()) {
                Ok(Next::Show(problem)) => return self.ask(problem),
                Ok(Next::GoOn) => {}
                Err(error) => {
                    if error.kind().ends_flow() {
                        self.state = State::Over;
                    }
                    return Err(error);
                }
            }
        }
    }

    async fn look(&mut self) -> Result<bool> {
        let reply = self.send("", Call::get).await?;
        let said = success(&reply)?.json()?;
        self.take(said)
    }

    /// Whether there is something new to show.
    fn take(&mut self, said: wire::LinkState) -> Result<bool> {
        let now = self.line.desk.clock.now();
        let valid_until = now + Duration::from_secs(said.expires_in.min(600));
        let phone = said.phone.map(|phone| Phone { name: phone.device, network: phone.network });
        match (said.state.as_str(), phone, &mut self.state) {
            ("pending", _, State::Scan(ask)) => {
                renew(ask, &self.line.desk, said.url.as_deref(), said.qr_expires_in)
            }
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
            ("denied" | "cancelled", ..) => Err(ErrorKind::Refused.into()),
            ("expired", ..) => Err(ErrorKind::Expired.into()),
            _ => Err(ErrorKind::Protocol.into()),
        }
    }

    async fn allow(&mut self, phone: Phone, password: &Secret) -> Result<Step> {
        let body = json!({ "password": password.expose() });
        let reply = self.send("/approve", |url| Call::post(url, body.clone())).await?;
        match (reply.status, code(&reply).as_deref()) {
            (403, Some("wrong_password")) => self.ask(Some(Problem::WrongPassword)),
            (403, Some("weak_session")) => Err(too_new(&self.line.desk, &reply)),
            _ => {
                success(&reply)?;
                self.state = State::Over;
                Ok(Step::Done(Outcome::PhoneLinked(phone)))
            }
        }
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
