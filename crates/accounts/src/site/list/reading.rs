//! Reading the files of Apple's password-manager-resources, by our own code: unknown fields are passed over, entries that
//! make no sense are counted, and what cannot be such a file is refused as a whole.

use std::collections::HashSet;

use serde_json::{Map, Value};
use url::Url;

use super::Counts;
use crate::site::host::Host;

/// Largest file that is read, in bytes; the real ones have about 100 kB.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Most entries of one file, and hosts of one group.
const MOST_ENTRIES: usize = 100_000;
const MOST_HOSTS: usize = 1_000;
/// Longest rule, in bytes, and longest address of a page.
const LONGEST_RULE: usize = 1_000;
const LONGEST_URL: usize = 2_048;

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `change-password-URLs.json`
    ChangePages,
    /// `password-rules.json`
    Rules,
    /// `shared-credentials.json`, or the older `websites-with-shared-credential-backends.json`
    Shared,
    /// `shared-credentials-historical.json`
    OnceShared,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    TooLarge,
    TooMany,
    /// It is no list of this form, or none of its entries makes sense.
    NotAList,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entries {
    ChangePages(Vec<(String, Url)>),
    Rules(Vec<(String, Rule)>),
    Shared(Vec<Group>),
    OnceShared(Vec<Group>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub text: String,
    /// Not for what is part of the host.
    pub exact: bool,
}

/// Hosts with one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Group {
    /// Those that know it now.
    pub hosts: Vec<String>,
    /// Those whose passwords are good at `hosts`, but not the other way round.
    pub from: Vec<String>,
    /// Nobody signs in at `from` any more.
    pub obsolete: bool,
}

/// Reads a file; its name tells only whether what it says is of the past.
pub(super) fn read(bytes: &[u8], name: &str) -> Result<(Kind, Entries, Counts), Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value = serde_json::from_slice(bytes).map_err(|_| Refusal::NotAList)?;
    let size = match &value {
        Value::Object(map) => map.len(),
        Value::Array(list) => list.len(),
        _ => 0,
    };
    if size > MOST_ENTRIES {
        return Err(Refusal::TooMany);
    }
    let mut counts = Counts::default();
    let (kind, entries) = match value {
        Value::Array(list) => {
            let groups = list.iter().filter_map(|one| counted(group(one), &mut counts)).collect();
            if name.to_lowercase().contains("historical") {
                (Kind::OnceShared, Entries::OnceShared(groups))
            } else {
                (Kind::Shared, Entries::Shared(groups))
            }
        }
        // A page is a text, a rule is an object: the majority decides, so that one bad entry does not.
        Value::Object(map) if map.values().filter(|one| one.is_string()).count() * 2 > map.len() => {
            (Kind::ChangePages, Entries::ChangePages(pages(&map, &mut counts)))
        }
        Value::Object(map) => (Kind::Rules, Entries::Rules(rules(&map, &mut counts))),
        _ => return Err(Refusal::NotAList),
    };
    if counts.taken == 0 {
        return Err(Refusal::NotAList);
    }
    Ok((kind, entries, counts))
}

fn counted<T>(entry: Option<T>, counts: &mut Counts) -> Option<T> {
    match entry {
        Some(_) => counts.taken += 1,
        None => counts.skipped += 1,
    }
    entry
}

fn pages(map: &Map<String, Value>, counts: &mut Counts) -> Vec<(String, Url)> {
    let mut pages = Vec::with_capacity(map.len());
    for (name, value) in map {
        let url =
            value.as_str().filter(|text| text.len() <= LONGEST_URL).and_then(|text| Url::parse(text).ok());
        match (host(name), url) {
            (Some(_), Some(url)) if Host::of(&url).is_none() => counts.refused += 1,
            (Some(host), Some(url)) => {
                counts.taken += 1;
                pages.push((host, url));
            }
            _ => counts.skipped += 1,
        }
    }
    pages
}

