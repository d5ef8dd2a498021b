//! QR codes, drawn by the real window as it draws its own, captured, and read back: a thousand with `REGAIN_SOAK=1`.

use accounts::clock::{Random as _, SeededRandom, SystemClock};
use accounts::qr::{self, Drawing};
use anyhow::{Context as _, Result, bail, ensure};

use crate::desk::Desk;
use crate::server::AccountServer;
use crate::steps::{first_start, search_at};
use crate::window::{Theme, Window};

/// For each of two themes and three sizes.
fn codes() -> usize {
    if std::env::var_os("REGAIN_SOAK").is_some() { 167 } else { 30 }
}

const SIZES: [Size; 3] = [Size::Window(420, 800), Size::Window(960, 720), Size::Enlarged];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Window(u32, u32),
    /// By the button below it.
    Enlarged,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn codes_are_read_back_from_the_window() {
    Desk::play("qr_codes", async |desk| {
        let window = &desk.window;
        let server = AccountServer::open().await?;
        first_start(window).await?;
        let dice = SeededRandom::new(7);
        for theme in [Theme::Light, Theme::Dark] {
            window.wear(theme).await?;
            for size in SIZES {
                // A code of its own stands there for a minute, and nothing is drawn over those that are tried.
                search_at(window, &server.address()).await?;
                window.press("with-phone").await?;
                window.find("qr").await?;
                let shown = match size {
                    Size::Window(width, height) => {
                        window.resize(width, height).await?;
                        "[data-testid='qr']"
                    }
                    Size::Enlarged => {
                        window.press("qr-enlarge").await?;
                        window.find("qr-large").await?;
                        "[data-testid='qr-large'] img"
                    }
                };
                for _ in 0..codes() {
                    let text = link(&dice);
                    let seen = seen(window, shown, &text).await?;
                    ensure!(seen == text, "{theme:?}, {size:?}: {text} was read as {seen}");
                }
                if size == Size::Enlarged {
                    window.press("qr-close").await?;
                    window.await_gone("qr-large").await?;
                }
                window.press("cancel").await?;
            }
        }
        Ok(())
    })
    .await;
}

/// As long as links of different servers are.
fn link(dice: &SeededRandom) -> String {
    let letters = |count: u32| -> String {
        (0..count).map(|_| char::from(b"BCDFGHJKLMNPQRSTVWXZ"[dice.below(20) as usize])).collect()
    };
    let (host, token) = (letters(8).to_lowercase(), letters(20));
    let more = letters(dice.below(60));
    format!("https://{host}.example/device?t={token}{more}")
}

/// Draws the text where the code stands, and reads it from a picture of the window.
async fn seen(window: &Window, shown: &str, text: &str) -> Result<String> {
    let drawing = Drawing::of(text).ok().context("it fits into a picture")?;
    let script = "const done = arguments[arguments.length - 1];
        const img = document.querySelector(arguments[0]);
        img.src = `data:image/svg+xml,${encodeURIComponent(arguments[1])}`;
        img.decode().then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";
    let svg = drawing.svg().expose().to_owned();
    for _ in 0..3 {
        window.await_script(script, vec![shown.into(), svg.clone().into()]).await?;
        let picture = window.snapshot().await?;
        let found = qr::read(&picture, &SystemClock);
        let found = found.map_err(|why| anyhow::anyhow!("{text} is not read: {why:?}"))?;
        let found = found.first().context("a code")?.expose().to_owned();
        // The window has renewed its own one meanwhile.
        if !found.contains("127.0.0.1") {
            return Ok(found);
        }
    }
    bail!("the window's own code stands there")
}
