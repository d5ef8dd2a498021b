//! What every store must do, as a list of plain functions.

#![expect(clippy::panic, reason = "a list of tests")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{CredentialStore, Extra, KEEP_UNPROVEN, PastId, Why, WhyAuthenticator};
use crate::account::AccountId;
use crate::error::{ErrorKind, Result};
use crate::provider::Session;
use crate::secret::Secret;

macro_rules! run {
    ($store:expr, $($case:ident),+ $(,)?) => {$({
        let _named = Named(stringify!($case));
        let account = AccountId::new(concat!("conformance ", stringify!($case)));
        let outcome = async {
            $store.remove(&account).await?;
            $case($store, &account).await?;
            $store.remove(&account).await
        };
        if let Err(error) = outcome.await {
            panic!("{error}: {:?}", std::error::Error::source(&error));
        }
    })+};
}

/// Runs the whole list, each with an account of its own, and panics at the first that fails, naming it.
pub async fn all(store: &dyn CredentialStore) {
    run!(
        store,
        nothing_is_known_of_a_new_account,
        what_is_staged_is_kept_and_is_not_current,
        commit_makes_it_current,
        commit_keeps_the_old_one,
        commit_twice_is_commit_once,
        commit_of_a_past_one_brings_it_back,
        discard_moves_to_the_history,
        what_is_current_cannot_be_discarded,
        what_is_sent_stays_staged,
        several_are_staged_newest_first,
        the_history_is_newest_first,
        the_unproven_age_and_the_replaced_do_not,
        what_was_never_staged_is_an_error,
        a_session_is_replaced_and_cleared,
        notes_and_drafts_are_apart,
        notes_and_drafts_outlive_a_change_of_password,
        recovery_codes_are_crossed_off_replaced_and_kept,
        an_authenticator_is_replaced_removed_and_brought_back,
        an_authenticator_outlives_a_change_of_password,
        remove_leaves_nothing,
        two_accounts_are_apart,
        long_secrets_are_kept,
        any_text_is_kept,
    );
}

/// Two stores on one backing see each other's work at once.
pub async fn shared(one: &dyn CredentialStore, other: &dyn CredentialStore) {
    let _named = Named("shared");
    let account = AccountId::new("conformance shared");
    let outcome = async {
        one.remove(&account).await?;
        let mine = one.stage(&account, &Secret::new("mine"), at(1)).await?;
        let theirs = other.stage(&account, &Secret::new("theirs"), at(1)).await?;
        assert_ne!(mine, theirs);
        for store in [one, other] {
            let mut staged: Vec<_> =
                store.staged(&account).await?.iter().map(|s| text(&s.password)).collect();
            staged.sort();
            assert_eq!(staged, ["mine", "theirs"]);
        }
        other.commit(&account, &mine, at(2)).await?;
        one.commit(&account, &theirs, at(3)).await?;
        for store in [one, other] {
            expect_current(store, &account, Some("theirs")).await?;
            expect_history(store, &account, &[("mine", Why::Replaced)]).await?;
        }
        one.save_session(&account, &Session::new(Secret::new("token"), None)).await?;
        assert!(other.session(&account).await?.is_some());
        other.remove(&account).await?;
        expect_current(one, &account, None).await
    };
    if let Err(error) = outcome.await {
        panic!("{error}: {:?}", std::error::Error::source(&error));
    }
}

async fn nothing_is_known_of_a_new_account(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    store.check().await?;
    expect_current(store, account, None).await?;
    expect_staged(store, account, &[]).await?;
    expect_history(store, account, &[]).await?;
    assert_eq!(store.session(account).await?, None);
    store.clear_session(account).await?;
    store.remove(account).await
}

async fn what_is_staged_is_kept_and_is_not_current(
    store: &dyn CredentialStore,
    account: &AccountId,
) -> Result<()> {
    let id = store.stage(account, &Secret::new("new"), at(1)).await?;
    expect_current(store, account, None).await?;
    expect_history(store, account, &[]).await?;
    let staged = store.staged(account).await?;
    assert_eq!(staged.len(), 1);
    assert_eq!(staged[0].id, id);
    assert_eq!(staged[0].at, at(1));
    assert_eq!(text(&staged[0].password), "new");
    assert!(!staged[0].sent);
    Ok(())
}

async fn commit_makes_it_current(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    set(store, account, "first", at(1)).await?;
    expect_current(store, account, Some("first")).await?;
    assert_eq!(store.current(account).await?.map(|current| current.since), Some(at(1)));
    expect_staged(store, account, &[]).await?;
    expect_history(store, account, &[]).await
}

