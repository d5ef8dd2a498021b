//! Steps of guides.

use std::time::SystemTime;

use accounts::Account;
use accounts::guide::{Route, StepKind, Words};
use accounts::provider::GuideAsk;
use accounts::site::{By, Looked};

use super::{seconds, span};
use crate::view::{GuideLeft, GuideStepKind, GuideView, IntentKind, PageFoundBy, Texts};

pub fn step(ask: &GuideAsk, account: &Account, now: SystemTime) -> GuideView {
    let put = |words: &Words| texts(&words.with(&account.identifier, &account.name));
    let all = |words: &[Words]| words.iter().map(put).collect();
    GuideView {
        at: u32::try_from(ask.at).unwrap_or_default(),
        steps: all(&ask.steps),
        does: match ask.kind {
            StepKind::Page => GuideStepKind::Page,
            StepKind::Code { .. } => GuideStepKind::Code,
            StepKind::NewPassword => GuideStepKind::NewPassword,
            StepKind::Password => GuideStepKind::Password,
            StepKind::Check => GuideStepKind::Check,
        },
        title: put(&ask.title),
        todo: all(&ask.todo),
        see: ask.see.as_ref().map(put),
        hints: all(&ask.hints),
        page: ask.page.as_ref().map(|page| page.as_str().to_owned()),
        found_by: ask.found.as_ref().map(|found| match found.by {
            By::WellKnown => PageFoundBy::WellKnown,
            By::List => PageFoundBy::List,
            By::FrontPage => PageFoundBy::FrontPage,
        }),
        unreached: ask.found.as_ref().is_some_and(|found| found.looked != Looked::Answered),
        elsewhere: ask.found.as_ref().and_then(|found| found.elsewhere.clone()),
        resend_in: ask.resend_at.map(|at| span(at.duration_since(now).unwrap_or_default())),
        left_at: ask.left_at.map(seconds),
        source: texts(&ask.source),
        checked_at: seconds(ask.checked),
        general: ask.general,
        password: matches!(ask.kind, StepKind::NewPassword | StepKind::Password),
    }
}

/// What was begun at the account's site and left.
pub fn left(account: &Account) -> Option<GuideLeft> {
    let progress = account.guide.as_ref()?;
    Some(GuideLeft {
        intent: match progress.route {
            Route::Recover => IntentKind::Recover,
            Route::Change => IntentKind::ChangePassword,
            Route::SignIn => IntentKind::SignIn,
            Route::Phone => IntentKind::Pair,
        },
        step: u32::try_from(progress.at).unwrap_or_default().saturating_add(1),
        since: seconds(progress.since),
        setting: progress.setting,
    })
}

fn texts(words: &Words) -> Texts {
    words.all().map(|(language, text)| (language.to_owned(), text.to_owned())).collect()
}
