//! Guides: the steps of a site's recovery as data, for sites without an API. The files stand in `guides/`; their form, in
//! `docs/guides.md`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use url::Url;

use crate::provider::PasswordRules;

mod meant;
mod records;

pub use meant::{Meant, meant};

/// A code can be asked for again after ten seconds at the earliest, and after an hour at the latest.
const AGAIN: std::ops::RangeInclusive<u64> = 10..=3_600;
/// The guide for every site that has none of its own.
const GENERAL: &str = "general";

/// The guides that come with Regain.
static GUIDES: LazyLock<Vec<Guide>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| {
        Guide::parse(text).inspect_err(|why| tracing::error!(name, %why, "a guide cannot be used")).ok()
    };
    FILES.iter().filter_map(read).collect()
});

const FILES: [(&str, &str); 2] = [
    ("aliexpress", include_str!("../guides/aliexpress.toml")),
    (GENERAL, include_str!("../guides/general.toml")),
];

/// What a person can want at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// The password does not fit, or is lost.
    Recover,
    /// The password is known, and another one is wanted.
    Change,
    SignIn,
    /// Signing in by a phone that is signed in, with the site's own app.
    Phone,
}

impl Route {
    pub const ALL: [Self; 4] = [Self::Recover, Self::Change, Self::SignIn, Self::Phone];

    /// The name it has in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recover => "recover",
            Self::Change => "change",
            Self::SignIn => "sign_in",
            Self::Phone => "phone",
        }
    }

    /// It ends with another password than the one that is kept.
    pub const fn makes_password(self) -> bool {
        matches!(self, Self::Recover | Self::Change)
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.as_str() == name)
    }
}

/// A text in the languages that the guide has, by their codes (`en`, `ru`, …). Parts between `**` are what stands on the
/// site; `{identifier}` and `{site}` are put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(BTreeMap<String, String>);

impl Words {
    /// The text in this language, or in English.
    pub fn of(&self, language: &str) -> &str {
        self.0.get(language).or_else(|| self.0.get("en")).map(String::as_str).unwrap_or_default()
    }

    /// Every text with the code of its language.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(language, text)| (language.as_str(), text.as_str()))
    }

    /// The same with the names put in.
    pub fn with(&self, identifier: &str, site: &str) -> Self {
        // What is put in is not looked through again: an identifier may look like a mark.
        let put = |text: &String| {
            let parts = text.split("{identifier}").map(|part| part.replace("{site}", site));
            parts.collect::<Vec<_>>().join(identifier)
        };
        Self(self.0.iter().map(|(language, text)| (language.clone(), put(text))).collect())
    }
}

/// One step: what to do, and what should be seen then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideStep {
    pub kind: StepKind,
    /// A few words for a list of steps.
    pub name: Words,
    pub title: Words,
    pub todo: Vec<Words>,
    pub see: Option<Words>,
    /// What to look into if nothing comes.
    pub hints: Vec<Words>,
    /// The page to open; https only. Without it, the page is looked for.
    pub address: Option<Url>,
}

/// What a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Something is to be done on a page.
    Page,
    /// A code is on its way; another one can be asked for after that time.
    Code { again: Duration },
    /// A new password is made, and then set on the page.
    NewPassword,
    /// The password that is kept is typed on the page, which lets the person in or does not.
    Password,
    /// The last thing to do, after which the person is in or is not.
    Check,
}

/// A site's steps.
#[derive(Debug, Clone)]
pub struct Guide {
    pub id: String,
    pub name: String,
    /// Its hosts; those below them are its, too.
    pub hosts: Vec<String>,
    /// Codes of the languages that every text of it is written in; English is always one of them.
    pub languages: Vec<String>,
    /// What it asks of passwords, in the syntax of the HTML attribute `passwordrules`.
    pub rules: Option<String>,
    pub source: Words,
    /// When somebody last walked it, or when its source was written.
    pub checked: SystemTime,
    routes: BTreeMap<&'static str, Vec<GuideStep>>,
}

/// Why a guide cannot be used: for those who write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadGuide(pub String);

impl fmt::Display for BadGuide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadGuide {}

impl Guide {
    /// Reads a guide. Errors: whatever `docs/guides.md` does not allow.
    pub fn parse(text: &str) -> Result<Self, BadGuide> {
        let guide = records::read(text)?;
        guide.check()?;
        Ok(guide)
    }

