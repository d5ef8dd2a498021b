//! The practice story, as a person would rehearse it, then the screens that practice does not lead to.

use anyhow::{Context as _, Result, ensure};

use crate::desk::Desk;
use crate::server::{AccountServer, FORGOTTEN, IDENTIFIER};
use crate::steps::{open_account, revealed_password};
use crate::transcript::Transcript;
use crate::window::Window;
use crate::{demo_addresses, demo_guide, demo_pairing, demo_vault, demo_ways};

const OPENING: &str = "Played by `cargo xtask demo` in the real window, with a real keychain and real account servers. \
Each screen was checked by axe in both themes and at 420 × 600.";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test, or cargo xtask demo"]
async fn the_story_is_told() {
    Desk::play("demo", async |desk| {
        let mut transcript =
            Transcript::begin("Regain: from “no password fits” to signed in again", OPENING)?;
        desk.window.resize(960, 680).await?;
        practise(desk, &mut transcript).await?;
        rooms(&desk.window, &mut transcript).await?;
        demo_guide::guide(desk, &mut transcript).await?;
        demo_pairing::pairing(desk, &mut transcript).await?;
        demo_ways::ways(desk, &mut transcript).await?;
        demo_addresses::addresses(desk, &mut transcript).await?;
        real_server(desk, &mut transcript).await?;
        in_russian(&desk.window, &mut transcript).await?;
        demo_vault::doctor(desk, &mut transcript).await?;
        demo_vault::vault(desk, &mut transcript).await?;
        transcript.end()
    })
    .await;
}

async fn practise(desk: &Desk, transcript: &mut Transcript) -> Result<()> {
    let window = &desk.window;
    transcript.chapter("A rehearsal with the practice server")?;
    transcript.step(window, "first-start", "Start Regain for the first time").await?;
    window.pick("store-keychain").await?;
    window.press("continue").await?;
    transcript.step(window, "accounts", "Keep passwords in this computer’s keychain").await?;
    window.press("add-account").await?;
    transcript.step(window, "add", "Press “Add an account”").await?;
    window.pick("kind-practice").await?;
    window.press("continue").await?;
    transcript.step(window, "practice", "Choose a practice account").await?;
    window.press("practice-start").await?;
    transcript.step(window, "sign-in", "Start the practice server").await?;
    window.type_into("sign-in-password", "summer-2024-something").await?;
    window.press("continue").await?;
    window.find("notice").await?;
    transcript.step(window, "sign-in", "Try a password made up on the spot: it does not fit").await?;
    window.press("forgot").await?;
    transcript.step(window, "identifier", "Press “Forgot your password?”").await?;
    window.press("continue").await?;
    transcript.step(window, "code", "Ask for a code").await?;
    window.press("doctor").await?;
    window.find("doctor-panel").await?;
    transcript.step(window, "code", "Ask what to do when no mail comes").await?;
    window.press("doctor-close").await?;
    window.press("other-ways").await?;
    transcript.step(window, "ways", "Look at the other ways").await?;
    window.press("back").await?;
    window.await_screen("code").await?;

    let code = practice_code(window).await?;
    transcript.step(window, "code", "Open the practice mailbox: the code is there").await?;
    let wrong = format!("{}{}", if code.starts_with('7') { '8' } else { '7' }, &code[1..]);
    window.type_into("code-input", &wrong).await?;
    window.find("notice").await?;
    transcript.step(window, "code", "Mistype one digit of the code").await?;
    window.type_into("code-input", &code).await?;
    window.find("generated-password").await?;
    transcript
        .step(window, "new-password", "Type the right code: Regain has made a password, and saved it already")
        .await?;
    let made = window.text("generated-password").await?;
    window.pick("type-own").await?;
    window.type_into("new-password", "summer 2024").await?;
    window.find("rules").await.or(window.find("strength").await)?;
    transcript.step(window, "new-password", "Try an own one instead, and see why it is weak").await?;
    window.pick("make-one").await?;
    window.find("generated-password").await?;
    let used = window.text("generated-password").await?;
    window.press("use-generated").await?;
    transcript.step(window, "done", "Use a password that Regain made").await?;
    let kept = desk.find_in_keychain("Regain")?;
    ensure!(
        kept.len() == 1 && kept[0].secret == used,
        "the keychain holds the password that was used: {kept:?}"
    );
    ensure!(used != made && desk.keychain_holds(&made)?, "the one that was made and not used is not lost");
    transcript.note(&format!(
        "Another program, `secret-tool search service Regain`, finds the new password in the keychain, labelled “{}”.",
        kept[0].label
    ))?;
    window.press("done").await
}