fn rules(map: &Map<String, Value>, counts: &mut Counts) -> Vec<(String, Rule)> {
    let rule = |(name, value): (&String, &Value)| {
        let text = value.get("password-rules")?.as_str()?.trim();
        let sane = !text.is_empty() && text.len() <= LONGEST_RULE && !text.chars().any(char::is_control);
        let exact = value.get("exact-domain-match-only").and_then(Value::as_bool).unwrap_or(false);
        sane.then_some((host(name)?, Rule { text: text.to_owned(), exact }))
    };
    map.iter().filter_map(|entry| counted(rule(entry), counts)).collect()
}

fn group(value: &Value) -> Option<Group> {
    if value.is_array() {
        return shared(value);
    }
    if let Some(list) = value.get("shared") {
        return shared(list);
    }
    let group = Group {
        hosts: hosts(value.get("to")?)?,
        from: hosts(value.get("from")?)?,
        obsolete: value.get("fromDomainsAreObsoleted").and_then(Value::as_bool).unwrap_or(false),
    };
    (!group.hosts.is_empty() && !group.from.is_empty()).then_some(group)
}

fn shared(list: &Value) -> Option<Group> {
    let hosts = hosts(list)?;
    (hosts.len() > 1).then(|| Group { hosts, ..Group::default() })
}

/// The hosts that can be read, each once.
fn hosts(list: &Value) -> Option<Vec<String>> {
    let list = list.as_array().filter(|list| list.len() <= MOST_HOSTS)?;
    let mut seen = HashSet::new();
    let read = list.iter().filter_map(|one| host(one.as_str()?)).filter(|host| seen.insert(host.clone()));
    Some(read.collect())
}

