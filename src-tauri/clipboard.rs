//! The clipboard, for secrets: marked so that clipboard managers leave them alone, and emptied if they are still ours.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use accounts::Secret;

/// A handle to the thread that owns the clipboard: on X11 and Wayland the owner must stay alive to be pasted from.
pub struct Clipboard {
    orders: SyncSender<Order>,
}

/// 4 bytes for each pixel, row by row.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub bytes: Vec<u8>,
}

enum Order {
    Copy { text: Secret, keep: Duration, done: SyncSender<bool> },
    Clear { done: SyncSender<bool> },
}

impl Clipboard {
    pub fn start() -> Self {
        let (orders, inbox) = mpsc::sync_channel(8);
        thread::spawn(move || run(&inbox));
        Self { orders }
    }

    /// Puts a secret into the clipboard, to be cleared after `keep`; whether that worked.
    pub async fn copy(&self, text: Secret, keep: Duration) -> bool {
        self.order(|done| Order::Copy { text, keep, done }).await
    }

    /// Clears the clipboard now, if what is in it is still ours.
    pub async fn clear(&self) -> bool {
        self.order(|done| Order::Clear { done }).await
    }

    /// The picture in it, if there is one. It is read beside the thread, which is to clear what it copied in time.
    pub async fn picture() -> Option<Picture> {
        let read = || arboard::Clipboard::new().and_then(|mut board| board.get_image());
        let read = tokio::task::spawn_blocking(read).await.ok()?;
        let image = read.inspect_err(|error| tracing::info!(%error, "no picture was copied")).ok()?;
        Some(Picture { width: image.width, height: image.height, bytes: image.bytes.into_owned() })
    }

    async fn order(&self, order: impl FnOnce(SyncSender<bool>) -> Order) -> bool {
        let (done, answer) = mpsc::sync_channel(1);
        if self.orders.send(order(done)).is_err() {
            return false;
        }
        tokio::task::spawn_blocking(move || answer.recv().unwrap_or(false)).await.unwrap_or(false)
    }
}

fn run(inbox: &Receiver<Order>) {
    let mut board: Option<arboard::Clipboard> = None;
    let mut ours: Option<(Secret, Duration)> = None;
    loop {
        let order = match &ours {
            Some((_, keep)) => inbox.recv_timeout(*keep),
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match order {
            Ok(Order::Copy { text, keep, done }) => {
                let copied = open(&mut board).is_some_and(|board| set(board, text.expose()));
                ours = copied.then_some((text, keep));
                let _ = done.send(copied);
            }
            Ok(Order::Clear { done }) => {
                let cleared = clear(&mut board, ours.take());
                let _ = done.send(cleared);
            }
            Err(RecvTimeoutError::Timeout) => {
                clear(&mut board, ours.take());
            }
            Err(RecvTimeoutError::Disconnected) => {
                clear(&mut board, ours.take());
                return;
            }
        }
    }
}

fn open(board: &mut Option<arboard::Clipboard>) -> Option<&mut arboard::Clipboard> {
    if board.is_none() {
        match arboard::Clipboard::new() {
            Ok(opened) => *board = Some(opened),
            Err(error) => tracing::warn!(%error, "there is no clipboard"),
        }
    }
    board.as_mut()
}

fn set(board: &mut arboard::Clipboard, text: &str) -> bool {
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
    set.text(text).inspect_err(|error| tracing::warn!(%error, "the clipboard took nothing")).is_ok()
}

fn clear(board: &mut Option<arboard::Clipboard>, ours: Option<(Secret, Duration)>) -> bool {
    let (Some(board), Some((text, _))) = (board, ours) else { return true };
    // Somebody else's text is none of our business.
    match board.get_text().map(Secret::new) {
        Ok(now) if now == text => board.clear().is_ok(),
        _ => true,
    }
}
