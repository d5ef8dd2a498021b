//! What is wrong with this version, seen on the server itself; and what else a site may have set up.

use accounts::{Answer, Challenge, ErrorKind, Intent, Outcome, Problem, Session, Step};

use super::*;

const NOBODY: &str = "nobody-here@mail.example";
const WRONG: &str = "BBBB-BBBB";
const NEW: &str = "mossy-kettle-Walnut-29";

pub(super) async fn all(free: &Arc<Site>, limited: &Arc<Site>) -> Result<()> {
    the_documented_check_crashes_for_nobody(free).await?;
    a_password_beside_a_wrong_code_tells_who_has_an_account(free).await?;
    a_session_that_asks_for_a_recovery_dies_of_it(free).await?;
    what_is_too_similar_is_said(free).await?;
    an_address_that_was_never_confirmed_is_confirmed_by_a_recovery(free).await?;
    a_lock_out_is_400(limited).await?;
    too_many_codes_of_the_second_factor_are_400(limited).await?;
    a_site_may_sign_in_with_a_recovery().await?;
    a_site_may_mail_links().await
}

async fn the_documented_check_crashes_for_nobody(site: &Site) -> Result<()> {
    let account = site.sign_up().await?;
    let api = site.api();
    for (address, status) in [(account.email.as_str(), 400), (NOBODY, 500)] {
        let token = request(&api, address).await?;
        let reply = api.with("GET", "auth/password/reset", Some(&token), WRONG, Value::Null).await?;
        assert_eq!(reply.status, status, "{address}");
    }
    Ok(())
}

async fn a_password_beside_a_wrong_code_tells_who_has_an_account(site: &Site) -> Result<()> {
    let account = site.sign_up().await?;
    let api = site.api();
    let known = ["key/incorrect_code", "password/password_too_short", "password/password_too_common"];
    for (address, said) in [(account.email.as_str(), &known[..]), (NOBODY, &known[..1])] {
        let token = Some(request(&api, address).await?);
        let body = json!({ "key": WRONG, "password": "pass" });
        let reply = api.ask("POST", "auth/password/reset", token.as_deref(), body).await?;
        assert_eq!(reply.refusals(), said, "{address}");
        // Without one there is nothing to tell them apart by.
        let reply = api.ask("POST", "auth/password/reset", token.as_deref(), json!({ "key": WRONG })).await?;
        assert_eq!(reply.refusals(), ["key/incorrect_code", "password/required"], "{address}");
    }
    Ok(())
}

/// Why a recovery is run without the session.
async fn a_session_that_asks_for_a_recovery_dies_of_it(site: &Site) -> Result<()> {
    let account = site.sign_up().await?;
    let api = site.api();
    let token = Some(account.token.as_str());
    let reply = api.ask("POST", "auth/password/request", token, json!({ "email": account.email })).await?;
    assert_eq!(reply.status, 200);
    let body = json!({ "key": site.mailed(&account.email).await?, "password": NEW });
    let reply = api.ask("POST", "auth/password/reset", token, body).await?;
    assert_eq!((reply.status, &reply.body["meta"]["is_authenticated"]), (200, &json!(true)), "it says");
    let reply = api.ask("GET", "auth/session", token, Value::Null).await?;
    assert_eq!(reply.status, 401);
    Ok(())
}

async fn what_is_too_similar_is_said(site: &Arc<Site>) -> Result<()> {
    use accounts::provider::WeakReason;
    let bench = SiteBench::start(site.clone(), false).await?;
    let session = signed_in(&bench, PASSWORD).await?;
    let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session }).await?;
    exchange.answer(Answer::Password(bench.password())).await?;
    for (password, reasons) in [
        (bench.account.email.as_str(), vec![WeakReason::ContainsIdentifier]),
        ("12345", vec![WeakReason::TooShort { min: 8 }, WeakReason::Common, WeakReason::Guessable]),
    ] {
        let step = exchange.answer(Answer::NewPassword(Secret::new(password))).await?;
        let Step::Ask(_, Some(Problem::WeakPassword(said))) = step else { panic!("refused: {step:?}") };
        assert_eq!(said, reasons, "{password}");
    }
    Ok(())
}

async fn an_address_that_was_never_confirmed_is_confirmed_by_a_recovery(site: &Arc<Site>) -> Result<()> {
    let (account, _) = site.begin_sign_up().await?;
    site.mailed(&account.email).await?;
    let bench = SiteBench { provider: site.provider().await?, site: site.clone(), account };
    assert_eq!(password(&bench, PASSWORD).await.unwrap_err().kind(), ErrorKind::Unsupported);
    // The sign-in has mailed a code as well, for the address alone.
    bench.mailed().await;
    recovered(&bench).await?;
    signed_in(&bench, NEW).await?;
    Ok(())
}