    /// All guides for sites of their own.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        GUIDES.iter().filter(|guide| guide.id != GENERAL)
    }

    /// The guide for a host, or for the host above it.
    pub fn of_host(host: &str) -> Option<&'static Self> {
        let host = host.trim_end_matches('.').to_lowercase();
        let is_its = |own: &String| {
            host.strip_suffix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        Self::all().find(|guide| guide.hosts.iter().any(is_its))
    }

    /// The guide for every other site. `None` only if its file is broken.
    pub fn general() -> Option<&'static Self> {
        GUIDES.iter().find(|guide| guide.id == GENERAL)
    }

    /// It was written for every site, and not for this one.
    pub fn is_general(&self) -> bool {
        self.id == GENERAL
    }

    /// The steps; none where the guide does not know the way.
    pub fn steps(&self, route: Route) -> &[GuideStep] {
        self.routes.get(route.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn knows(&self, route: Route) -> bool {
        !self.steps(route).is_empty()
    }

    /// Every text of it, and where it stands.
    pub fn texts(&self) -> impl Iterator<Item = (String, &Words)> {
        let steps = self.routes.iter().flat_map(|(route, steps)| {
            steps.iter().enumerate().map(move |(place, step)| (format!("{route} {}", place + 1), step))
        });
        let in_steps = steps.flat_map(|(place, step)| {
            let all =
                [&step.name, &step.title].into_iter().chain(&step.todo).chain(&step.see).chain(&step.hints);
            all.map(move |words| (place.clone(), words))
        });
        std::iter::once(("source".to_owned(), &self.source)).chain(in_steps)
    }

    fn check(&self) -> Result<(), BadGuide> {
        let bad = |why: String| Err(BadGuide(format!("{}: {why}", self.id)));
        let is_id = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !is_id(&self.id) {
            return bad("an id is made of a–z, 0–9 and -".into());
        }
        if self.name.trim().is_empty() {
            return bad("a name is needed".into());
        }
        if !self.languages.iter().any(|language| language == "en") {
            return bad("English is needed: it stands in for every other language".into());
        }
        if self.hosts.is_empty() != self.is_general() {
            return bad("a guide names the hosts of its site, and the general one names none".into());
        }
        if let Some(host) = self.hosts.iter().find(|host| !is_host(host)) {
            return bad(format!("{host}: not a host's name in lower case"));
        }
        if self.rules.as_deref().is_some_and(|rules| PasswordRules::parse(rules).is_err()) {
            return bad("the rules for passwords cannot be read".into());
        }
        for (place, words) in self.texts() {
            for language in &self.languages {
                if words.0.get(language).is_none_or(|text| text.trim().is_empty()) {
                    return bad(format!("{place}: a text in {language} is missing"));
                }
            }
            for (language, text) in words.all() {
                if !self.languages.iter().any(|known| known == language) {
                    return bad(format!("{place}: a text in {language}, which the guide does not claim"));
                }
                if text.matches("**").count() % 2 == 1 {
                    return bad(format!("{place}: ** without its end"));
                }
            }
        }
        if !self.knows(Route::Recover) {
            return bad("the way back in is what a guide is for".into());
        }
        Route::ALL.into_iter().try_for_each(|route| self.check_route(route))
    }

    fn check_route(&self, route: Route) -> Result<(), BadGuide> {
        let steps = self.steps(route);
        let Some((last, before)) = steps.split_last() else { return Ok(()) };
        let end = match route {
            Route::Recover | Route::Change => StepKind::NewPassword,
            Route::SignIn => StepKind::Password,
            Route::Phone => StepKind::Check,
        };
        let name = route.as_str();
        let ends = |kind| matches!(kind, StepKind::NewPassword | StepKind::Password | StepKind::Check);
        if last.kind != end || before.iter().any(|step| ends(step.kind)) {
            return Err(BadGuide(format!("{}: {name} must end with its one {end:?} step", self.id)));
        }
        for (place, step) in steps.iter().enumerate() {
            let bad = |why: &str| Err(BadGuide(format!("{}: {name} {}: {why}", self.id, place + 1)));
            if step.todo.is_empty() {
                return bad("nothing to do");
            }
            if step.address.as_ref().is_some_and(|url| url.scheme() != "https" || !url.username().is_empty())
            {
                return bad("an address must be https, without a name in it");
            }
            let foreign = |url: &Url| {
                let host = url.host_str().unwrap_or_default();
                !self.hosts.iter().any(|own| host == own || host.ends_with(&format!(".{own}")))
            };
            if step.address.as_ref().is_some_and(foreign) {
                return bad("an address of another site");
            }
            if let StepKind::Code { again } = step.kind
                && !AGAIN.contains(&again.as_secs())
            {
                return bad("a new code comes after 10 to 3,600 seconds");
            }
        }
        Ok(())
    }
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    host.contains('.') && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::PasswordRules;

    #[test]
    fn every_guide_is_in_order() {
        for (name, text) in FILES {
            let guide = Guide::parse(text).unwrap();
            assert_eq!(guide.id, name);
            assert!(guide.rules.is_none_or(|rules| PasswordRules::parse(&rules).is_ok()), "{name}");
        }
        assert_eq!(GUIDES.len(), FILES.len());
        assert!(Guide::general().unwrap().is_general());
    }

    #[test]
    fn aliexpress_knows_every_way_in_english_and_russian() {
        let guide = Guide::of_host("login.aliexpress.com").unwrap();
        assert_eq!(guide.languages, ["en", "ru"]);
        assert!(Route::ALL.into_iter().all(|route| guide.knows(route)));
        let first = &guide.steps(Route::Recover)[0];
        assert_eq!(first.address.as_ref().unwrap().as_str(), "https://login.aliexpress.com/");
        let code = guide.steps(Route::Recover).iter().find(|step| matches!(step.kind, StepKind::Code { .. }));
        let code = code.unwrap();
        assert_eq!(code.kind, StepKind::Code { again: Duration::from_secs(60) });
        assert_eq!(code.hints.len(), 4);
        assert!(first.title.of("ru").contains("AliExpress"));
        assert_eq!(first.title.of("de"), first.title.of("en"), "a language that it has not");
    }

    #[test]
    fn hosts_below_are_the_sites_and_look_alikes_are_not() {
        assert!(Guide::of_host("aliexpress.com").is_some());
        assert!(Guide::of_host("DE.AliExpress.com.").is_some());
        for other in ["notaliexpress.com", "aliexpress.com.example", "aliexpress", ""] {
            assert!(Guide::of_host(other).is_none(), "{other}");
        }
    }

    #[test]
    fn what_is_put_in_is_not_read_again() {
        let words = Words([("en".to_owned(), "Type {identifier} at {site}".to_owned())].into());
        assert_eq!(words.with("{site}@x", "Shop").of("en"), "Type {site}@x at Shop");
    }

    #[test]
    fn a_broken_guide_says_where() {
        let good = FILES[0].1;
        for (from, to, why) in [
            ("https://login.aliexpress.com/", "http://login.aliexpress.com/", "https"),
            ("https://login.aliexpress.com/", "https://aliexpress.example/", "another site"),
            ("https://login.aliexpress.com/", "https://jana@login.aliexpress.com/", "without a name"),
            ("again = 60", "again = 1", "10 to 3,600"),
            ("languages = [\"en\", \"ru\"]", "languages = [\"en\", \"ru\", \"de\"]", "de is missing"),
            ("languages = [\"en\", \"ru\"]", "languages = [\"en\"]", "does not claim"),
            ("ru = \"Код из письма\"", "ru = \" \"", "ru is missing"),
            ("kind = \"new_password\"", "kind = \"page\"", "must end"),
            ("kind = \"code\"", "kind = \"dance\"", "dance"),
            ("format = 1", "format = 2", "format"),
            ("id = \"aliexpress\"", "id = \"Ali Express\"", "an id"),
            ("checked = 2023-02-02", "checked = 2023-02-02T10:00:00", "no day"),
            ("press **Continue**.", "press **Continue.", "without its end"),
            ("minlength: 6", "minlength: many", "rules"),
            ("\"aliexpress.us\"", "\"AliExpress\"", "host"),
            ("hosts = [", "colour = \"red\"\nhosts = [", "colour"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Guide::parse(&good.replace(from, to)).unwrap_err();
            assert!(error.0.contains(why), "{to}: {error}");
        }
    }
}
