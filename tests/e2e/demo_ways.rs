//! Would you still get in? The house, and what one step would light again; saved codes, and a password that is used twice.

use anyhow::{Result, ensure};

use crate::desk::Desk;
use crate::transcript::Transcript;

/// As a site shows them, with its numbers and its words around them.
const CODES: &str = "Your recovery codes:\n1. 7K2M-9QXA\n2. P8RW-1HNV\n3. D0TC-S7MA";

pub async fn ways(desk: &Desk, transcript: &mut Transcript) -> Result<()> {
    let window = &desk.window;
    transcript.chapter("Would you still get in?")?;
    window.press("nav-ways-back").await?;
    window.find("what-if").await?;
    transcript.step(window, "ways-back", "Every window of the house is an account").await?;
    window.pick_the_one("what-if", "This computer").await?;
    window.find("steps").await?;
    transcript
        .step(window, "ways-back", "Lose this computer, just to see: what goes dark, and what would help")
        .await?;
    window.press("step-do").await?;
    window.await_screen("account").await?;
    window.press("codes-paste").await?;
    // A driver types no line breaks, but it presses Enter.
    window.type_into("codes-text", &CODES.replace('\n', "\u{e007}")).await?;
    transcript.glimpse(window, "account", "Paste the recovery codes just as the site shows them").await?;
    window.press("codes-keep").await?;
    window.await_text("codes-left", "3").await?;
    ensure!(desk.keychain_holds("7K2M-9QXA")?, "the codes are kept");
    transcript.glimpse(window, "account", "They are kept, to be crossed off one by one").await?;
    window.press("nav-accounts").await?;
    window.await_screen("accounts").await?;
    Ok(())
}
