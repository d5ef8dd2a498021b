//! What each letter says, in each language.

mod de;
mod en;
mod es;
mod passkeys;
mod ru;
mod settings;

pub(crate) use settings::kind;

use super::{Access, Letter, Matter, PasskeyMatter};
use crate::config::Config;
use crate::language::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A letter in words, not yet laid out.
pub(super) struct Page {
    pub(super) language: &'static str,
    pub(super) server: String,
    pub(super) practice: Option<&'static str>,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) greeting: String,
    pub(super) lead: String,
    pub(super) key: Key,
    pub(super) facts: Vec<(&'static str, String)>,
    /// Two sentences: the question and what to do.
    pub(super) wasnt_you: (&'static str, String),
    pub(super) footer: String,
}

/// What the person needs from the letter.
pub(super) enum Key {
    None,
    /// The code, and the line that binds it to the site for programs that fill it in.
    Code {
        code: String,
        bound: String,
    },
    Link {
        link: String,
        hint: &'static str,
    },
}

/// The words of one language.
struct Words {
    months: [&'static str; 12],
    /// Day, month and year, then the time and zone.
    moment: fn(day: i8, month: &str, year: i16, time: &str) -> String,
    /// A time of day, then "(10 minutes)".
    works_until: fn(time: &str, minutes: i64) -> String,
    practice: &'static str,
    greeting: fn(person: &str) -> String,
    greeting_unnamed: &'static str,
    device: &'static str,
    network: &'static str,
    asked_at: &'static str,
    happened_at: &'static str,
    account: &'static str,
    until: &'static str,
    purpose: &'static str,
    purpose_reset: &'static str,
    wasnt_you: &'static str,
    footer: fn(server: &str) -> String,
    code_subject: fn(code: &str, server: &str) -> String,
    code_title: &'static str,
    code_lead: fn(server: &str) -> String,
    code_not_you: fn(server: &str) -> String,
    link_subject: fn(server: &str) -> String,
    link_title: &'static str,
    link_lead: fn(server: &str) -> String,
    link_hint: &'static str,
    link_not_you: &'static str,
    changed_subject: fn(server: &str) -> String,
    changed_title: &'static str,
    changed_lead: fn(server: &str) -> String,
    changed_not_you: &'static str,
    device_subject: fn(server: &str) -> String,
    device_title: &'static str,
    device_lead: fn(server: &str) -> String,
    device_not_you: &'static str,
    used_subject: fn(server: &str) -> String,
    used_title: &'static str,
    used_lead: fn(left: usize) -> String,
    used_not_you: &'static str,
    computer_subject: fn(server: &str) -> String,
    computer_title: &'static str,
    computer_lead: fn(server: &str) -> String,
    phone_subject: fn(server: &str) -> String,
    phone_title: &'static str,
    phone_lead: fn(server: &str) -> String,
    not_me_hint: &'static str,
    not_me_not_you: &'static str,
}

/// What a letter says about its matter.
struct Said {
    subject: String,
    title: &'static str,
    lead: String,
    not_you: String,
    /// Of a code, a link or what comes in their place.
    purpose: Option<&'static str>,
    /// In place of the one of every letter.
    footer: Option<String>,
}

pub(super) fn page(letter: &Letter, config: &Config) -> Page {
    let words = of(letter.language);
    let server = config.name.as_str();
    let zone = config.zone();
    let when = moment(letter.language, letter.at, &zone);
    let said = say(letter.language, &letter.matter, server);

    let mut facts = vec![(words.account, letter.identifier.clone())];
    facts.extend(said.purpose.map(|purpose| (words.purpose, purpose.to_owned())));
    if let Matter::Access(Access::Changed { address: Some(address), .. }) = &letter.matter {
        facts.push((settings::of(letter.language).address, address.clone()));
    }
    if let Matter::Passkey(PasskeyMatter::Added { name, .. } | PasskeyMatter::Copied { name }) =
        &letter.matter
    {
        facts.push((passkeys::of(letter.language).passkey, name.clone()));
    }
    // The operator's acts have none.
    if !letter.device.is_empty() {
        facts.push((words.device, letter.device.clone()));
    }
    if let Some(network) = &letter.network {
        facts.push((words.network, network.clone()));
    }
    facts.push((if said.purpose.is_some() { words.asked_at } else { words.happened_at }, when));
    if let Matter::Code { until, .. }
    | Matter::Link { until, .. }
    | Matter::Access(Access::SignUpCode { until, .. } | Access::AddressCode { until, .. }) = letter.matter
    {
        let minutes = (until - letter.at) / 60;
        facts.push((words.until, (words.works_until)(&clock(until, &zone), minutes)));
    }
    Page {
        language: letter.language.tag(),
        server: server.to_owned(),
        practice: config.practice.then_some(words.practice),
        subject: said.subject,
        title: said.title.to_owned(),
        greeting: if letter.person.is_empty() {
            words.greeting_unnamed.to_owned()
        } else {
            (words.greeting)(&letter.person)
        },
        lead: said.lead,
        key: key(words, letter, config),
        facts,
        wasnt_you: (words.wasnt_you, said.not_you),
        footer: said.footer.unwrap_or_else(|| (words.footer)(server)),
    }
}

fn key(words: &Words, letter: &Letter, config: &Config) -> Key {
    match &letter.matter {
        Matter::Code { code, .. }
        | Matter::Access(Access::SignUpCode { code, .. } | Access::AddressCode { code, .. }) => {
            Key::Code { code: code.clone(), bound: format!("@{} #{code}", config.host()) }
        }
        Matter::Link { token, .. } => {
            Key::Link { link: format!("{}recover#{token}", config.public_url), hint: words.link_hint }
        }
        Matter::NewComputer { token } | Matter::NewPhone { token } => {
            Key::Link { link: format!("{}not-me?t={token}", config.public_url), hint: words.not_me_hint }
        }
        Matter::Access(
            Access::Changed { token: Some(token), .. } | Access::CodesByOperator { token: Some(token) },
        ) => Key::Link {
            link: format!("{}revoke?t={token}", config.public_url),
            hint: settings::of(letter.language).changed_hint,
        },
        Matter::Passkey(PasskeyMatter::Added { token, .. }) => Key::Link {
            link: format!("{}not-my-passkey?t={token}", config.public_url),
            hint: passkeys::of(letter.language).added_hint,
        },
        _ => Key::None,
    }
}

fn say(language: Language, matter: &Matter, server: &str) -> Said {
    let words = of(language);
    let (subject, title, lead, not_you) = match matter {
        Matter::Code { code, .. } => (
            (words.code_subject)(code, server),
            words.code_title,
            (words.code_lead)(server),
            (words.code_not_you)(server),
        ),
        Matter::Link { .. } => (
            (words.link_subject)(server),
            words.link_title,
            (words.link_lead)(server),
            words.link_not_you.to_owned(),
        ),
        Matter::PasswordChanged => (
            (words.changed_subject)(server),
            words.changed_title,
            (words.changed_lead)(server),
            words.changed_not_you.to_owned(),
        ),
        Matter::NewDevice => (
            (words.device_subject)(server),
            words.device_title,
            (words.device_lead)(server),
            words.device_not_you.to_owned(),
        ),
        Matter::RecoveryCodeUsed { left } => (
            (words.used_subject)(server),
            words.used_title,
            (words.used_lead)(*left),
            words.used_not_you.to_owned(),
        ),
        Matter::NewComputer { .. } => (
            (words.computer_subject)(server),
            words.computer_title,
            (words.computer_lead)(server),
            words.not_me_not_you.to_owned(),
        ),
        Matter::NewPhone { .. } => (
            (words.phone_subject)(server),
            words.phone_title,
            (words.phone_lead)(server),
            words.not_me_not_you.to_owned(),
        ),
        Matter::Passkey(matter) => passkeys::say(language, matter, server),
        Matter::Access(about) => return settings::say(language, about, server),
    };
    let reset = matches!(matter, Matter::Code { .. } | Matter::Link { .. });
    Said { subject, title, lead, not_you, purpose: reset.then_some(words.purpose_reset), footer: None }
}

fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::Ru => &ru::WORDS,
        Language::De => &de::WORDS,
        Language::Es => &es::WORDS,
    }
}

/// `15 January 2027, 08:00 UTC`
pub(crate) fn moment(language: Language, at: i64, zone: &TimeZone) -> String {
    let words = of(language);
    let Ok(stamp) = Timestamp::from_second(at) else {
        return at.to_string();
    };
    let there = stamp.to_zoned_datetime(zone.clone());
    let month = usize::try_from(there.month() - 1)
        .ok()
        .and_then(|month| words.months.get(month))
        .copied()
        .unwrap_or_default();
    (words.moment)(there.day(), month, there.year(), &clock(at, zone))
}

/// `14:32 CET`
fn clock(at: i64, zone: &TimeZone) -> String {
    Timestamp::from_second(at).map_or_else(
        |_| at.to_string(),
        |stamp| stamp.to_zoned_datetime(zone.clone()).strftime("%H:%M %Z").to_string(),
    )
}
