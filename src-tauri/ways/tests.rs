use std::sync::Arc;
use std::time::Duration;

use accounts::clock::{ManualClock, SeededRandom};
use accounts::http::Http;
use accounts::provider::{Kind, Providers, Server};
use accounts::store::memory::Memory;
use accounts::{Accounts, CredentialStore};

use super::*;

const PHONE: &str = "My phone";

struct Desk {
    app: App,
    clock: Arc<ManualClock>,
    store: Memory,
    _folder: tempfile::TempDir,
}

fn desk(practice: bool) -> Desk {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let (random, store) = (Arc::new(SeededRandom::new(1)), Memory::new());
    let accounts = Arc::new(Accounts::in_memory());
    for (name, practice) in [("Shop", false), ("Trains", false), ("Practice", true)] {
        let base = format!("https://{}.example/", name.to_lowercase());
        let account = Account {
            practice,
            ..Account::new(
                AccountId::new(name),
                Server { kind: Kind::Allauth, base: base.parse().unwrap(), key: None },
                name,
                "jana",
            )
        };
        accounts.put(account).unwrap();
    }
    if practice {
        for name in ["Shop", "Trains"] {
            accounts.remove(&AccountId::new(name)).unwrap();
        }
    }
    let deps = Deps { accounts, store: Arc::new(store.clone()), clock: clock.clone(), random };
    let providers = Providers::new(Http::new().unwrap(), clock.clone(), "Regain test");
    let folder = tempfile::tempdir().unwrap();
    let app = App::with(folder.path(), Settings::default(), false, Ok(deps), providers);
    Desk { app, clock, store, _folder: folder }
}

fn phone() -> MeansView {
    MeansView::Phone { name: PHONE.into() }
}

fn lost_phone() -> Vec<NeedView> {
    vec![NeedView::Device { name: PHONE.into() }]
}

#[tokio::test]
async fn the_house_shows_what_was_said_and_what_goes_dark_with_it() {
    let Desk { app, .. } = desk(false);
    for name in ["Shop", "Trains"] {
        app.add_way(name, phone()).await.unwrap();
    }
    app.add_way("Trains", MeansView::Person { name: "Ada".into() }).await.unwrap();
    let house = app.house(vec![], true).await.unwrap();
    let windows: Vec<_> = house.windows.iter().map(|it| (it.name.as_str(), it.standing)).collect();
    assert_eq!(windows, [("Shop", StandingView::OneWayLeft), ("Trains", StandingView::GetsIn)]);
    let need = NeedView::Device { name: PHONE.into() };
    assert_eq!(house.losses[0], LossView { need: need.clone(), locks_out: 1 });
    assert_eq!((house.steps.len(), &house.steps[0].should_be_lost), (1, &Some(need)));
    let house = app.house(lost_phone(), false).await.unwrap();
    let windows: Vec<_> = house.windows.iter().map(|it| it.standing).collect();
    assert_eq!(windows, [StandingView::LockedOut, StandingView::OneWayLeft]);
    assert_eq!((house.steps.len(), house.steps[0].name.as_str()), (1, "Shop"));
}

#[tokio::test]
async fn practice_stands_in_the_house_only_while_nothing_else_does() {
    let names = |house: HouseView| house.windows.into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(desk(true).app.house(vec![], true).await.unwrap()), ["Practice"]);
    let Desk { app, .. } = desk(false);
    assert_eq!(names(app.house(vec![], true).await.unwrap()), ["Shop", "Trains"]);
    let ways = app.add_way("Practice", phone()).await.unwrap();
    assert_eq!((ways.ways.len(), ways.standing), (1, StandingView::OneWayLeft));
}

