use std::sync::Arc;
use std::time::Duration;

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::Deps;
use accounts::http::Http;
use accounts::provider::{Kind, Providers, Server};
use accounts::qr::Drawing;
use accounts::store::memory::Memory;
use accounts::{AccountId, Accounts, CredentialStore};

use super::*;

const OTPAUTH: &str =
    "otpauth://totp/Dorfladen:jana?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Dorfladen";
const LINK: &str = "https://accounts.dorfladen.example/device?user_code=BCDF-GHJK";

struct Desk {
    app: App,
    store: Memory,
    clock: Arc<ManualClock>,
    ids: Vec<String>,
    _folder: tempfile::TempDir,
}

fn desk() -> Desk {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let (random, store) = (Arc::new(SeededRandom::new(1)), Memory::new());
    let accounts = Arc::new(Accounts::in_memory());
    let hosts = ["https://accounts.dorfladen.example/", "http://127.0.0.1:4711/"];
    let ids = hosts.map(|base| {
        let id = AccountId::random(&*random);
        let server = Server { kind: Kind::RecoveryServer, base: base.parse().unwrap(), key: None };
        let account = Account::new(id.clone(), server, "Dorfladen", "jana");
        accounts.put(account).unwrap();
        id.as_str().to_owned()
    });
    let deps = Deps { accounts, store: Arc::new(store.clone()), clock: clock.clone(), random };
    let providers = Providers::new(Http::new().unwrap(), clock.clone(), "Regain test");
    let folder = tempfile::tempdir().unwrap();
    let app = App::with(folder.path(), Settings::default(), false, Ok(deps), providers);
    Desk { app, store, clock, ids: ids.to_vec(), _folder: folder }
}

