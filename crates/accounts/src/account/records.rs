//! What a person said about an account, as it stands in the list.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::plan::{Check, Drill, Means, Plan, Reminder, Went};

#[derive(Serialize, Deserialize)]
pub(super) struct PlanRecord {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    added: Vec<MeansRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    denied: Vec<MeansRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mailboxes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    drills: Vec<DrillRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reminder: Option<ReminderRecord>,
    /// Unix time in milliseconds, as all times here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_at: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MeansRecord {
    SavedPassword,
    SignedInHere,
    AuthenticatorHere,
    CodesHere,
    Mailbox(String),
    Phone(String),
    AuthenticatorOn(String),
    CodesAt(String),
    Person(String),
    SignedInOn(String),
    ByHeart,
}

#[derive(Serialize, Deserialize)]
struct DrillRecord {
    at: u64,
    checks: Vec<(CheckRecord, WentRecord)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CheckRecord {
    Way(MeansRecord),
    RecoveryKey,
    Practice,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WentRecord {
    Held,
    Failed,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReminderRecord {
    From(u64),
    Never,
}

impl PlanRecord {
    /// None: there is nothing to keep.
    pub fn of(plan: &Plan) -> Option<Self> {
        if plan.is_empty() {
            return None;
        }
        let drill = |drill: &Drill| DrillRecord {
            at: milliseconds(drill.at),
            checks: drill.checks.iter().map(|(check, went)| (check.into(), (*went).into())).collect(),
        };
        Some(Self {
            added: plan.added.iter().map(MeansRecord::from).collect(),
            denied: plan.denied.iter().map(MeansRecord::from).collect(),
            mailboxes: plan.mailboxes.clone(),
            drills: plan.drills.iter().map(drill).collect(),
            reminder: match plan.reminder {
                Reminder::Usual => None,
                Reminder::From(at) => Some(ReminderRecord::From(milliseconds(at))),
                Reminder::Never => Some(ReminderRecord::Never),
            },
            changed_at: plan.changed_at.map(milliseconds),
        })
    }
}

impl From<PlanRecord> for Plan {
    fn from(record: PlanRecord) -> Self {
        let drill = |drill: DrillRecord| Drill {
            at: moment(drill.at),
            checks: drill.checks.into_iter().map(|(check, went)| (check.into(), went.into())).collect(),
        };
        Self {
            added: record.added.into_iter().map(Means::from).collect(),
            denied: record.denied.into_iter().map(Means::from).collect(),
            mailboxes: record.mailboxes,
            drills: record.drills.into_iter().map(drill).collect(),
            reminder: match record.reminder {
                None => Reminder::Usual,
                Some(ReminderRecord::From(at)) => Reminder::From(moment(at)),
                Some(ReminderRecord::Never) => Reminder::Never,
            },
            changed_at: record.changed_at.map(moment),
        }
    }
}

impl From<&Means> for MeansRecord {
    fn from(means: &Means) -> Self {
        match means.clone() {
            Means::SavedPassword => Self::SavedPassword,
            Means::SignedInHere => Self::SignedInHere,
            Means::AuthenticatorHere => Self::AuthenticatorHere,
            Means::CodesHere => Self::CodesHere,
            Means::Mailbox(name) => Self::Mailbox(name),
            Means::Phone(name) => Self::Phone(name),
            Means::AuthenticatorOn(name) => Self::AuthenticatorOn(name),
            Means::CodesAt(name) => Self::CodesAt(name),
            Means::Person(name) => Self::Person(name),
            Means::SignedInOn(name) => Self::SignedInOn(name),
            Means::ByHeart => Self::ByHeart,
        }
    }
}

impl From<MeansRecord> for Means {
    fn from(record: MeansRecord) -> Self {
        match record {
            MeansRecord::SavedPassword => Self::SavedPassword,
            MeansRecord::SignedInHere => Self::SignedInHere,
            MeansRecord::AuthenticatorHere => Self::AuthenticatorHere,
            MeansRecord::CodesHere => Self::CodesHere,
            MeansRecord::Mailbox(name) => Self::Mailbox(name),
            MeansRecord::Phone(name) => Self::Phone(name),
            MeansRecord::AuthenticatorOn(name) => Self::AuthenticatorOn(name),
            MeansRecord::CodesAt(name) => Self::CodesAt(name),
            MeansRecord::Person(name) => Self::Person(name),
            MeansRecord::SignedInOn(name) => Self::SignedInOn(name),
            MeansRecord::ByHeart => Self::ByHeart,
        }
    }
}

impl From<&Check> for CheckRecord {
    fn from(check: &Check) -> Self {
        match check {
            Check::Way(means) => Self::Way(means.into()),
            Check::RecoveryKey => Self::RecoveryKey,
            Check::Practice => Self::Practice,
        }
    }
}

impl From<CheckRecord> for Check {
    fn from(record: CheckRecord) -> Self {
        match record {
            CheckRecord::Way(means) => Self::Way(means.into()),
            CheckRecord::RecoveryKey => Self::RecoveryKey,
            CheckRecord::Practice => Self::Practice,
        }
    }
}

impl From<Went> for WentRecord {
    fn from(went: Went) -> Self {
        match went {
            Went::Held => Self::Held,
            Went::Failed => Self::Failed,
        }
    }
}

impl From<WentRecord> for Went {
    fn from(record: WentRecord) -> Self {
        match record {
            WentRecord::Held => Self::Held,
            WentRecord::Failed => Self::Failed,
        }
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time that the system cannot have is none that was written here.
fn moment(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)).unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::account::{Account, AccountId, Accounts};
    use crate::provider::{Kind, Server};

    fn account() -> Account {
        let base = url::Url::parse("https://accounts.example/").unwrap();
        Account::new(
            AccountId::new("jana"),
            Server { kind: Kind::RecoveryServer, base, key: None },
            "Dorfladen",
            "jana",
        )
    }

    #[test]
    fn a_plan_survives_a_restart_and_whoever_puts_an_older_state_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.json");
        let accounts = Accounts::open(&path).unwrap();
        let old = account();
        accounts.put(old.clone()).unwrap();
        assert!(!fs::read_to_string(&path).unwrap().contains("plan"), "as it was before there were plans");
        let now = UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
        let said = [
            Means::SavedPassword,
            Means::SignedInHere,
            Means::AuthenticatorHere,
            Means::CodesHere,
            Means::Mailbox("jana@mail.example".into()),
            Means::Phone("phone".into()),
            Means::AuthenticatorOn("phone".into()),
            Means::CodesAt("drawer".into()),
            Means::Person("Ada".into()),
            Means::SignedInOn("phone".into()),
            Means::ByHeart,
        ];
        let told = accounts.plan(&old.id, |plan| {
            for means in &said {
                plan.add(means.clone(), now);
            }
            plan.deny(&Means::ByHeart, now);
            plan.opens_mailbox("Jana@mail.example", true, now);
            let way = Check::Way(Means::CodesHere);
            let checks =
                vec![(way, Went::Held), (Check::RecoveryKey, Went::Failed), (Check::Practice, Went::Held)];
            plan.rehearsed(Drill { at: now, checks });
            plan.remind(Reminder::From(now), now);
            plan.clone()
        });
        let told = told.unwrap().unwrap();
        assert_eq!(told.added, said[..10]);
        accounts.put(Account { identifier: "jana2".into(), ..old.clone() }).unwrap();
        let again = Accounts::open(&path).unwrap().get(&old.id).unwrap();
        assert_eq!((again.identifier.as_str(), &again.plan), ("jana2", &told));
        for reminder in [Reminder::Never, Reminder::Usual] {
            accounts.plan(&old.id, |plan| plan.remind(reminder, now)).unwrap();
            assert_eq!(Accounts::open(&path).unwrap().get(&old.id).unwrap().plan.reminder, reminder);
        }
        assert_eq!(accounts.plan(&AccountId::new("nobody"), |_| ()).unwrap(), None);
    }
}
