use std::fs;

use super::*;
use crate::error::ErrorKind;
use crate::health::{Exposed, OLD};

const DAY: u64 = 24 * 60 * 60;

fn day(day: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(20_000 * DAY + day * DAY)
}

fn one(name: &str, exposed: u64, reused: usize, since: u64) -> AccountHealth {
    AccountHealth {
        account: AccountId::new(name),
        host: format!("{name}.example"),
        identifier: "jana".into(),
        name: name.into(),
        since: day(since),
        reused_with: (0..reused).map(|n| AccountId::new(format!("other {n}"))).collect(),
        exposed: if exposed == 0 { Exposed::No } else { Exposed::Times(exposed) },
    }
}

fn names(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.accounts[0].as_str()).collect()
}

fn lines(health: &[AccountHealth]) -> Vec<Line> {
    queue(health, |_| 0, &[], day(0))
}

#[test]
fn what_opens_most_comes_first_and_then_what_presses_most() {
    let old = 0_u64;
    let now = day(OLD.as_secs() / DAY);
    let health = [
        one("old", 0, 0, old),
        one("reused", 0, 2, 900),
        one("fine", 0, 0, 900),
        one("exposed", 3, 0, 900),
        one("mailbox", 0, 1, 900),
    ];
    let unlocks = |id: &AccountId| if id.as_str() == "mailbox" { 12 } else { 0 };
    let lines = queue(&health, unlocks, &[], now);
    assert_eq!(names(&lines), ["mailbox", "exposed", "reused", "old"]);
    assert_eq!(lines[0].unlocks, 12);
    assert_eq!(lines[1].reasons, [Reason::Exposed { times: 3 }]);
    assert_eq!(lines[3].reasons, [Reason::Old]);
}

#[test]
fn of_two_that_press_alike_the_older_comes_first() {
    assert_eq!(names(&lines(&[one("new", 1, 0, 20), one("older", 1, 0, 10)])), ["older", "new"]);
}

#[test]
fn hosts_that_share_credentials_are_one_line_and_other_people_there_are_not() {
    let groups = [vec!["shop.example".to_owned(), "pay.example".to_owned()]];
    let mut health = [one("shop", 0, 3, 5), one("alone", 9, 0, 5), one("pay", 8, 0, 5), one("pay2", 1, 0, 5)];
    health[2].host = "login.pay.example".into();
    health[3].host = "pay.example".into();
    health[3].identifier = "mira".into();
    let lines = queue(&health, |_| 0, &groups, day(0));
    let both = lines.iter().find(|line| line.accounts.len() == 2).unwrap();
    assert_eq!(both.accounts, [AccountId::new("shop"), AccountId::new("pay")]);
    assert_eq!(both.reasons, [Reason::Exposed { times: 8 }, Reason::Reused { others: 3 }]);
    assert_eq!(lines.len(), 3);
}

#[test]
fn what_was_changed_meanwhile_is_left_out_wherever_it_was_changed() {
    let mut health = [one("a", 1, 0, 3), one("b", 1, 0, 4), one("c", 1, 0, 5)];
    let queue = Queue::of(&lines(&health), &health, day(6));
    assert_eq!(queue.progress(&health), Progress { changed: 0, all: 3 });
    health[1].since = day(7);
    health[1].exposed = Exposed::No;
    assert_eq!(queue.progress(&health), Progress { changed: 1, all: 3 });
    assert_eq!(queue.left(&health), [AccountId::new("a"), AccountId::new("c")]);
    assert_eq!(queue.progress(&health[1..]), Progress { changed: 2, all: 3 }, "a was removed");
}

#[test]
fn what_comes_to_light_later_is_taken_in_after_the_rest() {
    let mut health = vec![one("a", 1, 0, 3), one("b", 1, 0, 4)];
    let mut queue = Queue::of(&lines(&health), &health, day(6));
    health[0].since = day(7);
    health[0].exposed = Exposed::No;
    health.push(one("z", 5, 0, 1));
    queue.extend(&lines(&health), &health);
    assert_eq!(queue.left(&health), [AccountId::new("b"), AccountId::new("z")]);
    assert_eq!(queue.progress(&health), Progress { changed: 1, all: 3 });
    // The new one of "a" leaked, too.
    health[0].exposed = Exposed::Times(1);
    queue.extend(&lines(&health), &health);
    assert_eq!(queue.progress(&health), Progress { changed: 0, all: 3 });
}

#[test]
fn it_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/changes.json");
    assert_eq!(Queue::load(&path).unwrap(), None);
    let mut health = [one("a", 1, 0, 3), one("b", 1, 0, 4)];
    health[0].since += Duration::from_nanos(123_456_789);
    let queue = Queue::of(&lines(&health), &health, day(6) + Duration::from_nanos(5));
    queue.save(&path).unwrap();
    let again = Queue::load(&path).unwrap().unwrap();
    assert_eq!(again, queue);
    assert_eq!(again.left(&health).len(), 2);
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("jana") && !text.contains("example"), "{text}");
}

#[test]
fn a_file_that_makes_no_sense_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changes.json");
    for text in [
        "",
        "{}",
        r#"{"version":2,"made_at":0,"entries":[]}"#,
        r#"{"version":1,"made_at":0,"entries":[{"account":"a"}]}"#,
        r#"{"version":1,"made_at":-1,"entries":[]}"#,
    ] {
        fs::write(&path, text).unwrap();
        assert_eq!(Queue::load(&path).unwrap_err().kind(), ErrorKind::Unreadable, "{text}");
    }
}