impl Desk {
    fn typed(&self, text: &str) -> ScanView {
        self.app.read_typed(&self.ids[0], Secret::new(text)).unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn kept(&self, account: usize) -> Option<String> {
        let uri = self.store.authenticator(&AccountId::new(&self.ids[account])).await.unwrap()?;
        Authenticator::parse(uri.expose()).ok().map(|it| it.account)
    }
}

/// A picture's file: 24 bits for each pixel, from below.
fn bmp(text: &str) -> String {
    let drawing = Drawing::of(text).unwrap();
    let side = drawing.modules() * 4;
    let row = (side * 3).next_multiple_of(4);
    let mut file = b"BM".to_vec();
    let size = u32::try_from(54 + row * side).unwrap();
    let (width, bits) = (u32::try_from(side).unwrap(), 24 << 16 | 1_u32);
    for number in [size, 0, 54, 40, width, width, bits, 0, 0, 0, 0, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    for y in (0..side).rev() {
        let mut line: Vec<u8> =
            (0..side).flat_map(|x| [if drawing.is_dark(x / 4, y / 4) { 0 } else { 255 }; 3]).collect();
        line.resize(row, 0);
        file.extend(line);
    }
    STANDARD.encode(file)
}

/// Google Authenticator's hand-over of authenticators of these names.
fn migration(names: &[&str]) -> String {
    let bytes_field =
        |number: u8, bytes: &[u8]| [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let mut data = Vec::new();
    for name in names {
        let mut entry = bytes_field(1, b"12345678901234567890");
        entry.extend(bytes_field(2, name.as_bytes()));
        entry.extend([4 << 3, 1, 5 << 3, 1, 6 << 3, 2]);
        data.extend(bytes_field(1, &entry));
    }
    format!("otpauth-migration://offline?data={}", STANDARD.encode(data))
}

#[tokio::test]
async fn a_picture_is_shown_first_and_kept_when_the_person_agrees() {
    let desk = desk();
    let scan = desk.app.read_qr_file(bmp(OTPAUTH)).await.unwrap_or_else(|error| panic!("{error:?}"));
    let FoundText::Authenticator(named) = &scan.found[0] else { panic!("{:?}", scan.found) };
    assert_eq!((named.issuer.as_deref(), named.account.as_str()), (Some("Dorfladen"), "jana"));
    assert_eq!(desk.kept(0).await, None);
    let seen = desk.app.keep_scanned(scan.number, 0, 0, &desk.ids[0]).await.unwrap();
    assert_eq!(seen.current.unwrap().named, *named);
    assert_eq!(desk.kept(0).await.as_deref(), Some("jana"));
    let now = desk.app.authenticator_code(&desk.ids[0]).await.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!((now.code.len(), now.valid_until, now.period), (6, 1_800_000_030, 30));
}

#[tokio::test]
async fn no_picture_and_nothing_in_it_are_told_apart() {
    let desk = desk();
    let read = async |picture: &str| desk.app.read_qr_file(picture.into()).await.err();
    let why = |why| Some(ErrorView::Picture { why });
    assert_eq!(read("not base64!").await, why(PictureProblem::Damaged));
    assert_eq!(read("aGVsbG8=").await, why(PictureProblem::NotAPicture));
}

#[tokio::test]
async fn a_hand_over_goes_to_several_accounts() {
    let desk = desk();
    let scan = desk.typed(&migration(&["anna", "bert"]));
    let FoundText::Migration { entries, part: 1, parts: 1, .. } = &scan.found[0] else { panic!("none") };
    assert_eq!(entries.iter().map(|entry| entry.account.as_str()).collect::<Vec<_>>(), ["anna", "bert"]);
    desk.app.keep_scanned(scan.number, 0, 1, &desk.ids[0]).await.unwrap();
    desk.app.keep_scanned(scan.number, 0, 0, &desk.ids[1]).await.unwrap();
    assert_eq!((desk.kept(0).await.as_deref(), desk.kept(1).await.as_deref()), (Some("bert"), Some("anna")));
    let beyond = desk.app.keep_scanned(scan.number, 0, 2, &desk.ids[0]).await;
    assert_eq!(beyond.err(), Some(ErrorView::Gone));
}

#[tokio::test]
async fn a_link_is_never_kept_and_only_a_known_one_is_opened() {
    let desk = desk();
    let scan = desk.typed(LINK);
    let known =
        FoundText::Pairing { host: "accounts.dorfladen.example".into(), server: Some("Dorfladen".into()) };
    assert_eq!(scan.found, [known]);
    assert_eq!(desk.app.scanned_link(scan.number, 0).as_deref(), Ok(LINK));
    let kept = desk.app.keep_scanned(scan.number, 0, 0, &desk.ids[0]).await;
    assert_eq!((kept.err(), desk.kept(0).await), (Some(ErrorView::Gone), None));

    for stranger in [
        "https://accounts.dorfladen.example.evil.example/device?q=x",
        "https://accounts.dorfladen.example:8443/device?q=x",
        // A server of the list, but not encrypted.
        "http://127.0.0.1:4711/device?q=x",
    ] {
        let scan = desk.typed(stranger);
        assert!(matches!(scan.found[0], FoundText::Pairing { server: None, .. }), "{stranger}");
        assert_eq!(desk.app.scanned_link(scan.number, 0), Err(ErrorView::Unsupported), "{stranger}");
    }
}

#[tokio::test]
async fn neither_an_authenticator_nor_a_text_is_opened() {
    let desk = desk();
    let scan = desk.typed(OTPAUTH);
    assert_eq!(desk.app.scanned_link(scan.number, 0), Err(ErrorView::Gone));
    for text in ["https://accounts.dorfladen.example/", "javascript:alert(1)"] {
        let scan = desk.app.read_qr_file(bmp(text)).await.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(scan.found, [FoundText::Text { text: text.into() }]);
        assert_eq!(desk.app.scanned_link(scan.number, 0), Err(ErrorView::Gone));
        let kept = desk.app.keep_scanned(scan.number, 0, 0, &desk.ids[0]).await;
        assert_eq!(kept.err(), Some(ErrorView::Gone));
    }
}

#[tokio::test]
async fn a_typed_secret_is_for_the_account() {
    let desk = desk();
    let scan = desk.typed(" gezd-gnbv gy3tqojq ");
    let FoundText::Authenticator(named) = &scan.found[0] else { panic!("{:?}", scan.found) };
    assert_eq!((named.issuer.as_deref(), named.account.as_str()), (Some("Dorfladen"), "jana"));
    let unusable = [("hello world!", UnusableWhy::NoSecret), ("GEZDGNBV", UnusableWhy::ShortSecret)];
    for (text, why) in unusable {
        assert_eq!(desk.typed(text).found, [FoundText::Unusable { why }], "{text}");
    }
    let counted = desk.typed("otpauth://hotp/a?secret=GEZDGNBVGY3TQOJQ&counter=1");
    assert_eq!(counted.found, [FoundText::Unusable { why: UnusableWhy::CountsUses }]);
    assert_eq!(desk.app.keep_scanned(counted.number, 0, 0, &desk.ids[0]).await.err(), Some(ErrorView::Gone));
}

#[tokio::test]
async fn what_was_read_does_not_stay() {
    let desk = desk();
    let keep = async |number| desk.app.keep_scanned(number, 0, 0, &desk.ids[0]).await.err();
    let first = desk.typed(OTPAUTH).number;
    let second = desk.typed(OTPAUTH).number;
    assert_eq!((keep(first).await, keep(second).await), (Some(ErrorView::Gone), None));

    let third = desk.typed(OTPAUTH).number;
    desk.clock.advance(Duration::from_secs(300));
    assert_eq!(keep(third).await, Some(ErrorView::Gone));

    let fourth = desk.typed(OTPAUTH).number;
    desk.app.lock().await;
    assert_eq!(keep(fourth).await, Some(ErrorView::Locked));
    assert_eq!(desk.app.read_qr_file(bmp(OTPAUTH)).await.err(), Some(ErrorView::Locked));
    assert!(desk.app.unlock().await.is_ok());
    assert_eq!(keep(fourth).await, Some(ErrorView::Gone));

    let fifth = desk.typed(OTPAUTH).number;
    desk.app.forget_scanned();
    assert_eq!(keep(fifth).await, Some(ErrorView::Gone));
}

#[tokio::test]
async fn replaced_and_removed_ones_come_back_when_asked_for() {
    let desk = desk();
    let id = &desk.ids[0];
    for name in ["anna", "bert"] {
        let scan = desk.typed(&migration(&[name]));
        desk.app.keep_scanned(scan.number, 0, 0, id).await.unwrap();
        desk.clock.advance(Duration::from_secs(60));
    }
    let seen = desk.app.remove_authenticator(id).await.unwrap();
    assert_eq!(seen.current, None);
    let named = |past: &PastAuthenticatorView| past.named.as_ref().map(|it| it.account.clone()).unwrap();
    let earlier: Vec<_> = seen.earlier.iter().map(|past| (named(past), past.removed)).collect();
    assert_eq!(earlier, [("bert".to_owned(), true), ("anna".to_owned(), false)]);
    assert_eq!(desk.app.authenticator_code(id).await.err(), Some(ErrorView::Gone));

    let stale = desk.app.restore_authenticator(id, 1, 5).await;
    assert_eq!(stale.err(), Some(ErrorView::Gone));
    let seen = desk.app.restore_authenticator(id, 1, seen.earlier[1].at).await.unwrap();
    assert_eq!((seen.current.unwrap().named.account.as_str(), seen.earlier.len()), ("anna", 1));
}