#[tokio::test]
async fn ways_are_said_denied_and_mended() {
    let Desk { app, .. } = desk(false);
    assert_eq!(
        app.add_way("Shop", MeansView::Person { name: " ".into() }).await,
        Err(ErrorView::BadIdentifier)
    );
    let ways = app.add_way("Shop", phone()).await.unwrap();
    assert_eq!((ways.devices, ways.hangs_on), (vec![PHONE.to_owned()], lost_phone()));
    let check = CheckView::Way { means: phone() };
    assert_eq!(
        ways.tasks,
        [TaskView { check: check.clone(), who: WhoView::Person, last: TriedView::NotYet }]
    );
    let failed = vec![WentForm { check, held: false }];
    let ways = app.rehearsed("Shop", failed).await.unwrap();
    assert_eq!((ways.standing, ways.last_rehearsed), (StandingView::LockedOut, Some(1_800_000_000)));
    let ways = app.mend_way("Shop", phone()).await.unwrap();
    assert_eq!((ways.standing, ways.ways[0].tried), (StandingView::OneWayLeft, TriedView::NotYet));
    let ways = app.unsay_way("Shop", phone()).await.unwrap();
    assert!(ways.ways.is_empty());
    let ways = app.opens_mailbox("Shop", "Jana@Mail.example", true).await.unwrap();
    assert_eq!(ways.mailboxes, ["jana@mail.example"]);
}

#[tokio::test]
async fn codes_are_kept_shown_and_crossed_off() {
    let Desk { app, .. } = desk(false);
    let ways = app.save_codes("Shop", vec!["a-1".into(), "b-2".into()], false).await.unwrap();
    assert_eq!((ways.codes.left, ways.codes.all, ways.codes.few), (2, 2, true));
    assert_eq!(ways.warnings, [WarningWhat::FewCodes { left: 2 }]);
    let shown = app.cross_off("Shop", 0, true).await.unwrap();
    assert_eq!(shown.codes[0].used_at, Some(1_800_000_000));
    assert_eq!(app.ways("Shop").await.unwrap().codes.left, 1);
    app.save_codes("Shop", vec!["c-3".into()], true).await.unwrap();
    let shown = app.reveal_codes("Shop").await.unwrap();
    let texts: Vec<_> = shown.codes.iter().map(|code| code.text.as_str()).collect();
    assert_eq!(texts, ["a-1", "b-2", "c-3"]);
    assert_eq!(app.copy_code("Shop", 99).await.err(), Some(ErrorView::Gone));
}

#[tokio::test]
async fn what_regain_sees_by_itself_is_checked_and_a_key_that_is_none_is_told_apart() {
    let Desk { app, .. } = desk(false);
    let codes = CheckView::Way { means: MeansView::CodesHere };
    assert_eq!(app.rehearse("Shop", codes.clone(), String::new()).await, Ok(Checked::Failed));
    app.save_codes("Shop", vec!["a-1".into()], false).await.unwrap();
    assert_eq!(app.rehearse("Shop", codes, String::new()).await, Ok(Checked::Held));
    let key = app.rehearse("Shop", CheckView::RecoveryKey, "7K3M".into()).await;
    assert_eq!(key, Ok(Checked::NotAKey));
}

#[tokio::test]
async fn the_reminder_waits_half_a_year_and_is_put_off() {
    let Desk { app, clock, store, .. } = desk(false);
    let id = AccountId::new("Shop");
    let now = app.clock.now();
    let staged = store.stage(&id, &Secret::new("password"), now).await.unwrap();
    store.commit(&id, &staged, now).await.unwrap();
    assert_eq!(app.due().await.unwrap(), None);
    clock.advance(rehearsal::EVERY);
    let due = DueView { id: "Shop".into(), name: "Shop".into(), last_rehearsed: None };
    assert_eq!(app.due().await.unwrap(), Some(due.clone()));
    app.remind("Shop", RemindForm::Later).unwrap();
    assert_eq!(app.due().await.unwrap(), None);
    clock.advance(rehearsal::LATER + Duration::from_secs(1));
    assert_eq!(app.due().await.unwrap(), Some(due));
    app.remind("Shop", RemindForm::Never).unwrap();
    assert!(!app.ways("Shop").await.unwrap().reminds);
    assert_eq!(app.due().await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_shown_while_it_is_locked_and_nothing_seen_is_left() {
    let Desk { app, .. } = desk(false);
    app.house(vec![], true).await.unwrap();
    app.lock().await;
    assert!(app.house_seen().0.is_empty());
    assert_eq!(app.house(vec![], false).await, Err(ErrorView::Locked));
    assert_eq!(app.ways("Shop").await, Err(ErrorView::Locked));
    assert_eq!(app.reveal_codes("Shop").await.err(), Some(ErrorView::Locked));
}
