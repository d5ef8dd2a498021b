//! Signing in by a phone, whose browser is signed in at the site.

use std::time::SystemTime;

use accounts::provider::conformance::{Cable, PhoneBench, Watched};
use accounts::provider::{Outcome, Problem, QrAsk, Reach, Session, Which};
use accounts::{Answer, Challenge, ErrorKind, Exchange, Intent, Step};
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};

use super::*;

const NEW: &str = "mossy-kettle-Walnut-29";

pub(super) async fn all(free: &Arc<Site>) -> Result<()> {
    conformance::pairing(async || Phone::at(free).await.unwrap()).await;
    who_is_not_known_there_sent_a_malformed_request(free).await?;
    what_a_phone_gave_is_renewed(free).await?;
    signing_out_ends_it(free).await?;
    it_wants_the_password_and_changes_it(free).await?;
    a_second_factor_asks_for_a_sign_in(free).await
}

struct Phone(SiteBench, Arc<Watched>);

#[async_trait]
impl PhoneBench for Phone {
    fn provider(&self) -> Arc<dyn Provider> {
        self.0.provider.clone()
    }

    fn identifier(&self) -> String {
        self.0.account.email.clone()
    }

    async fn scan(&self, ask: &QrAsk) -> Option<Secret> {
        assert!(ask.link.ends_with(&ask.letters), "{}", ask.link);
        None
    }

    async fn approve(&self, ask: &QrAsk) {
        self.decide(ask, "confirm").await.unwrap();
    }

    async fn deny(&self, ask: &QrAsk) {
        self.decide(ask, "deny").await.unwrap();
    }

    async fn pass_to(&self, at: SystemTime) {
        self.0.site.advance(at.duration_since(self.0.site.clock.now()).unwrap_or_default());
    }

    fn clock(&self) -> &Watched {
        &self.1
    }

    fn cable(&self) -> &Cable {
        &self.0.site.program.cable
    }
}

impl Phone {
    async fn at(site: &Arc<Site>) -> Result<Self> {
        let watched = Watched::new(site.clock.clone());
        let bench = SiteBench::start(site.clone(), false).await?;
        let provider = site.provider_with(watched.clone()).await?;
        Ok(Self(SiteBench { provider, ..bench }, watched))
    }

    /// In the browser: signs in, looks at the page behind the QR code, and presses a button on it.
    async fn decide(&self, ask: &QrAsk, action: &str) -> Result<()> {
        let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let browser = browser.build()?;
        let form = |url: &str, fields: &[(&str, &str)]| {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            browser.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
        };
        let page = format!("{}/accounts/login/", self.0.site.program.cable.address());
        let reply = form(&page, &[("login", &self.0.account.email), ("password", PASSWORD)]).send().await?;
        let mut cookies =
            reply.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        let cookie = cookies.find(|cookie| cookie.starts_with("sessionid=")).context("signed in")?;
        let cookie = cookie.split(';').next().unwrap_or_default();
        let looked = browser.get(&ask.link).header(COOKIE, cookie).send().await?;
        anyhow::ensure!(looked.text().await?.contains("Regain"), "the page says who asks");
        let decided = form(&ask.link, &[("action", action)]).header(COOKIE, cookie).send().await?;
        anyhow::ensure!(decided.status().is_success(), "{action}: {}", decided.status());
        Ok(())
    }

    /// What a phone gives.
    async fn paired(&self) -> Result<Session> {
        let (mut exchange, challenge) = self.0.provider.begin(Intent::Pair).await?;
        let Challenge::ScanQr(ask) = challenge else { panic!("{challenge:?}") };
        self.approve(&ask).await;
        let step = exchange.answer(Answer::Wait).await?;
        let Step::Ask(Challenge::ConfirmAccount(paired), None) = step else { panic!("{step:?}") };
        assert_eq!(paired.reach, Reach::IdentityOnly);
        match exchange.answer(Answer::Yes).await? {
            Step::Done(Outcome::SignedIn(session)) => Ok(session),
            other => panic!("paired: {other:?}"),
        }
    }