async fn a_lock_out_is_400(site: &Arc<Site>) -> Result<()> {
    site.advance(Duration::from_secs(301));
    let bench = SiteBench::start(site.clone(), false).await?;
    for _ in 0..5 {
        let step = password(&bench, "not the password").await?;
        assert!(
            matches!(step, Step::Ask(Challenge::Password { .. }, Some(Problem::WrongPassword))),
            "{step:?}"
        );
    }
    let locked = password(&bench, PASSWORD).await.unwrap_err();
    assert_eq!(locked.kind(), ErrorKind::RateLimited { wait: None });
    let body = json!({ "email": bench.account.email, "password": PASSWORD });
    let reply = site.api().ask("POST", "auth/login", None, body).await?;
    assert_eq!((reply.status, reply.refusals()), (400, vec!["/too_many_login_attempts".to_owned()]));
    // A recovery lifts it.
    recovered(&bench).await?;
    signed_in(&bench, NEW).await?;
    Ok(())
}

async fn too_many_codes_of_the_second_factor_are_400(site: &Arc<Site>) -> Result<()> {
    let bench = SiteBench::start(site.clone(), true).await?;
    let (mut exchange, _) =
        bench.provider.begin(Intent::SignIn { identifier: bench.account.username.clone() }).await?;
    exchange.answer(Answer::Password(bench.password())).await?;
    let mut wrong = 0;
    let locked = loop {
        match exchange.answer(Answer::Code(Secret::new("000000"))).await {
            Ok(step) => assert!(is_wrong_code(&step) && wrong < 20, "{step:?}"),
            Err(error) => break error,
        }
        wrong += 1;
    };
    assert_eq!((wrong, locked.kind()), (5, ErrorKind::RateLimited { wait: None }));
    Ok(())
}

async fn a_site_may_sign_in_with_a_recovery() -> Result<()> {
    let site = Arc::new(Site::start(&["SITE_SIGNS_IN_ON_RESET", "SITE_SIGNS_OUT_ON_CHANGE"]).await?);
    let bench = SiteBench::start(site.clone(), false).await?;
    let mut session = recovered(&bench).await?.context("this site signs in")?;
    assert_eq!(session.address.as_ref(), Some(&bench.account.email));
    bench.provider.check(&mut session).await?;
    // And a change signs out, with the words of a session that was dead before.
    let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session }).await?;
    exchange.answer(Answer::Password(Secret::new(NEW))).await?;
    let changed = exchange.answer(Answer::NewPassword(bench.password())).await;
    assert_eq!(changed.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    signed_in(&bench, PASSWORD).await?;

    let bench = SiteBench::start(site, true).await?;
    assert!(recovered(&bench).await?.is_none(), "the second factor is asked for at the next sign-in");
    let step = password(&bench, NEW).await?;
    assert!(matches!(step, Step::Ask(Challenge::Code(_), None)), "{step:?}");
    Ok(())
}

async fn a_site_may_mail_links() -> Result<()> {
    use accounts::provider::{CodeShape, Way};
    let site = Arc::new(Site::start(&["SITE_BY_LINK"]).await?);
    let bench = SiteBench::start(site, false).await?;
    for address in [NOBODY, &bench.account.email] {
        let (mut exchange, challenge) =
            bench.provider.begin(Intent::Recover { identifier: address.to_owned() }).await?;
        let Challenge::Code(ask) = challenge else { panic!("a link is asked for: {challenge:?}") };
        assert_eq!((ask.way, ask.shape), (Way::MailLink, CodeShape::Link));
        let step = exchange.answer(Answer::Code(Secret::new("1-wrong-0123456789"))).await?;
        assert!(is_wrong_code(&step), "{address}: {step:?}");
    }
    bench.mailed().await;
    assert!(recovered(&bench).await?.is_none());
    signed_in(&bench, NEW).await?;
    Ok(())
}

fn is_wrong_code(step: &Step) -> bool {
    matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode)))
}

/// Asks for a recovery; the session that it goes on with.
async fn request(api: &Api, address: &str) -> Result<String> {
    let reply = api.ask("POST", "auth/password/request", None, json!({ "email": address })).await?;
    reply.token().context("a session")
}

async fn password(bench: &SiteBench, password: &str) -> accounts::Result<Step> {
    let (mut exchange, _) =
        bench.provider.begin(Intent::SignIn { identifier: bench.account.email.clone() }).await?;
    exchange.answer(Answer::Password(Secret::new(password))).await
}

async fn signed_in(bench: &SiteBench, with: &str) -> Result<Session> {
    match password(bench, with).await? {
        Step::Done(Outcome::SignedIn(session)) => Ok(session),
        other => panic!("signed in: {other:?}"),
    }
}

/// Recovers, and says what session that gave.
async fn recovered(bench: &SiteBench) -> Result<Option<Session>> {
    let (mut exchange, _) =
        bench.provider.begin(Intent::Recover { identifier: bench.account.email.clone() }).await?;
    exchange.answer(Answer::Code(bench.mailed().await)).await?;
    match exchange.answer(Answer::NewPassword(Secret::new(NEW))).await? {
        Step::Done(Outcome::PasswordChanged { session, .. }) => Ok(session),
        other => panic!("changed: {other:?}"),
    }
}
