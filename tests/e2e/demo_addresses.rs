//! Where a server lets the person choose which of their addresses gets the code.

use std::sync::Arc;

use accounts::clock::ManualClock;
use accounts::provider::kratos::fake::{ADDRESS, Fake, Setup};
use anyhow::{Context as _, Result};

use crate::desk::Desk;
use crate::steps::search_at;
use crate::transcript::Transcript;

const OTHER: &str = "jana@work.example";

pub async fn addresses(desk: &Desk, transcript: &mut Transcript) -> Result<()> {
    let window = &desk.window;
    let addresses = vec![ADDRESS.to_owned(), OTHER.to_owned()];
    let setup = Setup { choose_address: true, addresses, ..Setup::default() };
    let (server, at) = Fake::start(setup, Arc::new(ManualClock::at(1_800_000_000))).await;
    transcript.chapter("A server that asks which address gets the code")?;
    transcript.note("No such server can be run here: a stand-in speaks as Ory Kratos publishes it.")?;
    search_at(window, &format!("http://{at}")).await?;
    window.press("forgot").await?;
    window.await_screen("identifier").await?;
    window.type_into("identifier", ADDRESS).await?;
    window.press("continue").await?;
    transcript.step(window, "choose-address", "Two addresses belong to the account").await?;
    let second = "document.querySelectorAll(\"[data-testid='address-choice']\")[1].click()";
    window.script(second, vec![]).await?;
    window.press("continue").await?;
    transcript.step(window, "confirm-address", "Choose the other one: it is to be typed in full").await?;
    window.type_into("whole-address", OTHER).await?;
    window.press("continue").await?;
    window.await_screen("code").await?;
    let (to, _) = server.mailed().context("a code was mailed")?;
    anyhow::ensure!(to == OTHER, "the code went to {to}");
    window.press("cancel").await?;
    window.press("nav-accounts").await?;
    window.await_screen("accounts").await?;
    Ok(())
}