async fn commit_keeps_the_old_one(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    set(store, account, "first", at(1)).await?;
    let id = store.stage(account, &Secret::new("second"), at(2)).await?;
    expect_current(store, account, Some("first")).await?;
    expect_history(store, account, &[]).await?;
    store.commit(account, &id, at(3)).await?;
    expect_current(store, account, Some("second")).await?;
    assert_eq!(store.current(account).await?.map(|current| current.since), Some(at(3)));
    expect_staged(store, account, &[]).await?;
    expect_history(store, account, &[("first", Why::Replaced)]).await?;
    assert_eq!(store.history(account, at(3)).await?[0].at, at(3));
    Ok(())
}

async fn commit_twice_is_commit_once(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    set(store, account, "first", at(1)).await?;
    let id = store.stage(account, &Secret::new("second"), at(2)).await?;
    store.commit(account, &id, at(3)).await?;
    store.commit(account, &id, at(9)).await?;
    expect_current(store, account, Some("second")).await?;
    assert_eq!(store.current(account).await?.map(|current| current.since), Some(at(3)));
    expect_staged(store, account, &[]).await?;
    expect_history(store, account, &[("first", Why::Replaced)]).await
}

async fn commit_of_a_past_one_brings_it_back(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    set(store, account, "first", at(1)).await?;
    let id = store.stage(account, &Secret::new("second"), at(2)).await?;
    store.discard(account, &id, Why::NotAccepted, at(3)).await?;
    store.commit(account, &id, at(4)).await?;
    expect_current(store, account, Some("second")).await?;
    expect_history(store, account, &[("first", Why::Replaced)]).await
}

async fn discard_moves_to_the_history(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    set(store, account, "first", at(1)).await?;
    let refused = store.stage(account, &Secret::new("refused"), at(2)).await?;
    let unused = store.stage(account, &Secret::new("unused"), at(3)).await?;
    store.discard(account, &refused, Why::NotAccepted, at(4)).await?;
    store.discard(account, &unused, Why::NotUsed, at(5)).await?;
    store.discard(account, &unused, Why::NotUsed, at(6)).await?;
    expect_current(store, account, Some("first")).await?;
    expect_staged(store, account, &[]).await?;
    expect_history(store, account, &[("unused", Why::NotUsed), ("refused", Why::NotAccepted)]).await?;
    assert_eq!(store.history(account, at(6)).await?[0].at, at(5));
    Ok(())
}

async fn what_is_current_cannot_be_discarded(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    let id = store.stage(account, &Secret::new("first"), at(1)).await?;
    store.commit(account, &id, at(1)).await?;
    let refused = store.discard(account, &id, Why::NotUsed, at(2)).await;
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Bug));
    let refused = store.mark_sent(account, &id).await;
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Bug));
    expect_current(store, account, Some("first")).await?;
    expect_history(store, account, &[]).await
}

async fn what_is_sent_stays_staged(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    let id = store.stage(account, &Secret::new("new"), at(1)).await?;
    store.mark_sent(account, &id).await?;
    store.mark_sent(account, &id).await?;
    let staged = store.staged(account).await?;
    assert_eq!((staged.len(), staged[0].sent, staged[0].at), (1, true, at(1)));
    store.commit(account, &id, at(2)).await?;
    expect_current(store, account, Some("new")).await?;
    expect_staged(store, account, &[]).await
}

async fn several_are_staged_newest_first(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    store.stage(account, &Secret::new("a"), at(1)).await?;
    let b = store.stage(account, &Secret::new("b"), at(2)).await?;
    store.stage(account, &Secret::new("c"), at(2)).await?;
    store.stage(account, &Secret::new("c"), at(2)).await?;
    expect_staged(store, account, &["c", "c", "b", "a"]).await?;
    store.commit(account, &b, at(3)).await?;
    expect_staged(store, account, &["c", "c", "a"]).await?;
    expect_current(store, account, Some("b")).await?;
    expect_history(store, account, &[]).await
}

async fn the_history_is_newest_first(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    set(store, account, "a", at(1)).await?;
    set(store, account, "b", at(2)).await?;
    let c = store.stage(account, &Secret::new("c"), at(3)).await?;
    store.discard(account, &c, Why::NotUsed, at(3)).await?;
    set(store, account, "d", at(4)).await?;
    let expected = [("b", Why::Replaced), ("c", Why::NotUsed), ("a", Why::Replaced)];
    expect_history(store, account, &expected).await
}

