//! A guide as a provider: the conversation is with the person, who does what it says in a browser.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use url::Url;

use super::desk::Desk;
use super::{
    Abilities, About, Answer, Challenge, Device, Exchange, Intent, Outcome, PasswordRules, Problem, Provider,
    Reach, Session, Step, Which,
};
use crate::error::{ErrorKind, Result};
use crate::guide::{Guide, GuideStep, Route, StepKind, Words};
use crate::http::{Call, Http};
use crate::secret::Secret;
use crate::site::{By, Finder, Host, Looked, SiteList};

/// A step that the person is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideAsk {
    pub route: Route,
    /// Its place among the steps, from 0.
    pub at: usize,
    /// A few words for each step.
    pub steps: Vec<Words>,
    pub kind: StepKind,
    pub title: Words,
    pub todo: Vec<Words>,
    pub see: Option<Words>,
    pub hints: Vec<Words>,
    /// The page to open.
    pub page: Option<Url>,
    /// How it was found; `None`: it stands in the guide.
    pub found: Option<FoundPage>,
    /// From when the site gives a new code.
    pub resend_at: Option<SystemTime>,
    /// The person left at this step, then, and has come back.
    pub left_at: Option<SystemTime>,
    pub source: Words,
    pub checked: SystemTime,
    /// It was written for every site, and not for this one.
    pub general: bool,
}

/// A page that the guide does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPage {
    pub url: Url,
    pub by: By,
    pub looked: Looked,
    /// The host that it leads to, where that is another one than the site's.
    pub elsewhere: Option<String>,
}

/// How far somebody has come; to be gone on with days later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub route: Route,
    pub at: usize,
    /// A new password was shown, to be set on the page: only the person knows whether the site has taken it.
    pub setting: bool,
    pub code_asked_at: Option<SystemTime>,
    /// When this step was reached.
    pub since: SystemTime,
}

/// Opens the guide for a site; nobody is asked. `outside` speaks to sites.
pub fn open(desk: Desk, outside: Http, sites: Arc<SiteList>) -> Result<GuidedSite> {
    let host = Host::of(&desk.base).ok_or(ErrorKind::Bug)?;
    let guide = Guide::of_host(host.as_str()).or_else(Guide::general).ok_or(ErrorKind::Bug)?;
    let name = if guide.is_general() { host.shown() } else { guide.name.clone() };
    let phone = guide.knows(Route::Phone).then_some(Reach::Browser);
    let abilities = Abilities {
        recover: guide.knows(Route::Recover),
        recover_by_mailbox: false,
        change_with_current: guide.knows(Route::Change),
        sessions: false,
        pair: phone,
        link_phone: false,
        guided: true,
        sign_up: false,
        recovery_settings: false,
    };
    let rules = match guide.rules.as_deref().or_else(|| sites.rules(&host)) {
        // Those of a list that somebody brought may be broken: then they are not known.
        Some(rules) => PasswordRules::parse(rules).unwrap_or(PasswordRules::FLOOR),
        None => PasswordRules::FLOOR,
    };
    let about = About { name, host: host.shown(), practice: false, abilities, rules };
    Ok(GuidedSite { about, guide, finder: Finder::new(outside, sites), host, desk })
}

/// A site that Regain cannot talk to, and the guide through it.
pub struct GuidedSite {
    about: About,
    guide: &'static Guide,
    finder: Finder,
    host: Host,
    desk: Desk,
}

impl GuidedSite {
    /// Where the steps are done whose page the guide does not name.
    async fn page(&self, route: Route) -> Option<FoundPage> {
        if self.guide.steps(route).iter().any(|step| step.address.is_some()) {
            return None;
        }
        let page = self.finder.find(&self.host).await?;
        let elsewhere = page.elsewhere(&self.host).map(|elsewhere| elsewhere.host.shown());
        Some(FoundPage { url: page.url, by: page.by, looked: page.looked, elsewhere })
    }
}

#[async_trait]
impl Provider for GuidedSite {
    fn about(&self) -> &About {
        &self.about
    }

    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)> {
        let Intent::Guided { route, from } = intent else { return Err(ErrorKind::Unsupported.into()) };
        if !self.guide.knows(route) {
            return Err(ErrorKind::Unsupported.into());
        }
        let page = self.page(route).await;
        let from = from.filter(|from| from.route == route);
        let now = self.desk.clock.now();
        let last = self.guide.steps(route).len() - 1;
        let mut walk = Walk {
            desk: self.desk.clone(),
            guide: self.guide,
            rules: self.about.rules,
            page,
            left_at: from.as_ref().map(|from| from.since),
            progress: from.unwrap_or(Progress {
                route,
                at: 0,
                setting: false,
                code_asked_at: None,
                since: now,
            }),
            // What is known is asked for first: only then is there something to type on the page.
            asks_password: route == Route::SignIn,
        };
        // A guide may have become shorter since.
        walk.progress.at = walk.progress.at.min(last);
        if walk.progress.setting {
            walk.progress.at = last;
        }
        let challenge = walk.challenge();
        Ok((Box::new(walk), challenge))
    }

    async fn sessions(&self, _: &mut Session) -> Result<Vec<Device>> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn end_session(&self, _: &mut Session, _: Which, _: Option<&Secret>) -> Result<Option<u32>> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn check(&self, _: &mut Session) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn reach(&self) -> Result<()> {
        match self.desk.http.send(Call::get(self.desk.base.clone())).await {
            // Whatever it says: it is there.
            Err(error) if error.kind() == ErrorKind::Offline => Err(error),
            _ => Ok(()),
        }
    }
}

