//! What the phone's pages say, in each language.

mod de;
mod en;
mod es;
pub(super) mod revoke;
mod ru;

use crate::language::Language;

/// What happened or is asked, and what to do.
pub(super) type Pair = (&'static str, &'static str);

/// The words of one language.
pub(super) struct Words {
    pub(super) language: &'static str,
    pub(super) practice: &'static str,
    pub(super) go_on: &'static str,
    pub(super) deny: &'static str,
    pub(super) app: &'static str,
    pub(super) account: &'static str,
    pub(super) computer: &'static str,
    pub(super) phone: &'static str,
    pub(super) network: &'static str,
    pub(super) asked: &'static str,
    pub(super) when: &'static str,
    pub(super) own_network: &'static str,
    pub(super) other_network: &'static str,
    pub(super) this_machine: &'static str,
    pub(super) seconds_ago: fn(seconds: i64) -> String,

    pub(super) sign_in: Pair,
    pub(super) identifier: &'static str,
    pub(super) password: &'static str,
    pub(super) enter: &'static str,
    pub(super) wrong_credentials: Pair,
    pub(super) second: Pair,
    pub(super) second_label: &'static str,
    pub(super) wrong_second: Pair,
    pub(super) second_over: Pair,

    pub(super) letters: Pair,
    pub(super) letters_label: &'static str,
    pub(super) wrong_letters: Pair,

    pub(super) asking: Pair,
    pub(super) show_code: &'static str,
    pub(super) code: Pair,
    pub(super) goes_on: &'static str,
    pub(super) approve: fn(identifier: &str) -> String,
    pub(super) approve_lead: &'static str,
    pub(super) password_again: &'static str,
    pub(super) approve_button: &'static str,
    pub(super) wrong_password: Pair,
    pub(super) approved: Pair,
    pub(super) done: Pair,
    pub(super) end_again: &'static str,

    pub(super) taken: Pair,
    pub(super) qr_over: Pair,
    pub(super) over: Pair,
    pub(super) denied: Pair,
    pub(super) cancelled: Pair,
    pub(super) nothing: Pair,
    pub(super) weak: &'static str,
    pub(super) weak_until: fn(moment: &str) -> String,

    pub(super) list: Pair,
    pub(super) list_empty: &'static str,
    pub(super) still_open: &'static str,
    pub(super) end: &'static str,
    pub(super) this_phone: &'static str,
    pub(super) sign_out: &'static str,

    pub(super) link: Pair,
    pub(super) link_letters: Pair,
    pub(super) digits: Pair,
    pub(super) digits_label: &'static str,
    pub(super) wrong_digits: fn(left: u32) -> String,
    pub(super) wrong_digits_do: &'static str,
    pub(super) cancel: &'static str,
    pub(super) link_wait: Pair,
    pub(super) link_finish: Pair,
    pub(super) finish: &'static str,
    pub(super) link_done: Pair,
    pub(super) link_denied: Pair,

    pub(super) not_me: Pair,
    pub(super) not_me_button: &'static str,
    pub(super) not_me_done: Pair,
    pub(super) not_me_already: Pair,
    pub(super) not_me_bad: Pair,

    pub(super) too_often: &'static str,
    pub(super) too_often_do: fn(minutes: i64) -> String,
    pub(super) busy: Pair,
    pub(super) foreign: Pair,
    pub(super) unreadable: Pair,
    pub(super) failed: Pair,
}

pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::Ru => &ru::WORDS,
        Language::De => &de::WORDS,
        Language::Es => &es::WORDS,
    }
}

/// The first of ours in `Accept-Language`, by its weights (RFC 9110 section 12.5.4).
pub(super) fn accepted(header: &str) -> Option<Language> {
    let mut wishes: Vec<(f32, Language)> = header
        .split(',')
        .take(20)
        .filter_map(|wish| {
            let (tag, rest) = wish.split_once(';').unwrap_or((wish, ""));
            let weight = rest.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
            let primary = tag.trim().split('-').next()?.to_ascii_lowercase();
            Some((weight, primary.parse().ok()?))
        })
        .filter(|(weight, _)| *weight > 0.0)
        .collect();
    // Stable: of equal weights the first counts.
    wishes.sort_by(|one, other| other.0.total_cmp(&one.0));
    wishes.first().map(|(_, language)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_that_weighs_most() {
        for (header, language) in [
            ("de-AT,de;q=0.9,en;q=0.8", Some(Language::De)),
            ("fr,en;q=0.5,ru;q=0.7", Some(Language::Ru)),
            ("es", Some(Language::Es)),
            ("EN-us", Some(Language::En)),
            ("de;q=0, en", Some(Language::En)),
            ("fr, it;q=0.9", None),
            ("", None),
            ("de;q=nonsense", None),
        ] {
            assert_eq!(accepted(header), language, "{header}");
        }
    }
}
