use std::time::{Duration, UNIX_EPOCH};

use super::*;

fn host(name: &str) -> Host {
    Host::read(name).unwrap()
}

fn part(text: &str, name: &str) -> Part {
    Import::read(text.as_bytes(), name, UNIX_EPOCH + Duration::from_secs(1_800_000_000)).unwrap()
}

fn list(parts: &[(&str, &str)]) -> SiteList {
    SiteList::with(&parts.iter().map(|(name, text)| part(text, name)).collect::<Vec<_>>())
}

fn names(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.name.as_str()).collect()
}

#[test]
fn aliexpress_is_found_however_it_is_typed() {
    let list = SiteList::built_in();
    for typed in [
        "ali",
        "Ali",
        "ALIEXPRESS",
        "ali express",
        "aliexpres",
        "alixpress",
        "aliexpress.com",
        "https://de.aliexpress.com/some?x",
        "aliexpress.us",
        "али",
        "Али Экспресс",
        "алиэкспресс",
        "алиэкспрес",
        "алиекспресс",
        "速卖通",
    ] {
        let first = list.search(typed).into_iter().next();
        let aliexpress = Hit { name: "AliExpress".into(), host: host("aliexpress.com"), guide: true };
        assert_eq!(first, Some(aliexpress), "{typed}");
    }
    assert_eq!(list.guide(&host("es.aliexpress.com")), Some("aliexpress"));
    assert_eq!(list.guide(&host("aliexpress.ru")), None);
    assert_eq!(list.guide(&host("aliexpress.com.evil.example")), None);
}

#[test]
fn names_are_found_in_their_own_script_and_nothing_is_found_in_nothing() {
    let list = SiteList::built_in();
    assert_eq!(names(&list.search("сбер"))[0], "Сбер");
    assert_eq!(names(&list.search("Sber"))[0], "Сбер");
    assert_eq!(names(&list.search("вкантакте")), ["ВКонтакте"]);
    assert_eq!(names(&list.search("gmail")), ["Google"]);
    assert_eq!(names(&list.search("bahn")), ["Deutsche Bahn"]);
    for typed in ["", "  ", "?", "jana@mail.ru", "zzzzzz", "a.zzzzzz.example", &"я".repeat(500)] {
        assert_eq!(list.search(typed), [], "{typed}");
    }
    assert!(list.search("a").len() > 3);
}

#[test]
fn what_was_brought_is_found_behind_what_is_built_in() {
    let list = list(&[(
        "change-password-URLs.json",
        r#"{"ebay-tools.example": "https://ebay-tools.example/p", "login.ebay-tools.example": "https://ebay-tools.example/q",
            "ebay.com": "https://ebay.com/p", "müller.example": "https://müller.example/p"}"#,
    )]);
    assert_eq!(names(&list.search("ebay")), ["eBay", "ebay-tools.example"]);
    assert_eq!(names(&list.search("muller")), ["müller.example"]);
    assert_eq!(names(&list.search("ebaytols")), ["ebay-tools.example"]);
    assert_eq!(list.search("ebay")[0].host, host("ebay.com"));
}

#[test]
fn a_page_holds_for_the_parts_of_its_host() {
    let list = list(&[(
        "a.json",
        r#"{"shop.example": "https://shop.example/p", "id.shop.example": "https://id.shop.example/p",
            "co.uk": "https://co.uk/p"}"#,
    )]);
    let page = |name: &str| list.change_page(&host(name)).map(Url::as_str);
    assert_eq!(page("shop.example"), Some("https://shop.example/p"));
    assert_eq!(page("de.shop.example"), Some("https://shop.example/p"));
    assert_eq!(page("login.id.shop.example"), Some("https://id.shop.example/p"));
    assert_eq!(page("evilshop.example"), None);
    assert_eq!(page("a.co.uk"), None, "a public suffix says nothing of those below it");
    assert_eq!(page("de.aliexpress.com"), Some("https://login.aliexpress.com/"), "what is built in");
}

#[test]
fn what_was_brought_comes_before_what_is_built_in() {
    let list = list(&[
        ("a.json", r#"{"aliexpress.com": "https://www.aliexpress.com/p"}"#),
        ("b.json", r#"{"aliexpress.com": {"password-rules": "minlength: 8;"}}"#),
    ]);
    assert_eq!(
        list.change_page(&host("aliexpress.com")).map(Url::as_str),
        Some("https://www.aliexpress.com/p")
    );
    assert_eq!(list.rules(&host("aliexpress.com")), Some("minlength: 8;"));
    assert_eq!(list.guide(&host("aliexpress.com")), Some("aliexpress"));
}

#[test]
fn a_rule_may_hold_for_its_host_alone() {
    let list = list(&[(
        "password-rules.json",
        r#"{"a.example": {"password-rules": "minlength: 6;"},
            "b.example": {"password-rules": "minlength: 7;", "exact-domain-match-only": true}}"#,
    )]);
    assert_eq!(list.rules(&host("login.a.example")), Some("minlength: 6;"));
    assert_eq!(list.rules(&host("b.example")), Some("minlength: 7;"));
    assert_eq!(list.rules(&host("login.b.example")), None);
    assert!(SiteList::built_in().rules(&host("de.aliexpress.com")).unwrap().contains("maxlength: 20"));
}

#[test]
fn shared_accounts_have_a_direction() {
    let list = list(&[
        (
            "shared-credentials.json",
            r#"[{"shared": ["a.example", "b.example"]}, {"shared": ["b.example", "c.example"]},
                {"from": ["f.example", "g.example"], "to": ["t.example"]},
                {"from": ["old.example"], "to": ["new.example"], "fromDomainsAreObsoleted": true}]"#,
        ),
        ("shared-credentials-historical.json", r#"[{"shared": ["a.example", "z.example"]}]"#),
    ]);
    for (name, with) in [
        ("a.example", &["b.example"][..]),
        ("www.b.example", &["a.example", "c.example"]),
        ("f.example", &["t.example"]),
        ("t.example", &["f.example", "g.example"]),
        ("old.example", &["new.example"]),
        ("new.example", &[]),
        ("z.example", &[]),
        ("aliexpress.com", &["aliexpress.us"]),
        ("aliexpress.ru", &[]),
    ] {
        assert_eq!(list.shared_with(&host(name)), with, "{name}");
    }
    assert_eq!(list.once_shared_with(&host("a.example")), ["z.example"]);
}

#[test]
fn a_hundred_thousand_sites_are_searched_to_the_end() {
    let entries: Vec<String> =
        (0..100_000).map(|n| format!(r#""site{n}.example":"https://site{n}.example/p""#)).collect();
    let list = list(&[("a.json", &format!("{{{}}}", entries.join(",")))]);
    assert_eq!(names(&list.search("site99999"))[0], "site99999.example");
    assert_eq!(list.search("site").len(), 20);
}