async fn the_unproven_age_and_the_replaced_do_not(
    store: &dyn CredentialStore,
    account: &AccountId,
) -> Result<()> {
    set(store, account, "old", at(1)).await?;
    set(store, account, "now", at(2)).await?;
    let refused = store.stage(account, &Secret::new("refused"), at(3)).await?;
    let unused = store.stage(account, &Secret::new("unused"), at(3)).await?;
    store.stage(account, &Secret::new("staged"), at(3)).await?;
    store.discard(account, &refused, Why::NotAccepted, at(10)).await?;
    store.discard(account, &unused, Why::NotUsed, at(20)).await?;

    let (second, names) = (Duration::from_secs(1), |past: Vec<super::Past>| -> Vec<String> {
        past.iter().map(|past| text(&past.password)).collect()
    });
    let earlier = at(0) - second;
    assert_eq!(names(store.history(account, earlier).await?), ["unused", "refused", "old"]);
    let almost = at(10) + KEEP_UNPROVEN - second;
    assert_eq!(names(store.history(account, almost).await?), ["unused", "refused", "old"]);
    assert_eq!(names(store.history(account, at(10) + KEEP_UNPROVEN).await?), ["unused", "old"]);
    assert_eq!(names(store.history(account, at(20) + KEEP_UNPROVEN).await?), ["old"]);
    assert_eq!(names(store.history(account, at(0) + 1_000 * KEEP_UNPROVEN).await?), ["old"]);

    // A change made long after is where a store may clear up: nothing else may go with it.
    set(store, account, "later", at(20) + 2 * KEEP_UNPROVEN).await?;
    expect_staged(store, account, &["staged"]).await?;
    let past = store.history(account, at(20) + 2 * KEEP_UNPROVEN).await?;
    assert_eq!(names(past), ["now", "old"]);
    Ok(())
}

async fn what_was_never_staged_is_an_error(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    set(store, account, "first", at(1)).await?;
    let unknown = PastId("0000000000000-0-000000".into());
    for outcome in [
        store.mark_sent(account, &unknown).await,
        store.commit(account, &unknown, at(2)).await,
        store.discard(account, &unknown, Why::NotUsed, at(2)).await,
    ] {
        assert_eq!(outcome.map_err(|error| error.kind()), Err(ErrorKind::StoreBroken));
    }
    expect_current(store, account, Some("first")).await?;
    expect_history(store, account, &[]).await
}

async fn a_session_is_replaced_and_cleared(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    let first = Session::new(Secret::new("refresh 1"), Some("j•••@mail.example".into()));
    let second = Session::new(Secret::new("x".repeat(5_000)), None);
    store.save_session(account, &first).await?;
    assert_eq!(store.session(account).await?, Some(first.clone()));
    store.save_session(account, &second).await?;
    assert_eq!(store.session(account).await?, Some(second));
    store.save_session(account, &first).await?;
    assert_eq!(store.session(account).await?, Some(first));
    store.clear_session(account).await?;
    assert_eq!(store.session(account).await?, None);
    expect_current(store, account, None).await
}

async fn notes_and_drafts_are_apart(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    for which in Extra::ALL {
        assert_eq!(store.extra(account, which).await?, None);
        store.save_extra(account, which, None).await?;
    }
    store.save_extra(account, Extra::Note, Some(&Secret::new("note\n".repeat(1_000)))).await?;
    store.save_extra(account, Extra::Draft, Some(&Secret::new("first"))).await?;
    store.save_extra(account, Extra::Draft, Some(&Secret::new("second"))).await?;
    assert_eq!(store.extra(account, Extra::Draft).await?, Some(Secret::new("second")));
    store.save_extra(account, Extra::Draft, None).await?;
    assert_eq!(store.extra(account, Extra::Draft).await?, None);
    assert_eq!(store.extra(account, Extra::Note).await?, Some(Secret::new("note\n".repeat(1_000))));
    expect_current(store, account, None).await
}

async fn notes_and_drafts_outlive_a_change_of_password(
    store: &dyn CredentialStore,
    account: &AccountId,
) -> Result<()> {
    let texts = [(Extra::Note, " 🔑 \"note\"\n\n"), (Extra::Draft, "{\"name\":\"пароль\"}")];
    set(store, account, "first", at(1)).await?;
    for (which, text) in texts {
        store.save_extra(account, which, Some(&Secret::new(text))).await?;
    }
    set(store, account, "second", at(2)).await?;
    store.save_session(account, &Session::new(Secret::new("token"), None)).await?;
    store.clear_session(account).await?;
    for (which, text) in texts {
        assert_eq!(store.extra(account, which).await?, Some(Secret::new(text)));
    }
    // Neither is a password, and neither is another account's.
    expect_staged(store, account, &[]).await?;
    expect_history(store, account, &[("first", Why::Replaced)]).await?;
    let other = AccountId::new(format!("{} b", account.as_str()));
    for (which, _) in texts {
        assert_eq!(store.extra(&other, which).await?, None);
    }
    Ok(())
}

