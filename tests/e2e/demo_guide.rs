//! The story that Regain was made for: a shop, a password made up on the spot, and days later none fits.

use anyhow::{Result, ensure};

use crate::desk::Desk;
use crate::guide::{find_the_way, say_who, set, type_the_code};
use crate::phone::Phone;
use crate::shop::Shop;
use crate::transcript::Transcript;

pub async fn guide(desk: &Desk, transcript: &mut Transcript) -> Result<()> {
    let window = &desk.window;
    let shop = Shop::open().await?;
    let browser = Phone::browser(desk, &shop.hosts()).await?;
    transcript.chapter("“I forgot my AliExpress password”")?;
    transcript.note(
        "The shop is played by a small site on this computer that asks as AliExpress does; the browser is a real one.",
    )?;
    window.press("nav-accounts").await?;
    window.await_screen("accounts").await?;
    window.press("add-account").await?;
    window.pick("kind-website").await?;
    window.press("continue").await?;
    window.await_screen("website").await?;
    window.type_into("site", "ali").await?;
    window.find("site-list").await?;
    transcript.step(window, "website", "A website is added by its name or address").await?;
    window.press("cancel").await?;
    window.await_screen("accounts").await?;
    window.type_into("search", "I forgot my AliExpress password").await?;
    window.find("found-site").await?;
    transcript.step(window, "accounts", "Type it into the search, just so").await?;
    find_the_way(window).await?;
    transcript.step(window, "guide", "The guide says what to do, and where").await?;
    say_who(desk, &browser).await?;
    transcript
        .phone(&browser, "In the browser: “Forgot password?”, who it is, and a code is on its way")
        .await?;
    window.press("guide-yes").await?;
    window.await_text("heading", "Type the code").await?;
    window.press("doctor").await?;
    window.find("guide-hints").await?;
    transcript.step(window, "guide", "What to do if no code comes").await?;
    type_the_code(&shop, &browser).await?;
    window.press("guide-yes").await?;
    window.find("generated-password").await?;
    transcript
        .step(window, "new-password", "A password that this shop takes, saved before it is shown")
        .await?;
    let made = window.text("generated-password").await?;
    window.press("use-generated").await?;
    transcript.step(window, "set-password", "How to set it there").await?;
    set(&browser, &made).await?;
    browser.await_words("Everything was successful").await?;
    transcript.phone(&browser, "The shop has taken it").await?;
    window.press("guide-yes").await?;
    transcript.step(window, "done", "And Regain keeps it").await?;
    ensure!(shop.password() == made, "the shop has the password that is kept");
    window.press("done").await?;
    browser.close().await;
    Ok(())
}
