//! What letters say about passkeys.

mod de;
mod en;
mod es;
mod ru;

use crate::language::Language;
use crate::mail::PasskeyMatter;

/// The words of one language.
pub(super) struct Words {
    pub(super) passkey: &'static str,
    added_subject: fn(server: &str) -> String,
    added_title: &'static str,
    added_lead: fn(server: &str) -> String,
    pub(super) added_hint: &'static str,
    added_not_you: &'static str,
    copied_subject: fn(server: &str) -> String,
    copied_title: &'static str,
    copied_lead: fn(server: &str) -> String,
    copied_not_you: &'static str,
    /// After what is said of every changed password.
    still_there: fn(passkeys: usize) -> String,
}

/// Subject, title, lead, and what to do if it was somebody else.
pub(super) fn say(
    language: Language,
    matter: &PasskeyMatter,
    server: &str,
) -> (String, &'static str, String, String) {
    let words = of(language);
    match matter {
        PasskeyMatter::Added { .. } => (
            (words.added_subject)(server),
            words.added_title,
            (words.added_lead)(server),
            words.added_not_you.to_owned(),
        ),
        PasskeyMatter::Copied { .. } => (
            (words.copied_subject)(server),
            words.copied_title,
            (words.copied_lead)(server),
            words.copied_not_you.to_owned(),
        ),
        PasskeyMatter::PasswordChanged { passkeys } => {
            let changed = super::of(language);
            let lead = format!("{} {}", (changed.changed_lead)(server), (words.still_there)(*passkeys));
            let not_you = changed.changed_not_you.to_owned();
            ((changed.changed_subject)(server), changed.changed_title, lead, not_you)
        }
    }
}

pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::Ru => &ru::WORDS,
        Language::De => &de::WORDS,
        Language::Es => &es::WORDS,
    }
}