async fn recovery_codes_are_crossed_off_replaced_and_kept(
    store: &dyn CredentialStore,
    account: &AccountId,
) -> Result<()> {
    use crate::recovery_codes::{CodeId, change, load};
    let list =
        |word: &str| (0..20).map(|n| Secret::new(format!("{word}-{n:04}-\"ü🔑\""))).collect::<Vec<_>>();
    assert!(load(store, account).await?.current().is_none());
    change(store, account, |codes| codes.replace(list("first"), at(1))).await?;
    change(store, account, |codes| codes.cross_off(CodeId(7), at(2))).await?;
    set(store, account, "password", at(3)).await?;
    let kept = load(store, account).await?;
    assert_eq!((kept.left(), kept.current().map(|set| set.codes.len())), (19, Some(20)));
    assert_eq!(kept.current().map(|set| set.codes[7].used), Some(Some(at(2))));
    change(store, account, |codes| codes.replace(list("second"), at(4))).await?;
    let kept = load(store, account).await?;
    assert_eq!((kept.left(), kept.earlier().map(|set| set.at).collect::<Vec<_>>()), (20, vec![at(1)]));
    // They are no password, no note, and no other account's.
    expect_staged(store, account, &[]).await?;
    assert_eq!(store.extra(account, Extra::Note).await?, None);
    let other = AccountId::new(format!("{} b", account.as_str()));
    assert!(load(store, &other).await?.current().is_none());
    Ok(())
}

async fn an_authenticator_is_replaced_removed_and_brought_back(
    store: &dyn CredentialStore,
    account: &AccountId,
) -> Result<()> {
    use WhyAuthenticator::{Removed, Replaced};
    assert_eq!(store.authenticator(account).await?, None);
    store.remove_authenticator(account, at(1)).await?;
    store.save_authenticator(account, &Secret::new("a"), at(1)).await?;
    store.save_authenticator(account, &Secret::new("a"), at(2)).await?;
    expect_authenticators(store, account, Some("a"), &[]).await?;
    let long = "b".repeat(4_096);
    store.save_authenticator(account, &Secret::new(&*long), at(3)).await?;
    expect_authenticators(store, account, Some(&long), &[("a", Replaced, at(3))]).await?;
    store.remove_authenticator(account, at(4)).await?;
    store.remove_authenticator(account, at(5)).await?;
    expect_authenticators(store, account, None, &[(&long, Removed, at(4)), ("a", Replaced, at(3))]).await?;
    store.save_authenticator(account, &Secret::new("a"), at(6)).await?;
    expect_authenticators(store, account, Some("a"), &[(&long, Removed, at(4))]).await
}

async fn an_authenticator_outlives_a_change_of_password(
    store: &dyn CredentialStore,
    account: &AccountId,
) -> Result<()> {
    set(store, account, "first", at(1)).await?;
    store.save_authenticator(account, &Secret::new("old"), at(1)).await?;
    store.save_authenticator(account, &Secret::new("otpauth://totp/ü?secret=🔑"), at(2)).await?;
    set(store, account, "second", at(3)).await?;
    store.save_session(account, &Session::new(Secret::new("token"), None)).await?;
    store.clear_session(account).await?;
    for which in Extra::ALL {
        store.save_extra(account, which, Some(&Secret::new("text"))).await?;
        store.save_extra(account, which, None).await?;
    }
    let past = [("old", WhyAuthenticator::Replaced, at(2))];
    expect_authenticators(store, account, Some("otpauth://totp/ü?secret=🔑"), &past).await?;
    // It is no password, and no other account's.
    expect_staged(store, account, &[]).await?;
    expect_history(store, account, &[("first", Why::Replaced)]).await?;
    let other = AccountId::new(format!("{} b", account.as_str()));
    expect_authenticators(store, &other, None, &[]).await
}

async fn remove_leaves_nothing(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    set(store, account, "first", at(1)).await?;
    set(store, account, &"long".repeat(2_000), at(2)).await?;
    store.stage(account, &Secret::new("staged"), at(3)).await?;
    store.save_session(account, &Session::new(Secret::new("token"), None)).await?;
    for which in Extra::ALL {
        store.save_extra(account, which, Some(&Secret::new("text"))).await?;
    }
    for uri in ["a", &"b".repeat(4_096)] {
        store.save_authenticator(account, &Secret::new(uri), at(4)).await?;
    }
    store.remove(account).await?;
    expect_authenticators(store, account, None, &[]).await?;
    for which in Extra::ALL {
        assert_eq!(store.extra(account, which).await?, None);
    }
    nothing_is_known_of_a_new_account(store, account).await
}

