//! What the pages say about passkeys, in each language.

mod de;
mod en;
mod es;
mod ru;

use super::super::words::Pair;
use crate::language::Language;

/// The words of one language.
pub(super) struct Words {
    pub(super) enter: &'static str,
    pub(super) approve: &'static str,
    pub(super) refused: Pair,
    /// Said by the page's script.
    pub(super) failed: &'static str,
    pub(super) known: &'static str,

    pub(super) list: Pair,
    pub(super) list_empty: &'static str,
    pub(super) passkey: &'static str,
    pub(super) added_at: &'static str,
    pub(super) last_used: &'static str,
    pub(super) remove: &'static str,
    pub(super) add: &'static str,
    pub(super) add_lead: &'static str,
    pub(super) name: &'static str,
    pub(super) add_button: &'static str,
    pub(super) no_script: &'static str,
    /// The server's address has no name.
    pub(super) no_domain: &'static str,
    pub(super) weak: &'static str,
    pub(super) not_added: Pair,
    pub(super) not_discoverable: Pair,
    pub(super) full: Pair,

    pub(super) not_mine: Pair,
    pub(super) not_mine_button: &'static str,
    pub(super) not_mine_done: Pair,
    pub(super) not_mine_already: Pair,
}

pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::Ru => &ru::WORDS,
        Language::De => &de::WORDS,
        Language::Es => &es::WORDS,
    }
}
