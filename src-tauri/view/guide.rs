//! Guides: sites that only the person can talk to.

use std::collections::BTreeMap;

use serde::Serialize;
use specta::Type;

use super::{IntentKind, ServerView};

/// A text by the codes of its languages; English is always there. Parts between `**` are what stands on the site.
pub type Texts = BTreeMap<String, String>;

/// A step of a guide.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GuideView {
    /// Its place among the steps, from 0.
    pub at: u32,
    /// A few words for each step.
    pub steps: Vec<Texts>,
    pub does: GuideStepKind,
    pub title: Texts,
    pub todo: Vec<Texts>,
    pub see: Option<Texts>,
    /// What to look into if nothing comes.
    pub hints: Vec<Texts>,
    /// The page that it is done on, to be shown.
    pub page: Option<String>,
    /// How that page was found; `None`: it stands in the guide.
    pub found_by: Option<PageFoundBy>,
    /// The site was to be asked for its page, and did not answer.
    pub unreached: bool,
    /// The host that the page leads to, where that is another one than the site's.
    pub elsewhere: Option<String>,
    /// Seconds until the site gives a new code.
    pub resend_in: Option<u32>,
    /// The person left at this step, then, and has come back.
    pub left_at: Option<u32>,
    pub source: Texts,
    pub checked_at: u32,
    /// It was written for every site, and not for this one.
    pub general: bool,
    /// A password can be shown and copied.
    pub password: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum GuideStepKind {
    Page,
    Code,
    NewPassword,
    Password,
    Check,
}

/// How the page of a site was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PageFoundBy {
    /// The site names it (W3C, "A Well-Known URL for Changing Passwords").
    WellKnown,
    /// The site list names it.
    List,
    /// It is the site's front page.
    FrontPage,
}

/// A guide that was begun and left.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GuideLeft {
    /// What it was begun for.
    pub intent: IntentKind,
    /// Place of the step, from 1.
    pub step: u32,
    pub since: u32,
    /// A new password was shown: only the person knows whether the site has taken it.
    pub setting: bool,
}

/// A site that was meant by what was typed.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SiteView {
    pub server: ServerView,
    /// There is a guide of its own, last checked then.
    pub checked_at: Option<u32>,
}

/// What was understood of what was typed.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SitesView {
    /// The likeliest first.
    pub sites: Vec<SiteView>,
    /// What was meant, without the words around it.
    pub meant: String,
    /// It says that the password is lost.
    pub lost: bool,
}
