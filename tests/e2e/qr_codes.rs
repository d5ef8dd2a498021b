//! A thousand QR codes, drawn by the real window as it draws its own, captured, and read back.

use accounts::clock::{Random as _, SeededRandom, SystemClock};
use accounts::qr::{self, Drawing};
use anyhow::{Context as _, Result, ensure};

use crate::desk::Desk;
use crate::server::AccountServer;
use crate::steps::{first_start, search_at};
use crate::window::{Theme, Window};

/// For each theme and size.
const CODES: usize = 167;
const SIZES: [Size; 3] = [Size::Window(420, 800), Size::Window(960, 720), Size::Enlarged];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Window(u32, u32),
    /// By the button below it.
    Enlarged,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_thousand_codes_are_read_back_from_the_window() {
    Desk::play("qr_codes", async |desk| {
        let window = &desk.window;
        let server = AccountServer::open().await?;
        first_start(window).await?;
        let dice = SeededRandom::new(7);
        let (mut read, mut again) = (0, 20);
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
                // Each is read while the next one is drawn.
                let mut reading = Vec::new();
                for _ in 0..CODES {
                    let text = link(&dice);
                    let picture = draw(window, shown, &text).await?;
                    reading.push((text, tokio::task::spawn_blocking(move || decode(&picture))));
                }
                for (text, seen) in reading {
                    let mut seen = seen.await?.with_context(|| text.clone())?;
                    // The window had renewed its own one meanwhile.
                    while seen.contains("127.0.0.1") && again > 0 {
                        again -= 1;
                        seen = decode(&draw(window, shown, &text).await?)?;
                    }
                    ensure!(seen == text, "{theme:?}, {size:?}: {text} was read as {seen}");
                    read += 1;
                }
                if size == Size::Enlarged {
                    window.press("qr-close").await?;
                    window.await_gone("qr-large").await?;
                }
                window.press("cancel").await?;
            }
        }
        ensure!(read >= 1_000, "{read} of them");
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

/// Draws the text where the code stands, and takes a picture of the window.
async fn draw(window: &Window, shown: &str, text: &str) -> Result<Vec<u8>> {
    let drawing = Drawing::of(text).ok().context("it fits into a picture")?;
    let script = "const done = arguments[arguments.length - 1];
        const img = document.querySelector(arguments[0]);
        img.src = `data:image/svg+xml,${encodeURIComponent(arguments[1])}`;
        img.decode().then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";
    let svg = drawing.svg().expose().to_owned();
    window.await_script(script, vec![shown.into(), svg.into()]).await?;
    window.snapshot().await
}

fn decode(picture: &[u8]) -> Result<String> {
    let found = qr::read(picture, &SystemClock).map_err(|why| anyhow::anyhow!("it is not read: {why:?}"))?;
    Ok(found.first().context("a code")?.expose().to_owned())
}