    async fn change(
        &self,
        session: &Session,
        current: &str,
    ) -> Result<(Box<dyn Exchange>, accounts::Result<Step>)> {
        let intent = Intent::ChangePassword { session: session.clone() };
        let (mut exchange, _) = self.0.provider.begin(intent).await?;
        exchange.answer(Answer::Password(Secret::new(current))).await?;
        let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await;
        Ok((exchange, step))
    }

    async fn is_signed_out(&self, session: &Session) -> bool {
        let checked = self.0.provider.check(&mut session.clone()).await;
        checked.is_err_and(|error| error.kind() == ErrorKind::SignedOut)
    }
}

/// Not `invalid_client`, as one would expect.
async fn who_is_not_known_there_sent_a_malformed_request(site: &Site) -> Result<()> {
    let url = format!("{}/identity/o/api/device/code", site.program.cable.address());
    let ask = reqwest::Client::builder().no_proxy().build()?.post(url);
    let ask = ask.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let reply = ask.body("client_id=somebody-else&scope=openid+email").send().await?;
    assert_eq!(reply.status(), 400);
    assert_eq!(reply.json::<Value>().await?["error"], "invalid_request");
    Ok(())
}

async fn what_a_phone_gave_is_renewed(site: &Arc<Site>) -> Result<()> {
    let phone = Phone::at(site).await?;
    let mut session = phone.paired().await?;
    assert_eq!(session.address.as_ref(), Some(&phone.0.account.email));
    let before = session.clone();
    phone.0.provider.check(&mut session).await?;
    assert_eq!(session, before);
    site.advance(Duration::from_secs(3_601));
    phone.0.provider.check(&mut session).await?;
    assert_ne!(session, before);
    assert!(phone.is_signed_out(&before).await, "its refresh token works once");
    phone.0.provider.check(&mut session).await?;
    Ok(())
}

async fn signing_out_ends_it(site: &Arc<Site>) -> Result<()> {
    let phone = Phone::at(site).await?;
    let session = phone.paired().await?;
    phone.0.provider.end_session(&mut session.clone(), Which::This, None).await?;
    assert!(phone.is_signed_out(&session).await);
    Ok(())
}

async fn it_wants_the_password_and_changes_it(site: &Arc<Site>) -> Result<()> {
    let phone = Phone::at(site).await?;
    let session = phone.paired().await?;
    let provider = &phone.0.provider;
    let listed = provider.sessions(&mut session.clone()).await;
    assert_eq!(listed.unwrap_err().kind(), ErrorKind::ProveAgain);
    let ended = provider.end_session(&mut session.clone(), Which::AllOthers, None).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ProveAgain);

    let (_, step) = phone.change(&session, "not the password").await?;
    assert!(matches!(step?, Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword))));
    let (_, step) = phone.change(&session, PASSWORD).await?;
    let step = step?;
    let Step::Done(Outcome::PasswordChanged { session: Some(mut entered), .. }) = step else {
        panic!("changed: {step:?}")
    };
    assert!(provider.sessions(&mut entered).await?.iter().any(|device| device.current));
    assert!(phone.is_signed_out(&session).await, "what the phone gave is not needed any more");
    Ok(())
}

async fn a_second_factor_asks_for_a_sign_in(site: &Arc<Site>) -> Result<()> {
    // Whoever let this computer in was asked for the second factor in the browser; here that is left out.
    let phone = Phone::at(site).await?;
    let session = phone.paired().await?;
    let mut account = phone.0.account.clone();
    site.add_second_factor(&mut account).await?;
    let (exchange, step) = phone.change(&session, PASSWORD).await?;
    assert_eq!(step.unwrap_err().kind(), ErrorKind::ProveAgain);
    assert_eq!(exchange.renewed(), None);
    assert!(!phone.is_signed_out(&session).await);
    Ok(())
}