async fn two_accounts_are_apart(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    let other = AccountId::new(format!("{} b", account.as_str()));
    store.remove(&other).await?;
    set(store, account, "mine", at(1)).await?;
    set(store, &other, "theirs", at(1)).await?;
    let staged = store.stage(&other, &Secret::new("staged"), at(2)).await?;
    store.save_session(&other, &Session::new(Secret::new("token"), None)).await?;
    expect_staged(store, account, &[]).await?;
    assert_eq!(store.session(account).await?, None);
    let foreign = store.commit(account, &staged, at(3)).await;
    assert_eq!(foreign.map_err(|error| error.kind()), Err(ErrorKind::StoreBroken));

    store.remove(account).await?;
    expect_current(store, account, None).await?;
    expect_current(store, &other, Some("theirs")).await?;
    expect_staged(store, &other, &["staged"]).await?;
    store.remove(&other).await
}

async fn long_secrets_are_kept(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    for (step, password) in [10_000, 1_281, 1_280, 1_279, 3]
        .map(|length| "ü🔑x".chars().cycle().take(length).collect::<String>())
        .iter()
        .enumerate()
    {
        set(store, account, password, at(step as u64)).await?;
        expect_current(store, account, Some(password)).await?;
    }
    let past = store.history(account, at(9)).await?;
    let lengths: Vec<_> = past.iter().map(|past| past.password.expose().chars().count()).collect();
    assert_eq!(lengths, [1_279, 1_280, 1_281, 10_000]);
    Ok(())
}

async fn any_text_is_kept(store: &dyn CredentialStore, account: &AccountId) -> Result<()> {
    let texts = [
        " leading and trailing ",
        "🧑‍🚀 пароль 密码 e\u{301} \u{202e}",
        "\"quotes\" \\ {json: [1]} \n\t\r\u{1b}",
        r#"{"version":1,"parts":{"generation":"1","count":1}}"#,
        "%s%n\u{fffd}\u{10ffff}",
    ];
    for (step, password) in texts.iter().enumerate() {
        set(store, account, password, at(step as u64)).await?;
        expect_current(store, account, Some(password)).await?;
    }
    let past = store.history(account, at(9)).await?;
    let past: Vec<_> = past.iter().rev().map(|past| past.password.expose()).collect();
    assert_eq!(past, texts[..4]);
    Ok(())
}

/// Says which case it was when one panics.
struct Named(&'static str);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the store does not conform: {}", self.0);
        }
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn text(secret: &Secret) -> String {
    secret.expose().to_owned()
}

async fn set(
    store: &dyn CredentialStore,
    account: &AccountId,
    password: &str,
    when: SystemTime,
) -> Result<()> {
    let id = store.stage(account, &Secret::new(password), when).await?;
    store.mark_sent(account, &id).await?;
    store.commit(account, &id, when).await
}

async fn expect_current(
    store: &dyn CredentialStore,
    account: &AccountId,
    password: Option<&str>,
) -> Result<()> {
    let current = store.current(account).await?.map(|current| text(&current.password));
    assert_eq!(current.as_deref(), password);
    Ok(())
}

async fn expect_authenticators(
    store: &dyn CredentialStore,
    account: &AccountId,
    current: Option<&str>,
    past: &[(&str, WhyAuthenticator, SystemTime)],
) -> Result<()> {
    assert_eq!(store.authenticator(account).await?.as_ref().map(text).as_deref(), current);
    let there = store.past_authenticators(account).await?;
    let there: Vec<_> = there.iter().map(|it| (it.uri.expose(), it.why, it.at)).collect();
    assert_eq!(there, past);
    Ok(())
}

async fn expect_staged(store: &dyn CredentialStore, account: &AccountId, passwords: &[&str]) -> Result<()> {
    let staged: Vec<_> = store.staged(account).await?.iter().map(|staged| text(&staged.password)).collect();
    assert_eq!(staged, passwords);
    Ok(())
}

async fn expect_history(
    store: &dyn CredentialStore,
    account: &AccountId,
    expected: &[(&str, Why)],
) -> Result<()> {
    let past = store.history(account, at(100)).await?;
    let past: Vec<_> = past.iter().map(|past| (past.password.expose(), past.why)).collect();
    assert_eq!(past, expected);
    Ok(())
}
