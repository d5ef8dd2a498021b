//! What letters say about signing up, and about what gets a person back in.

mod de;
mod en;
mod es;
mod ru;

use super::Said;
use crate::language::Language;
use crate::mail::Access;
use crate::storage::ChangeKind;

/// The words of one language.
pub(super) struct Words {
    pub(super) address: &'static str,
    purpose_sign_up: &'static str,
    purpose_address: &'static str,
    /// Beneath a letter to somebody who may have no account.
    sign_up_footer: fn(server: &str) -> String,
    sign_up_title: &'static str,
    sign_up_lead: fn(server: &str) -> String,
    sign_up_not_you: &'static str,
    taken_subject: fn(server: &str) -> String,
    taken_title: &'static str,
    taken_lead: fn(server: &str) -> String,
    address_title: &'static str,
    address_lead: fn(server: &str) -> String,
    address_not_you: &'static str,
    in_use_subject: fn(server: &str) -> String,
    in_use_title: &'static str,
    in_use_lead: fn(server: &str) -> String,
    nothing_changed: &'static str,
    changed_subject: fn(server: &str) -> String,
    kind: fn(kind: ChangeKind) -> &'static str,
    changed_lead: fn(server: &str) -> String,
    /// Goes on after it, before the link.
    changed_link: &'static str,
    pub(super) changed_hint: &'static str,
    changed_not_you: &'static str,
    /// For an address that may not put it back.
    told_not_you: &'static str,
    operator_lead: fn(server: &str) -> String,
    operator_not_you: &'static str,
    put_back_subject: fn(server: &str) -> String,
    put_back_title: &'static str,
    put_back_lead: fn(server: &str) -> String,
    put_back_not_you: &'static str,
}

pub(super) fn say(language: Language, about: &Access, server: &str) -> Said {
    let words = of(language);
    // That of every code.
    let code_subject = |code| (super::of(language).code_subject)(code, server);
    match about {
        Access::SignUpCode { code, .. } => Said {
            subject: code_subject(code),
            title: words.sign_up_title,
            lead: (words.sign_up_lead)(server),
            not_you: words.sign_up_not_you.to_owned(),
            purpose: Some(words.purpose_sign_up),
            footer: Some((words.sign_up_footer)(server)),
        },
        Access::SignUpTaken => Said {
            subject: (words.taken_subject)(server),
            title: words.taken_title,
            lead: (words.taken_lead)(server),
            not_you: words.nothing_changed.to_owned(),
            purpose: Some(words.purpose_sign_up),
            footer: Some((words.sign_up_footer)(server)),
        },
        Access::AddressCode { code, .. } => Said {
            subject: code_subject(code),
            title: words.address_title,
            lead: (words.address_lead)(server),
            not_you: words.address_not_you.to_owned(),
            purpose: Some(words.purpose_address),
            footer: Some((words.sign_up_footer)(server)),
        },
        Access::AddressTaken => Said {
            subject: (words.in_use_subject)(server),
            title: words.in_use_title,
            lead: (words.in_use_lead)(server),
            not_you: words.nothing_changed.to_owned(),
            purpose: Some(words.purpose_address),
            footer: Some((words.sign_up_footer)(server)),
        },
        Access::Changed { kind, token, .. } => {
            let lead = (words.changed_lead)(server);
            Said {
                subject: (words.changed_subject)(server),
                title: (words.kind)(*kind),
                lead: if token.is_some() { format!("{lead} {}", words.changed_link) } else { lead },
                not_you: token.as_ref().map_or(words.told_not_you, |_| words.changed_not_you).to_owned(),
                purpose: None,
                footer: None,
            }
        }
        Access::CodesByOperator { token } => {
            let lead = (words.operator_lead)(server);
            Said {
                subject: (words.changed_subject)(server),
                title: (words.kind)(ChangeKind::RecoveryCodes),
                lead: if token.is_some() { format!("{lead} {}", words.changed_link) } else { lead },
                not_you: token.as_ref().map_or(words.told_not_you, |_| words.operator_not_you).to_owned(),
                purpose: None,
                footer: None,
            }
        }
        Access::PutBack => Said {
            subject: (words.put_back_subject)(server),
            title: words.put_back_title,
            lead: (words.put_back_lead)(server),
            not_you: words.put_back_not_you.to_owned(),
            purpose: None,
            footer: None,
        },
    }
}

/// What a change was, in a sentence.
pub(crate) fn kind(language: Language, kind: ChangeKind) -> &'static str {
    (of(language).kind)(kind)
}

pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::Ru => &ru::WORDS,
        Language::De => &de::WORDS,
        Language::Es => &es::WORDS,
    }
}
