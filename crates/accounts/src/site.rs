//! Sites that are no account servers: what a person typed, where such a site changes passwords, and what is known of it.

mod follow;
mod host;
pub mod list;
mod page;

pub use host::Host;
pub use list::SiteList;
pub use page::{By, Elsewhere, Finder, Looked, Page};

use crate::address::AddressProblem;

/// Longest name that is looked for, in characters.
const LONGEST_NAME: usize = 100;

/// What was typed: a name to look for in the list, or a site's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    Name(String),
    Host(Host),
}

impl Site {
    /// Reads it. Of an address the host is kept and nothing else; http becomes https, since nothing else is ever opened.
    pub fn read(typed: &str) -> Result<Self, AddressProblem> {
        let text = typed.trim();
        match Host::read(text) {
            Ok(host) => Ok(Self::Host(host)),
            Err(AddressProblem::NotAnAddress) if is_name(text) => Ok(Self::Name(text.to_owned())),
            Err(problem) => Err(problem),
        }
    }
}

fn is_name(text: &str) -> bool {
    let of_an_address = ['/', '\\', ':', '@'];
    text.chars().count() <= LONGEST_NAME
        && text.chars().any(char::is_alphabetic)
        && !text.chars().any(|c| c.is_control() || of_an_address.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_addresses() {
        for typed in ["ali", "  Сбер ", "Али Экспресс", "7-Eleven", "Booking.com hotels", "Müller & Söhne"]
        {
            assert_eq!(Site::read(typed), Ok(Site::Name(typed.trim().to_owned())), "{typed}");
        }
        for (typed, host) in [
            ("aliexpress.com", "aliexpress.com"),
            ("https://de.aliexpress.com/some?x", "de.aliexpress.com"),
            ("http://AliExpress.com", "aliexpress.com"),
            ("сбер.рф", "сбер.рф"),
        ] {
            let Ok(Site::Host(read)) = Site::read(typed) else { panic!("{typed} is an address") };
            assert_eq!(read.shown(), host);
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        assert_eq!(Site::read(" "), Err(AddressProblem::Empty));
        let long = "a ".repeat(LONGEST_NAME);
        for typed in [
            "jana@mail.example",
            "https://jana:secret@a.example/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "127.0.0.1",
            "https://[::1]/",
            "a.example:8443",
            "???",
            "3.14",
            "a\u{7}b",
            &long,
        ] {
            assert_eq!(Site::read(typed), Err(AddressProblem::NotAnAddress), "{typed}");
        }
    }
}