/// A bare host, as these files name it.
fn host(name: &str) -> Option<String> {
    if name.contains(['/', ':', '@', '?', '#']) {
        return None;
    }
    Host::read(name).ok().map(|host| host.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<(Kind, Entries, Counts), Refusal> {
        read(text.as_bytes(), "list.json")
    }

    fn counts(taken: usize, skipped: usize, refused: usize) -> Counts {
        Counts { taken, skipped, refused }
    }

    #[test]
    fn change_pages_are_read() {
        let text = r#"{
            "shop.example": "https://shop.example/password",
            "Почта.РФ": "https://id.example/#/change",
            "a.example": "http://a.example/password",
            "b.example": "https://192.168.0.1/password",
            "c.example": "https://jana:secret@c.example/",
            "d.example": "javascript:alert(1)",
            "not a host": "https://e.example/",
            "https://f.example/": "https://f.example/",
            "g.example": "nonsense",
            "h.example": 7
        }"#;
        let (kind, entries, counted) = read_text(text).unwrap();
        assert_eq!((kind, counted), (Kind::ChangePages, counts(2, 4, 4)));
        let Entries::ChangePages(mut pages) = entries else { panic!("{entries:?}") };
        pages.sort();
        assert_eq!(pages[0].1.as_str(), "https://shop.example/password");
        assert_eq!(pages[1].0, "xn--80a1acny.xn--p1ai");
        assert_eq!(pages[1].1.as_str(), "https://id.example/#/change");
    }

    #[test]
    fn rules_are_read_and_fields_to_come_passed_over() {
        let text = r#"{
            "shop.example": { "password-rules": " minlength: 6; maxlength: 20; ", "since": 2031 },
            "exact.example": { "password-rules": "minlength: 8;", "exact-domain-match-only": true },
            "odd.example": { "password-rules": "minlength: 8;", "exact-domain-match-only": "yes" },
            "a.example": { "rules": "minlength: 8;" },
            "b.example": { "password-rules": "" },
            "c.example": { "password-rules": "min\u0000length: 8;" },
            "d.example": "https://d.example/"
        }"#;
        let (kind, entries, counted) = read_text(text).unwrap();
        assert_eq!((kind, counted), (Kind::Rules, counts(3, 4, 0)));
        let rule = |text: &str, exact| Rule { text: text.to_owned(), exact };
        let Entries::Rules(mut rules) = entries else { panic!("{entries:?}") };
        rules.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            rules,
            [
                ("exact.example".to_owned(), rule("minlength: 8;", true)),
                ("odd.example".to_owned(), rule("minlength: 8;", false)),
                ("shop.example".to_owned(), rule("minlength: 6; maxlength: 20;", false)),
            ]
        );
    }

    #[test]
    fn shared_credentials_are_read_in_both_forms() {
        let new = r#"[
            {"shared": ["a.example", "b.example", "B.example", 7], "note": "to come"},
            {"from": ["old.example"], "to": ["new.example"], "fromDomainsAreObsoleted": true},
            {"from": ["one.example"], "to": ["other.example"]},
            {"shared": ["alone.example"]},
            {"from": [], "to": ["x.example"]},
            {"from": ["x.example"]},
            "nonsense"
        ]"#;
        let (kind, entries, counted) = read_text(new).unwrap();
        assert_eq!((kind, counted), (Kind::Shared, counts(3, 4, 0)));
        let group = |hosts: &[&str], from: &[&str], obsolete| Group {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            from: from.iter().map(|host| (*host).to_owned()).collect(),
            obsolete,
        };
        assert_eq!(
            entries,
            Entries::Shared(vec![
                group(&["a.example", "b.example"], &[], false),
                group(&["new.example"], &["old.example"], true),
                group(&["other.example"], &["one.example"], false),
            ])
        );
        let old = r#"[["a.example", "b.example"], ["c.example"], []]"#;
        let (kind, entries, counted) = read_text(old).unwrap();
        assert_eq!((kind, counted), (Kind::Shared, counts(1, 2, 0)));
        assert_eq!(entries, Entries::Shared(vec![group(&["a.example", "b.example"], &[], false)]));
        let past = read(old.as_bytes(), "shared-credentials-HISTORICAL (1).json").unwrap();
        assert_eq!(past.0, Kind::OnceShared);
    }

    #[test]
    fn what_is_no_list_is_refused_as_a_whole() {
        for text in [
            "",
            "{",
            "{}",
            "[]",
            "null",
            "7",
            r#""https://a.example/""#,
            "<!DOCTYPE html><title>Not found</title>",
            r#"{"name": "regain", "version": "1.0.0"}"#,
            r#"{"a.example": "http://a.example/"}"#,
            r#"[1, 2, 3]"#,
            r#"[{"shared": []}]"#,
            "\u{1f600}",
        ] {
            assert_eq!(read_text(text), Err(Refusal::NotAList), "{text}");
        }
        assert_eq!(read(b"{\"a\xff.example\": 1}", ""), Err(Refusal::NotAList));
        assert_eq!(read_text(&"[".repeat(100_000)), Err(Refusal::NotAList), "nor does it end the program");
    }

    #[test]
    fn a_mark_of_the_byte_order_is_no_harm() {
        assert!(read_text("\u{feff}{\"a.example\": \"https://a.example/x\"}").is_ok());
    }

    #[test]
    fn there_is_an_end_to_what_is_taken() {
        let many = |count: usize| {
            let entries: Vec<String> =
                (0..count).map(|n| format!(r#""h{n}.example":"https://h{n}.example/""#)).collect();
            format!("{{{}}}", entries.join(","))
        };
        assert_eq!(read_text(&many(MOST_ENTRIES)).unwrap().2.taken, MOST_ENTRIES);
        assert_eq!(read_text(&many(MOST_ENTRIES + 1)), Err(Refusal::TooMany));
        assert_eq!(read(&vec![b' '; MAX_BYTES + 1], ""), Err(Refusal::TooLarge));
        let group: Vec<String> = (0..=MOST_HOSTS).map(|n| format!("\"h{n}.example\"")).collect();
        let text = format!(r#"[["a.example","b.example"],[{}]]"#, group.join(","));
        assert_eq!(read_text(&text).unwrap().2, counts(1, 1, 0));
    }
}
