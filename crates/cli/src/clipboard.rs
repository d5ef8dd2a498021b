//! The clipboard, for a secret: marked so that clipboard managers leave it alone, and emptied if it is still ours.

use std::time::Duration;

use accounts::Secret;

use crate::interrupt::Interrupt;
use crate::stop::{Exit, Result, Stop};
use crate::words;

/// Looked at this often: whether something else was copied.
const LOOK: Duration = Duration::from_millis(500);

/// Copies it, tells, and stays: on X11 and Wayland whoever copied must live to be pasted from. Without `clear_after` it
/// stays until something else is copied.
pub async fn hold(
    secret: Secret,
    clear_after: Option<Duration>,
    interrupt: &Interrupt,
    tell: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let mut board = arboard::Clipboard::new().map_err(no_clipboard)?;
    set(&mut board, secret.expose()).map_err(no_clipboard)?;
    // Nobody may have heard it; what was copied is cleared all the same.
    let told = tell();
    let until = async {
        match clear_after {
            Some(after) => tokio::time::sleep(after).await,
            None => replaced(&mut board, &secret).await,
        }
    };
    if told.is_ok() {
        tokio::select! {
            () = until => {}
            () = interrupt.pressed() => {}
        }
    } else {
        drop(until);
    }
    if clear_after.is_some() && is_ours(&mut board, &secret) {
        // Somebody else's text is none of our business.
        board.clear().map_err(no_clipboard)?;
    }
    told
}

async fn replaced(board: &mut arboard::Clipboard, secret: &Secret) {
    // Elsewhere the system keeps what was copied.
    while cfg!(target_os = "linux") && is_ours(board, secret) {
        tokio::time::sleep(LOOK).await;
    }
}

fn is_ours(board: &mut arboard::Clipboard, secret: &Secret) -> bool {
    board.get_text().map(Secret::new).is_ok_and(|now| now == *secret)
}

fn set(board: &mut arboard::Clipboard, text: &str) -> std::result::Result<(), arboard::Error> {
    let set = board.set();
    #[cfg(target_os = "linux")]
    let set = arboard::SetExtLinux::exclude_from_history(set);
    #[cfg(target_os = "macos")]
    let set = arboard::SetExtApple::exclude_from_history(set);
    #[cfg(target_os = "windows")]
    let set = {
        use arboard::SetExtWindows;
        set.exclude_from_monitoring().exclude_from_cloud().exclude_from_history()
    };
    set.text(text)
}

fn no_clipboard(error: arboard::Error) -> Stop {
    tracing::info!(%error, "the clipboard did not take it");
    Stop::new(Exit::NotDone, "clipboard", words::NO_CLIPBOARD)
}
