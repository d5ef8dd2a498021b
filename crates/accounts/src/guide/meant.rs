//! What somebody means who has never seen Regain, and types "I forgot my AliExpress password".

/// What was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// It says that the password is lost.
    pub lost: bool,
    /// What is left of it: a site's name or address.
    pub rest: String,
}

/// Words that say that something is lost, by their beginnings.
const LOST: [&str; 17] = [
    "forg",
    "lost",
    "reset",
    "recover",
    "restore",
    "cannot",
    "can't",
    "забы",
    "потеря",
    "восстанов",
    "сброс",
    "vergess",
    "verlor",
    "zurücksetz",
    "olvid",
    "perd",
    "recuper",
];

/// Words around a site's name, whole.
const AROUND: [&str; 76] = [
    "i",
    "i've",
    "my",
    "the",
    "a",
    "an",
    "to",
    "for",
    "at",
    "on",
    "of",
    "from",
    "in",
    "into",
    "is",
    "have",
    "get",
    "log",
    "login",
    "sign",
    "password",
    "account",
    "back",
    "website",
    "site",
    "please",
    "help",
    "я",
    "мой",
    "моего",
    "от",
    "к",
    "на",
    "для",
    "в",
    "во",
    "не",
    "могу",
    "войти",
    "вход",
    "пароль",
    "пароля",
    "аккаунт",
    "аккаунта",
    "сайт",
    "сайта",
    "с",
    "ich",
    "habe",
    "hab",
    "mein",
    "meine",
    "das",
    "den",
    "für",
    "bei",
    "von",
    "zu",
    "passwort",
    "kennwort",
    "konto",
    "nicht",
    "rein",
    "komme",
    "bin",
    "yo",
    "he",
    "mi",
    "la",
    "el",
    "de",
    "en",
    "para",
    "contraseña",
    "clave",
    "cuenta",
];

/// Reads what was typed. A text that is a name or an address alone is left as it is.
pub fn meant(text: &str) -> Meant {
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &str| folded(word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\''));
    let is_lost = |word: &str| LOST.iter().any(|start| bare(word).starts_with(start));
    let is_around = |word: &str| is_lost(word) || AROUND.contains(&bare(word).as_str());
    if words.len() < 2 {
        return Meant { lost: false, rest: text.trim().to_owned() };
    }
    let rest: Vec<&str> = words.iter().copied().filter(|word| !is_around(word)).collect();
    let edge = |c: char| matches!(c, '.' | ',' | '!' | '?' | '"' | '“' | '”' | '«' | '»' | '„');
    Meant { lost: words.iter().any(|word| is_lost(word)), rest: rest.join(" ").trim_matches(edge).to_owned() }
}

/// Typographic apostrophes and capitals are no difference.
fn folded(text: &str) -> String {
    text.trim().to_lowercase().replace('’', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_four_languages() {
        for (text, lost, rest) in [
            ("I forgot my AliExpress password", true, "AliExpress"),
            ("i’ve lost the password for aliexpress.com!", true, "aliexpress.com"),
            ("can't log into Ali Express", true, "Ali Express"),
            ("забыла пароль от Алиэкспресс", true, "Алиэкспресс"),
            ("не могу войти в алиэкспресс", false, "алиэкспресс"),
            ("Ich habe mein Passwort für AliExpress vergessen", true, "AliExpress"),
            ("olvidé la contraseña de AliExpress", true, "AliExpress"),
            ("AliExpress", false, "AliExpress"),
            ("forgot", false, "forgot"),
            ("The Home Depot", false, "Home Depot"),
            ("  ", false, ""),
        ] {
            assert_eq!(meant(text), Meant { lost, rest: rest.into() }, "{text}");
        }
    }
}
