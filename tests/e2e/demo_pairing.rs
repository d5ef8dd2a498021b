//! The story of the phone: it lets this computer in, and is let in from here; told with both screens side by side.

use anyhow::{Context as _, Result, ensure};

use crate::demo::open_named_account;
use crate::desk::Desk;
use crate::phone::Phone;
use crate::server::{AccountServer, FORGOTTEN};
use crate::steps::{search_at, sign_in};
use crate::transcript::Transcript;
use crate::window::Window;

/// The server of this story.
const MARKET: &str = "Weekly market";

pub async fn pairing(desk: &Desk, transcript: &mut Transcript) -> Result<()> {
    let window = &desk.window;
    let mut server = AccountServer::open_as(MARKET, |_| {}).await?;
    let phone = Phone::open(desk).await?;
    transcript.chapter("A phone that is signed in lets this computer in")?;
    search_at(window, &server.address()).await?;
    window.press("with-phone").await?;
    transcript.step(window, "scan-qr", "Sign in with the phone: a QR code").await?;

    phone.open_link(&link_in_the_window(window).await?).await?;
    phone.sign_in().await?;
    phone.await_form("/device/scan").await?;
    transcript.phone(&phone, "The phone scans it. It has signed in once, and says who is asking").await?;
    phone.submit("/device/scan").await?;
    let digits = phone.digits().await?;
    transcript.phone(&phone, "The person is in front of the computer: the phone shows a code").await?;
    transcript.step(window, "confirm-code", "The window has noticed, and asks for the code").await?;
    let wrong = format!("{}{}", if digits.starts_with('7') { '8' } else { '7' }, &digits[1..]);
    window.type_into("code-input", &wrong).await?;
    window.find("tries-left").await?;
    transcript.glimpse(window, "confirm-code", "Mistype it: two tries are left").await?;
    window.type_into("code-input", &digits).await?;
    transcript.step(window, "wait-for-phone", "Type it right: the phone has the last word").await?;
    phone.await_form("/device/approve").await?;
    phone.fill("password", FORGOTTEN).await?;
    transcript.phone(&phone, "The phone asks for the password once more").await?;
    phone.submit("/device/approve").await?;
    transcript
        .step(window, "confirm-account", "The window says whose account it is, and keeps nothing yet")
        .await?;
    transcript.phone(&phone, "The phone is done").await?;
    window.press("confirm-yes").await?;
    transcript.step(window, "done", "Yes: signed in, without a password").await?;
    let mail = server.mailbox.next_about("new computer").await?;
    ensure!(mail.text.contains("/not-me?t="), "the mail says what to do: {}", mail.text);
    ensure!(mail.text.contains("Regain on Linux"), "the mail says which computer: {}", mail.text);
    transcript
        .note("The server has mailed a notice of the new computer, with a link for “this wasn’t me”.")?;
    window.press("go-to-account").await?;
    window.await_screen("account").await?;
    window.find("session-row").await?;
    transcript.step(window, "account", "Its page lists this computer and the phone").await?;

    link_a_phone(desk, &server, transcript).await?;
    phone.close().await;
    Ok(())
}

/// A session that a phone gave may not let in others on its first day: this one has the password.
async fn link_a_phone(desk: &Desk, server: &AccountServer, transcript: &mut Transcript) -> Result<()> {
    let window = &desk.window;
    transcript.chapter("This computer lets another phone in")?;
    search_at(window, &server.address()).await?;
    sign_in(window, FORGOTTEN).await?;
    open_named_account(window, MARKET).await?;
    window.press("link-phone").await?;
    transcript.step(window, "scan-qr", "Link a phone: a QR code").await?;
    let phone = Phone::open(desk).await?;
    phone.open_link(&link_in_the_window(window).await?).await?;
    transcript.phone(&phone, "A phone that is signed in nowhere scans it").await?;
    phone.submit("/link/scan").await?;
    transcript.step(window, "show-code", "The window shows a code, and which phone it was").await?;
    let digits: String = window.text("show-code").await?.chars().filter(char::is_ascii_digit).collect();
    // The same digits stand there once more for those who hear the page.
    let digits = digits.get(digits.len().saturating_sub(6)..).context("six digits")?;
    phone.fill("digits", digits).await?;
    transcript.phone(&phone, "The code is typed on the phone").await?;
    phone.submit("/link/confirm").await?;
    transcript.step(window, "allow-phone", "Let that phone in?").await?;
    window.press("use-saved").await?;
    transcript.step(window, "done", "Yes, with the password that is kept").await?;
    phone.await_form("/link/finish").await?;
    phone.submit("/link/finish").await?;
    phone.await_words("jana").await?;
    transcript.phone(&phone, "The phone is signed in").await?;
    phone.close().await;
    window.press("done").await?;

    transcript.chapter("A phone that says no")?;
    search_at(window, &server.address()).await?;
    window.press("with-phone").await?;
    window.await_screen("scan-qr").await?;
    let phone = Phone::open(desk).await?;
    phone.open_link(&link_in_the_window(window).await?).await?;
    phone.sign_in().await?;
    phone.submit("/device/deny").await?;
    transcript.step(window, "pairing-over", "The phone denies it: the window says so").await?;
    phone.close().await;
    window.press("cancel").await?;
    window.press("nav-accounts").await?;
    window.await_screen("accounts").await?;
    Ok(())
}

/// What the QR code in the window says: read from a picture of the window, as a camera would.
pub async fn link_in_the_window(window: &Window) -> Result<String> {
    window.find("qr").await?;
    let picture = window.picture().await?;
    let found = accounts::qr::read(&picture, &accounts::clock::SystemClock);
    let found = found.map_err(|why| anyhow::anyhow!("no QR code can be read from the window: {why:?}"))?;
    let text = found.first().context("a QR code")?.expose().to_owned();
    ensure!(text.starts_with("http://127.0.0.1:"), "it leads elsewhere: {text}");
    Ok(text)
}
