//! Account servers that others wrote, in the real window: found, a forgotten password replaced, signed in again.

use std::fs;
use std::path::PathBuf;

use accounts::provider::conformance::Bench;
use anyhow::{Context as _, Result, ensure};

use crate::desk::Desk;
use crate::servers;
use crate::steps::{first_start, open_account, revealed_password, search_at};
use crate::window::{Theme, Window};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn django_allauth_lets_its_person_back_in() {
    let server = servers::allauth::open().await.unwrap();
    play("allauth", "django-allauth", &server).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn better_auth_lets_its_person_back_in() {
    let server = servers::better_auth::open().await.unwrap();
    play("better-auth", "better-auth", &server).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_pds_lets_its_person_back_in() {
    let (server, _directory) = servers::atproto::open().await.unwrap();
    play("atproto", "AT Protocol (Bluesky)", &server).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn synapse_lets_its_person_back_in() {
    let server = servers::matrix::open().await.unwrap();
    play("matrix", "Matrix", &server).await;
}

async fn play(name: &str, kind: &str, server: &impl Bench) {
    Desk::play(name, async |desk| recover(desk, name, kind, server).await).await;
}

/// From the first start to signed in with a new password, and the page of the account.
async fn recover(desk: &mut Desk, name: &str, kind: &str, server: &impl Bench) -> Result<()> {
    let window = &desk.window;
    let mut album = Album::open(name)?;
    window.resize(960, 680).await?;
    let about = server.provider().about().clone();
    first_start(window).await?;
    search_at(window, &format!("http://{}", about.host)).await?;
    window.await_text("server-kind", kind).await?;
    album.keep(window).await?;

    window.press("sign-in").await?;
    window.await_screen("sign-in").await?;
    window.type_into("sign-in-identifier", &server.identifier()).await?;
    window.type_into("sign-in-password", "summer-2024-something").await?;
    window.press("continue").await?;
    window.find("notice").await?;
    album.keep(window).await?;

    window.press("forgot").await?;
    window.await_screen("identifier").await?;
    window.type_into("identifier", &server.recover_as()).await?;
    album.keep(window).await?;
    window.press("continue").await?;
    window.await_screen("code").await?;
    album.keep(window).await?;
    let proof = server.mailed().await;
    window.type_into("code-input", proof.expose()).await?;
    if window.screen().await? == "code" && window.is_enabled("continue").await.unwrap_or(false) {
        // A field of its own waits for "Continue"; full cells go on by themselves.
        let _ = window.press("continue").await;
    }

    window.await_screen("new-password").await?;
    let made = window.text("generated-password").await?;
    ensure!(desk.keychain_holds(&made)?, "the new password is in the keychain before it is sent");
    album.keep(window).await?;
    window.press("use-generated").await?;
    window.await_screen("done").await?;
    album.keep(window).await?;

    desk.start_again().await?;
    let window = &desk.window;
    open_account(window).await?;
    window.find("open-server").await?;
    ensure!(revealed_password(window).await? == made, "the same password after a new start");
    album.keep(window).await?;
    if about.abilities.sessions {
        window.find("session-row").await?;
    } else {
        window.find("no-sessions").await?;
    }
    Ok(())
}

/// Pictures of the way, each screen looked at by axe.
struct Album {
    folder: PathBuf,
    kept: u32,
}

impl Album {
    fn open(name: &str) -> Result<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/e2e/servers").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, kept: 0 })
    }

    async fn keep(&mut self, window: &Window) -> Result<()> {
        self.kept += 1;
        let screen = window.screen().await?;
        for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            window.wear(theme).await?;
            window.has_no_violations().await.with_context(|| format!("on the screen {screen}, {name}"))?;
            self.picture(window, &format!("{screen}-{name}")).await?;
        }
        window.wear_own().await?;
        window.resize(420, 600).await?;
        window.does_not_scroll_sideways().await.with_context(|| format!("on the screen {screen}"))?;
        self.picture(window, &format!("{screen}-narrow")).await?;
        window.resize(960, 680).await
    }

    async fn picture(&self, window: &Window, name: &str) -> Result<()> {
        fs::write(self.folder.join(format!("{:02}-{name}.png", self.kept)), window.picture().await?)?;
        Ok(())
    }
}