async fn rooms(window: &Window, transcript: &mut Transcript) -> Result<()> {
    transcript.chapter("The rooms")?;
    open_account(window).await?;
    window.find("session-row").await?;
    transcript.step(window, "account", "Look at the account: signed in, and its password is known").await?;
    revealed_password(window).await?;
    transcript
        .glimpse(window, "account", "Show the password; it hides itself again after half a minute")
        .await?;
    window.press("recovery-open").await?;
    window.find("recovery-address").await?;
    transcript.step(window, "recovery-settings", "See what the server would let you back in by").await?;
    window.press("recovery-turn-on").await?;
    transcript
        .step(window, "set-up-authenticator", "Turn on a second factor: kept here, or by an app on the phone")
        .await?;
    window.press("back").await?;
    window.find("recovery-address").await?;
    window.press("nav-accounts").await?;
    window.find("account-row").await?;
    transcript.step(window, "accounts", "Go back to the accounts").await?;
    window.type_into("search", "nobody").await?;
    window.find("search-empty").await?;
    transcript.glimpse(window, "accounts", "Search for something that is not there").await?;
    window.press("settings").await?;
    transcript.step(window, "settings", "Open the settings").await?;
    window.press("help").await?;
    window.find("help-dialog").await?;
    window.has_no_violations().await?;
    transcript.glimpse(window, "settings", "Ask for the keys").await?;
    window.press("help-close").await?;
    window.await_gone("help-dialog").await?;
    window.await_focus("help").await?;
    window.pick("theme-dark").await?;
    transcript.glimpse(window, "settings", "Choose the dark appearance").await?;
    window.pick("theme-system").await?;
    window.press("lock-now").await?;
    transcript.step(window, "lock", "Lock the window").await?;
    window.press("unlock").await?;
    window.await_screen("accounts").await?;
    Ok(())
}

async fn real_server(desk: &Desk, transcript: &mut Transcript) -> Result<()> {
    let window = &desk.window;
    let server = AccountServer::open_with(|account| account.totp = true).await?;
    let totp = server.account.totp.as_ref().context("the account has a second factor")?;
    transcript.chapter("A real account server, with a second factor")?;
    window.press("add-account").await?;
    window.await_screen("add").await?;
    window.pick("kind-server").await?;
    window.press("continue").await?;
    transcript.step(window, "server", "Add an account at a server").await?;
    window.type_into("server-address", "not an address").await?;
    window.press("continue").await?;
    window.find("notice").await?;
    transcript.step(window, "server", "Mistype its address").await?;
    window.type_into("server-address", &server.address()).await?;
    window.press("continue").await?;
    window.find("server-found").await?;
    transcript.step(window, "server", "Type it again: somebody is there").await?;
    window.press("sign-in").await?;
    window.type_into("sign-in-identifier", IDENTIFIER).await?;
    window.type_into("sign-in-password", FORGOTTEN).await?;
    window.press("continue").await?;
    transcript.step(window, "second-factor", "Sign in with a password that fits").await?;
    window.type_into("code-input", &totp.code_at(now()?)).await?;
    transcript.step(window, "done", "Type the six digits of the authenticator app").await?;
    window.press("done").await?;
    window.press("to-changes").await?;
    window.find("change").await?;
    transcript
        .step(window, "changes", "One password opens two accounts: which to change, in which order")
        .await?;
    window.press("nav-accounts").await?;
    window.await_screen("accounts").await?;
    let kept = desk.find_in_keychain("Regain")?;
    let real =
        kept.iter().find(|item| item.secret == FORGOTTEN).context("the password that signed in is kept")?;
    desk.delete_from_keychain(&real.username)?;
    open_named_account(window, "Dorfladen").await?;
    window.press("change-password").await?;
    transcript
        .step(
            window,
            "current-password",
            "Delete the password from the keychain by hand, then change it: Regain asks for it",
        )
        .await?;
    window.press("cancel").await?;
    window.await_screen("account").await?;
    window.press("nav-accounts").await
}

/// The main screens once more, in another alphabet.
async fn in_russian(window: &Window, transcript: &mut Transcript) -> Result<()> {
    transcript.chapter("По-русски")?;
    window.press("settings").await?;
    window.choose("language", "ru").await?;
    window.await_text("heading", "Настройки").await?;
    transcript.glimpse(window, "settings", "Choose Russian").await?;
    window.press("nav-accounts").await?;
    transcript.glimpse(window, "accounts", "The accounts").await?;
    open_named_account(window, "Practice").await?;
    transcript.glimpse(window, "account", "The practice account").await?;
    window.press("change-by-code").await?;
    window.await_screen("code").await?;
    transcript.glimpse(window, "code", "Change its password by code").await?;
    let code = practice_code(window).await?;
    window.type_into("code-input", &code).await?;
    window.find("generated-password").await?;
    transcript.glimpse(window, "new-password", "Type the code").await?;
    window.press("use-generated").await?;
    transcript.glimpse(window, "done", "Use the password").await?;
    window.press("done").await?;
    window.press("nav-accounts").await?;
    window.await_screen("accounts").await?;
    Ok(())
}

/// The code of the newest mail in the practice mailbox, read in the window.
async fn practice_code(window: &Window) -> Result<String> {
    window.press("practice-mailbox").await?;
    for _ in 0..40 {
        let mails = window.find_all("practice-mail-text").await?;
        // A list that is drawn anew at this moment is looked at once more.
        if let Some(mail) = mails.first()
            && let Ok(text) = mail.text().await
        {
            let bound = text.lines().rev().find_map(|line| line.strip_prefix('@')?.split_once('#'));
            if let Some((_, code)) = bound {
                return Ok(code.trim().to_owned());
            }
        }
        window.press("practice-look").await?;
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    anyhow::bail!("no code came to the practice mailbox")
}

pub async fn open_named_account(window: &Window, name: &str) -> Result<()> {
    if window.screen().await? != "accounts" {
        window.press("nav-accounts").await?;
        window.await_screen("accounts").await?;
    }
    window.await_text("account-row", name).await?;
    window.press_the_one("account-row", name).await?;
    window.await_screen("account").await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an authenticator app reads the real clock")]
fn now() -> Result<i64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(i64::try_from(now.as_secs())?)
}
