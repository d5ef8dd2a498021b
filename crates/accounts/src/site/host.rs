use std::fmt;

use url::{Host as UrlHost, Url};

use crate::address::{self, AddressProblem};

/// A site's name in DNS, in the form that is sent there: lower case and punycode, without a dot at its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(String);

impl Host {
    /// Reads the host of an address, with or without its scheme; port 443 only, no address in numbers.
    pub fn read(typed: &str) -> Result<Self, AddressProblem> {
        let typed = typed.trim();
        let secure = match typed.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("http://") => format!("https://{}", &typed[7..]),
            _ => typed.to_owned(),
        };
        Self::of(&address::parse(&secure)?).ok_or(AddressProblem::NotAnAddress)
    }

    /// The host of an address that may be opened and asked: https on its own port, by name, without a person's name in it.
    pub fn of(url: &Url) -> Option<Self> {
        let plain = url.scheme() == "https"
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match url.host() {
            Some(UrlHost::Domain(name)) if plain => {
                let name = name.strip_suffix('.').unwrap_or(name);
                // A name without a dot is a computer in one's own network.
                name.contains('.').then(|| Self(name.to_owned()))
            }
            _ => None,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a person may read it: an international name in its own letters where they cannot pass for others.
    pub fn shown(&self) -> String {
        // Where even the last part has letters of its own, nobody expects Latin ones.
        let latin = !self.0.rsplit('.').next().is_some_and(|last| last.starts_with("xn--"));
        let labels: Vec<String> = self.0.split('.').map(|label| shown(label, latin)).collect();
        labels.join(".")
    }

    /// What one owner registered, by the public suffix list; a public suffix is its own.
    pub fn registrable(&self) -> Self {
        Self(psl::domain_str(&self.0).unwrap_or(&self.0).to_owned())
    }

    /// Whether both belong to one owner.
    pub fn is_same_site(&self, other: &Self) -> bool {
        self.registrable() == other.registrable()
    }

    /// The host itself, then what it is part of, up to what its owner registered.
    pub fn with_parents(&self) -> impl Iterator<Item = &str> {
        let end = self.registrable().0.len();
        std::iter::successors(Some(self.0.as_str()), move |host| {
            host.split_once('.').map(|(_, parent)| parent).filter(|parent| parent.len() >= end)
        })
    }

    /// The address of a path on it.
    pub fn at(&self, path: &str) -> Option<Url> {
        Url::parse(&format!("https://{}/", self.0)).and_then(|front| front.join(path)).ok()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One label, decoded where all of its letters are of one script and, where Latin ones are expected, do not all look like
/// those. This is stricter than UTS #39 and needs no table of confusables: what is not known here stays punycode.
fn shown(label: &str, latin: bool) -> String {
    if !label.starts_with("xn--") {
        return label.to_owned();
    }
    let (decoded, problems) = idna::domain_to_unicode(label);
    let mut letters = decoded.chars().filter(|c| !matches!(c, '0'..='9' | '-'));
    let script = letters.next().and_then(script_of);
    let of_one = script.is_some() && letters.all(|c| script_of(c) == script);
    let own = !latin || decoded.chars().any(|c| c.is_alphabetic() && !LIKE_LATIN.contains(c));
    if problems.is_ok() && of_one && own { decoded } else { label.to_owned() }
}

/// Cyrillic and Greek letters that pass for Latin ones, as a whole word of them would (“аррӏе”).
const LIKE_LATIN: &str = "асԁеԍһіјӏорԛѕԝхуъьҽпгѵѡαγικνορσςτυχω";

#[derive(PartialEq, Eq, Clone, Copy)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
    Devanagari,
    Thai,
    Hangul,
    /// Japanese writes one word with three scripts.
    Han,
}

fn script_of(letter: char) -> Option<Script> {
    Some(match letter {
        // Without the dotless i, kra and the long s.
        '\u{131}' | '\u{138}' | '\u{17f}' => return None,
        'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' | '\u{100}'..='\u{17f}' => Script::Latin,
        'α'..='ω' | 'ά'..='ώ' => Script::Greek,
        'а'..='ё' | 'ђ'..='џ' | 'ґ' | 'ӏ' => Script::Cyrillic,
        'א'..='ת' => Script::Hebrew,
        '\u{620}'..='\u{64a}' | 'پ' | 'چ' | 'ژ' | 'ک' | 'گ' | 'ی' => Script::Arabic,
        '\u{904}'..='\u{94d}' => Script::Devanagari,
        '\u{e01}'..='\u{e4e}' => Script::Thai,
        '\u{ac00}'..='\u{d7a3}' => Script::Hangul,
        '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '々' | 'ー' => {
            Script::Han
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(typed: &str) -> Host {
        Host::read(typed).unwrap()
    }

    #[test]
    fn of_an_address_the_host_is_kept() {
        for (typed, is) in [
            (" AliExpress.COM ", "aliexpress.com"),
            ("https://de.aliexpress.com/some?x#y", "de.aliexpress.com"),
            ("http://aliexpress.com", "aliexpress.com"),
            ("HTTP://aliexpress.com", "aliexpress.com"),
            ("aliexpress.com:443", "aliexpress.com"),
            ("aliexpress.com.", "aliexpress.com"),
            ("почта.рф", "xn--80a1acny.xn--p1ai"),
        ] {
            assert_eq!(host(typed).as_str(), is, "{typed}");
        }
        for typed in
            ["aliexpress", "a.example:8443", "1.1.1.1", "https://[2606:4700::1111]", "0x7f.1", "localhost"]
        {
            assert_eq!(Host::read(typed), Err(AddressProblem::NotAnAddress), "{typed}");
        }
    }

    #[test]
    fn an_international_name_is_shown_only_where_it_cannot_deceive() {
        for shown in [
            "почта.рф",
            "müller.de",
            "straße.de",
            "日本語.jp",
            "ひらがな漢字.jp",
            "한국.kr",
            "ελλάδα.gr",
            "сбер.com",
            "рос.рф",
            "сбербанк24.рф",
        ] {
            assert_eq!(host(shown).shown(), shown);
        }
        // All-Cyrillic “apple”, one Cyrillic letter in it, a dotless i, a Greek one that mixes.
        for typed in ["аррӏе.com", "аpple.com", "paypaı.com", "сосо.com", "αpple.com", "müllеr.de"]
        {
            let host = host(typed);
            assert!(host.as_str().starts_with("xn--"), "{typed}");
            assert_eq!(host.shown(), host.as_str(), "{typed}");
        }
        assert_eq!(Host("xn--notarealidn0000000.com".into()).shown(), "xn--notarealidn0000000.com");
    }

    #[test]
    fn one_owner_is_told_from_another() {
        for (a, b, same) in [
            ("login.aliexpress.com", "aliexpress.com", true),
            ("a.co.uk", "b.co.uk", false),
            ("shop.a.co.uk", "a.co.uk", true),
            ("jana.github.io", "paul.github.io", false),
            ("личный.почта.рф", "почта.рф", true),
            ("aliexpress.com", "aliexpress.com.evil.example", false),
            ("co.uk", "a.co.uk", false),
        ] {
            assert_eq!(host(a).is_same_site(&host(b)), same, "{a} {b}");
        }
    }

    #[test]
    fn the_way_up_ends_at_what_was_registered() {
        let login = host("a.login.shop.co.uk");
        assert_eq!(
            login.with_parents().collect::<Vec<_>>(),
            ["a.login.shop.co.uk", "login.shop.co.uk", "shop.co.uk"]
        );
        assert_eq!(host("co.uk").with_parents().collect::<Vec<_>>(), ["co.uk"]);
    }

    #[test]
    fn only_what_may_be_opened_has_a_host() {
        for (url, may) in [
            ("https://a.example/x?y", true),
            ("https://a.example:443/", true),
            ("http://a.example/", false),
            ("https://a.example:8443/", false),
            ("https://jana@a.example/", false),
            ("https://10.0.0.1/", false),
            ("https://localhost/", false),
            ("ftp://a.example/", false),
            ("data:text/html,x", false),
        ] {
            assert_eq!(Host::of(&Url::parse(url).unwrap()).is_some(), may, "{url}");
        }
    }
}
