//! What an identifier can look like, and which slips of the finger are common.

/// Longest identifier, in bytes (RFC 5321, 4.5.3.1: an address has 254 at most).
pub const MAX_LENGTH: usize = 254;

/// Mailbox domains that most people have; slips are looked for near these.
const DOMAINS: [&str; 34] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "hotmail.de",
    "hotmail.es",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.de",
    "yahoo.es",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "gmx.de",
    "gmx.net",
    "gmx.com",
    "web.de",
    "t-online.de",
    "freenet.de",
    "posteo.de",
    "mailbox.org",
    "mail.ru",
    "yandex.ru",
    "ya.ru",
    "rambler.ru",
    "bk.ru",
    "list.ru",
    "inbox.ru",
    "mail.com",
    "ymail.com",
];

/// Whether the text could be an identifier at all: a user name, or a complete address.
pub fn is_plausible(text: &str) -> bool {
    let text = text.trim();
    let sound = !text.is_empty()
        && text.len() <= MAX_LENGTH
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    sound
        && match text.rsplit_once('@') {
            // "@jana@social.example" and "@jana:server" are identifiers, too.
            Some(("", name)) => !name.is_empty(),
            Some((_, domain)) => {
                domain.contains('.')
                    && !domain.starts_with('.')
                    && !domain.ends_with('.')
                    && !domain.contains("..")
            }
            None => true,
        }
}

/// The domain of the mailbox, if the text is an address.
pub fn domain(text: &str) -> Option<&str> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    (!local.is_empty() && !domain.is_empty()).then_some(domain)
}

/// Whether the text is the address of a mailbox.
pub fn is_mailbox(text: &str) -> bool {
    !text.trim().starts_with('@') && domain(text).is_some() && is_plausible(text)
}

/// The address as it is shown to somebody who may be looking on: `j•••@mail.example`.
pub fn masked(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}•••@{domain}")
        }
        None => "•••".into(),
    }
}

/// "Did you mean …?": the address with a domain that is one slip away from the one typed.
pub fn suggestion(text: &str) -> Option<String> {
    let text = text.trim();
    let domain = domain(text)?.to_lowercase();
    if DOMAINS.contains(&domain.as_str()) {
        return None;
    }
    let nearest = DOMAINS.iter().map(|known| (slips(&domain, known), known)).min()?;
    // Short domains have many honest neighbours: "ma.ru" is no slip of "ya.ru".
    let allowed = if nearest.1.len() >= 9 { 2 } else { 1 };
    let close = nearest.0 <= allowed && nearest.1.len() >= 6;
    close.then(|| format!("{}@{}", &text[..text.len() - domain.len() - 1], nearest.1))
}

/// Slips between two texts: inserted, missing, wrong or swapped letters (optimal string alignment distance).
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let wrong = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + wrong);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_and_addresses_are_plausible() {
        for text in
            ["jana", "jana.koenig@mail.example", "@jana@social.example", "@jana:matrix.example", "яна"]
        {
            assert!(is_plausible(text), "{text}");
        }
    }

    #[test]
    fn half_typed_over_long_and_broken_ones_are_not() {
        let long = "a".repeat(255);
        for text in
            ["", "  ", "jana@", "jana@mail", "jana@mail.", "jana@.example", "a@b..c", "ja na", "@", &long]
        {
            assert!(!is_plausible(text), "{text}");
        }
    }

    #[test]
    fn a_masked_address_says_one_letter_and_the_domain() {
        assert_eq!(masked("jana.koenig@mail.example"), "j•••@mail.example");
        assert_eq!(masked("jana"), "•••");
    }

    #[test]
    fn a_matrix_id_and_a_user_name_are_no_mailboxes() {
        assert!(is_mailbox("jana@mail.example"));
        for text in ["jana", "@jana:mail.example", "@jana@social.example", "jana@", "@jana"] {
            assert!(!is_mailbox(text), "{text}");
        }
    }

    #[test]
    fn a_slip_in_a_known_domain_is_noticed() {
        for (typed, meant) in [
            ("jana@gmial.com", "jana@gmail.com"),
            ("jana@gmail.con", "jana@gmail.com"),
            ("jana@Hotmial.com", "jana@hotmail.com"),
            ("jana@yandx.ru", "jana@yandex.ru"),
            ("jana@outlok.com", "jana@outlook.com"),
            ("jana@t-onlin.de", "jana@t-online.de"),
        ] {
            assert_eq!(suggestion(typed).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn right_and_unknown_domains_are_left_alone() {
        for typed in [
            "jana@gmail.com",
            "jana@yahoo.de",
            "jana@dorfladen.example",
            "jana",
            "jana@ma.ru",
            "jana@mail.com",
        ] {
            assert_eq!(suggestion(typed), None, "{typed}");
        }
    }
}
