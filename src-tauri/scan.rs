//! QR codes that were read: the window sees what they are; what they hold stays here, under a number, until the person
//! agrees. Nothing is kept or opened by reading it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use accounts::authenticator::NotAnAuthenticator;
use accounts::qr::{self, NotRead, Pairing, Payload};
use accounts::{Account, Authenticator, Secret, address};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::app::App;
use crate::clipboard::Clipboard;
use crate::screen;
use crate::view::*;
use crate::view_from::named;

/// How long what was read waits for the person.
const KEPT: Duration = Duration::from_secs(5 * 60);

type Read = Result<Payload, NotAnAuthenticator>;

/// What was read last; reading again takes its place.
#[derive(Default)]
pub struct Scans {
    last: Arc<Mutex<Last>>,
}

#[derive(Default)]
struct Last {
    number: u32,
    scan: Option<(SystemTime, Vec<Read>)>,
}

impl Scans {
    pub fn forget(&self) {
        lock(&self.last).scan = None;
    }

    fn get(&self, number: u32, place: u32, now: SystemTime) -> Result<Payload, ErrorView> {
        let mut last = lock(&self.last);
        let fresh = |at: SystemTime| now.duration_since(at).is_ok_and(|since| since < KEPT);
        if last.scan.as_ref().is_some_and(|(at, _)| !fresh(*at)) {
            last.scan = None;
        }
        let (_, found) = last.scan.as_ref().filter(|_| last.number == number).ok_or(ErrorView::Gone)?;
        let found = usize::try_from(place).ok().and_then(|place| found.get(place));
        found.and_then(|found| found.as_ref().ok()).cloned().ok_or(ErrorView::Gone)
    }
}

fn lock(last: &Mutex<Last>) -> MutexGuard<'_, Last> {
    last.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// `picture`: the file's bytes in base64.
    pub async fn read_qr_file(&self, picture: String) -> Result<ScanView, ErrorView> {
        self.deps()?;
        let bytes =
            STANDARD.decode(picture).map_err(|_| ErrorView::Picture { why: PictureProblem::Damaged })?;
        self.read_picture(bytes).await
    }

    pub async fn read_qr_clipboard(&self) -> Result<ScanView, ErrorView> {
        self.deps()?;
        let why = PictureProblem::NotCopied;
        let picture = Clipboard::picture().await.ok_or(ErrorView::Picture { why })?;
        let clock = self.clock.clone();
        let read = move || qr::read_pixels(picture.width, picture.height, &picture.bytes, &*clock);
        self.read_waiting(read).await
    }

    /// A part of the screen that the person chooses; `None` if they chose nothing.
    pub async fn read_qr_screen(&self) -> Result<Option<ScanView>, ErrorView> {
        self.deps()?;
        let taken = tokio::task::spawn_blocking(screen::take).await.map_err(|_| ErrorView::Bug)?;
        let why = PictureProblem::NoScreen;
        match taken.map_err(|screen::NotTaken| ErrorView::Picture { why })? {
            Some(bytes) => self.read_picture(bytes).await.map(Some),
            None => Ok(None),
        }
    }

    /// What a server gives to type: an address, or the secret alone, which is then for this account.
    pub fn read_typed(&self, id: &str, text: Secret) -> Result<ScanView, ErrorView> {
        let (_, account) = self.known(id)?;
        let read = match Payload::of(&text) {
            Ok(Payload::Text(_)) => {
                let secret = text.expose();
                Authenticator::of_secret(secret, Some(account.name.clone()), account.identifier.clone())
                    .map(|it| Payload::Otpauth(Box::new(it)))
            }
            read => read,
        };
        self.hold(vec![read])
    }

    /// Keeps one of those that were read as the account's authenticator. `entry`: which one of a hand-over.
    pub async fn keep_scanned(
        &self,
        number: u32,
        place: u32,
        entry: u32,
        id: &str,
    ) -> Result<AuthenticatorView, ErrorView> {
        let (deps, account) = self.known(id)?;
        let it = match self.scans.get(number, place, self.clock.now())? {
            Payload::Otpauth(it) => *it,
            Payload::Migration(all) => {
                let entry = usize::try_from(entry).unwrap_or(usize::MAX);
                all.authenticators.into_iter().nth(entry).ok_or(ErrorView::Gone)?
            }
            Payload::Pairing(_) | Payload::Text(_) => return Err(ErrorView::Gone),
        };
        deps.store.save_authenticator(&account.id, &it.to_uri(), deps.clock.now()).await?;
        self.authenticator(id).await
    }

    /// The address of a link that was read, to open in the browser: one of a server in the list, and encrypted.
    pub fn scanned_link(&self, number: u32, place: u32) -> Result<String, ErrorView> {
        let deps = self.deps()?;
        let Payload::Pairing(link) = self.scans.get(number, place, self.clock.now())? else {
            return Err(ErrorView::Gone);
        };
        server_of(&link, &deps.accounts.list()?).ok_or(ErrorView::Unsupported)?;
        Ok(link.address.expose().to_owned())
    }

    pub fn forget_scanned(&self) {
        self.scans.forget();
    }

    async fn read_picture(&self, bytes: Vec<u8>) -> Result<ScanView, ErrorView> {
        let clock = self.clock.clone();
        self.read_waiting(move || qr::read(&bytes, &*clock)).await
    }

    async fn read_waiting(
        &self,
        read: impl FnOnce() -> Result<Vec<Secret>, NotRead> + Send + 'static,
    ) -> Result<ScanView, ErrorView> {
        let texts = tokio::task::spawn_blocking(read).await.map_err(|_| ErrorView::Bug)??;
        self.hold(texts.iter().map(Payload::of).collect())
    }

    fn hold(&self, found: Vec<Read>) -> Result<ScanView, ErrorView> {
        let listed = self.deps()?.accounts.list()?;
        let view = found.iter().map(|read| seen(read, &listed)).collect();
        let mut last = lock(&self.scans.last);
        // Locked while it was read: what the lock has dropped stays dropped.
        if self.is_locked() {
            return Err(ErrorView::Locked);
        }
        last.number = last.number.wrapping_add(1);
        last.scan = Some((self.clock.now(), found));
        let number = last.number;
        drop(last);
        let held = Arc::downgrade(&self.scans.last);
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(KEPT).await;
            if let Some(held) = held.upgrade() {
                let mut last = lock(&held);
                if last.number == number {
                    last.scan = None;
                }
            }
        });
        Ok(ScanView { number, found: view })
    }
}

fn seen(read: &Read, listed: &[Account]) -> FoundText {
    match read {
        Err(why) => FoundText::Unusable { why: (*why).into() },
        Ok(Payload::Otpauth(it)) => FoundText::Authenticator(named(it)),
        Ok(Payload::Migration(all)) => FoundText::Migration {
            entries: all.authenticators.iter().map(named).collect(),
            left_out: all.left_out.iter().map(|it| it.name.clone()).collect(),
            part: all.part.number,
            parts: all.part.of,
        },
        Ok(Payload::Pairing(link)) => {
            FoundText::Pairing { host: link.host.clone(), server: server_of(link, listed) }
        }
        Ok(Payload::Text(text)) => FoundText::Text { text: text.expose().to_owned() },
    }
}

/// Name of the listed server that the link leads to.
fn server_of(link: &Pairing, listed: &[Account]) -> Option<String> {
    let encrypted = link.address.expose().starts_with("https://");
    let account = listed.iter().find(|account| address::host(&account.server.base) == link.host)?;
    encrypted.then(|| account.name.clone())
}

#[cfg(test)]
mod tests;