struct Walk {
    desk: Desk,
    guide: &'static Guide,
    rules: PasswordRules,
    page: Option<FoundPage>,
    progress: Progress,
    left_at: Option<SystemTime>,
    asks_password: bool,
}

impl Walk {
    fn step(&self) -> Option<&'static GuideStep> {
        self.guide.steps(self.progress.route).get(self.progress.at)
    }

    fn challenge(&self) -> Challenge {
        if self.asks_password {
            return Challenge::Password { current: false };
        }
        let Some(step) = self.step() else { return Challenge::NewPassword(self.rules) };
        match (step.kind, self.progress.setting) {
            (StepKind::NewPassword, false) => Challenge::NewPassword(self.rules),
            (StepKind::NewPassword, true) => Challenge::SetPassword(Box::new(self.ask(step))),
            _ => Challenge::Guide(Box::new(self.ask(step))),
        }
    }

    fn ask(&self, step: &GuideStep) -> GuideAsk {
        let steps = self.guide.steps(self.progress.route);
        let resend_at = match (step.kind, self.progress.code_asked_at) {
            (StepKind::Code { again }, Some(asked)) => Some(asked + again),
            _ => None,
        };
        let opened = steps[..=self.progress.at].iter().rev().find_map(|step| step.address.clone());
        GuideAsk {
            route: self.progress.route,
            at: self.progress.at,
            steps: steps.iter().map(|step| step.name.clone()).collect(),
            kind: step.kind,
            title: step.title.clone(),
            todo: step.todo.clone(),
            see: step.see.clone(),
            hints: step.hints.clone(),
            found: self.page.clone().filter(|_| opened.is_none()),
            page: opened.or_else(|| self.page.as_ref().map(|page| page.url.clone())),
            resend_at,
            left_at: self.left_at,
            source: self.guide.source.clone(),
            checked: self.guide.checked,
            general: self.guide.is_general(),
        }
    }

    fn go(&mut self, at: usize) -> Step {
        let now = self.desk.clock.now();
        self.left_at = None;
        self.progress = Progress { at, setting: false, since: now, ..self.progress.clone() };
        if matches!(self.step().map(|step| step.kind), Some(StepKind::Code { .. })) {
            // The site has sent it because of the step before.
            self.progress.code_asked_at = Some(now);
        }
        Step::Ask(self.challenge(), None)
    }

    fn again(&self, problem: Option<Problem>) -> Step {
        Step::Ask(self.challenge(), problem)
    }
}

#[async_trait]
impl Exchange for Walk {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        let kind = self.step().ok_or(ErrorKind::Bug)?.kind;
        let Progress { at, setting, .. } = self.progress;
        Ok(match (answer, kind) {
            (Answer::Password(_), _) if self.asks_password => {
                self.asks_password = false;
                self.again(None)
            }
            (_, _) if self.asks_password => return Err(ErrorKind::Unsupported.into()),
            (Answer::Yes, StepKind::Page | StepKind::Code { .. }) => self.go(at + 1),
            (Answer::Resend, StepKind::Code { .. }) => self.go(at),
            (Answer::StepBack, _) if at > 0 && !setting => self.go(at - 1),
            (Answer::StartOver, _) if !setting => self.go(0),
            (Answer::NewPassword(_), StepKind::NewPassword) if !setting => {
                self.progress.setting = true;
                self.progress.since = self.desk.clock.now();
                self.again(None)
            }
            (Answer::Yes, StepKind::NewPassword) if setting => {
                Step::Done(Outcome::PasswordChanged { session: None, sessions_ended: None })
            }
            (Answer::No, StepKind::NewPassword) if setting => {
                self.go(at);
                self.again(Some(Problem::NotTaken))
            }
            (Answer::Yes, StepKind::Password | StepKind::Check) => Step::Done(Outcome::Entered),
            (Answer::No, StepKind::Password) => {
                self.asks_password = true;
                self.again(Some(Problem::WrongPassword))
            }
            (Answer::No, StepKind::Check) => self.go(0),
            _ => return Err(ErrorKind::Unsupported.into()),
        })
    }

    fn progress(&self) -> Option<&Progress> {
        Some(&self.progress)
    }
}
