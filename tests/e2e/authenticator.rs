//! A QR code that is dropped into the window becomes the account's authenticator.

use accounts::authenticator::Authenticator;
use accounts::clock::{Clock as _, SystemClock};
use accounts::qr::Drawing;
use anyhow::ensure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::desk::Desk;
use crate::server::{AccountServer, FORGOTTEN};
use crate::steps::{confirm, find_server, first_start, open_account, sign_in};

const URI: &str = "otpauth://totp/Dorfladen:jana?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Dorfladen";

/// Shown by another window.
const BESIDE: &str = "otpauth://totp/Bank:jana?secret=JBSWY3DPEHPK3PXP&issuer=Bank";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_qr_code_that_is_dropped_makes_codes() {
    Desk::play("authenticator", async |desk| {
        let server = AccountServer::open().await?;
        let window = &desk.window;
        first_start(window).await?;
        find_server(window, &server).await?;
        sign_in(window, FORGOTTEN).await?;
        open_account(window).await?;
        window.press("authenticator-add").await?;
        window.find("scan-file").await?;

        let script = "const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], 'code.bmp', { type: 'image/bmp' }));
            window.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));";
        window.script(script, vec![picture(URI)?.into()]).await?;
        window.await_text("scan-authenticator", "Dorfladen · jana").await?;
        ensure!(!desk.keychain_holds("GEZDGNBVGY3TQOJQ")?, "nothing is kept before the person agrees");
        window.has_no_violations().await?;
        window.press("scan-keep").await?;
        window.press("otp-reveal").await?;
        let shown = window.await_other_text("otp-value", "••••••").await?;
        let now = SystemClock.now();
        let it = Authenticator::parse(URI)?;
        // The half minute may have ended between the two looks.
        let near = [0, 30].map(|ago| it.code(now - std::time::Duration::from_secs(ago)).code);
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        ensure!(near.iter().any(|code| code.expose() == digits), "the code of this moment, and not {shown}");
        ensure!(desk.keychain_holds("GEZDGNBVGY3TQOJQ")?, "the keychain has it");
        window.has_no_violations().await?;
        window.resize(420, 800).await?;
        window.does_not_scroll_sideways().await?;

        window.press("scan-close").await?;
        window.press("authenticator-remove").await?;
        confirm(window).await?;
        window.press("authenticator-earlier").await?;
        window.await_text("authenticator-past", "Dorfladen · jana").await?;
        ensure!(desk.keychain_holds("GEZDGNBVGY3TQOJQ")?, "it stays among the earlier ones");

        // On this desk there is no portal: the X server shows what stands on the screen, as beside the window.
        window.resize(960, 720).await?;
        let svg = Drawing::of(BESIDE)?.svg().expose().to_owned();
        let script = "const done = arguments[arguments.length - 1];
            const img = new Image();
            img.src = `data:image/svg+xml,${encodeURIComponent(arguments[0])}`;
            img.style = 'position:fixed;inset:auto auto 0 0;inline-size:200px;z-index:9';
            document.documentElement.append(img);
            img.decode().then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";
        window.press("authenticator-add").await?;
        window.find("scan-screen").await?;
        window.await_script(script, vec![svg.into()]).await?;
        window.press("scan-screen").await?;
        window.await_text("scan-authenticator", "Bank · jana").await?;
        Ok(())
    })
    .await;
}

/// A picture's file in base64: 24 bits for each pixel, from below.
fn picture(text: &str) -> anyhow::Result<String> {
    let drawing = Drawing::of(text)?;
    let side = drawing.modules() * 4;
    let (width, bits) = (u32::try_from(side)?, 24 << 16 | 1_u32);
    let mut file = b"BM".to_vec();
    // Rows of a multiple of four pixels need no filling.
    let size = u32::try_from(54 + side * side * 3)?;
    for number in [size, 0, 54, 40, width, width, bits, 0, 0, 0, 0, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    for y in (0..side).rev() {
        file.extend((0..side).flat_map(|x| [if drawing.is_dark(x / 4, y / 4) { 0 } else { 255 }; 3]));
    }
    Ok(STANDARD.encode(file))
}
