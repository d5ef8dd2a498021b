//! A phone: Chromium at a phone's size, driven as a person would, beside the real window. Also this computer's browser.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use thirtyfour::prelude::*;

use crate::desk::Desk;
use crate::process::Process;
use crate::server::{FORGOTTEN, IDENTIFIER};

const PATIENCE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(50);
/// CSS pixels of a common phone.
const SIZE: (u32, u32) = (390, 780);

pub struct Phone {
    session: WebDriver,
    _driver: Process,
}

impl Phone {
    pub async fn open(desk: &Desk) -> Result<Self> {
        let emulation = serde_json::json!({
            "deviceMetrics": { "width": SIZE.0, "height": SIZE.1, "pixelRatio": 2.0, "touch": true },
            "userAgent": "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) \
                Chrome/156.0.0.0 Mobile Safari/537.36",
        });
        Self::start(desk, &[], Some(emulation)).await
    }

    /// The browser of this computer, for which names of hosts may lead elsewhere.
    pub async fn browser(desk: &Desk, hosts: &str) -> Result<Self> {
        let hosts = format!("--host-resolver-rules={hosts}");
        Self::start(desk, &[&hosts, "--ignore-certificate-errors", "--window-size=960,680"], None).await
    }

    async fn start(desk: &Desk, more: &[&str], emulation: Option<serde_json::Value>) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let driver = Process::start(
            desk.command("chromedriver")
                .arg(format!("--port={port}"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )?;
        let mut listens = false;
        for _ in 0..400 {
            listens = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
            if listens {
                break;
            }
            tokio::time::sleep(GLANCE).await;
        }
        ensure!(listens, "chromedriver does not listen");
        let mut wanted = DesiredCapabilities::chrome();
        // A sandbox of its own cannot be made by root, and nothing but this machine's own server is opened.
        let mut args =
            vec!["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--lang=en"];
        args.extend(more);
        let mut options = serde_json::json!({ "args": args });
        if let Some(emulation) = emulation {
            options["mobileEmulation"] = emulation;
        }
        wanted.set("goog:chromeOptions", options)?;
        let session = WebDriver::builder(format!("http://127.0.0.1:{port}"), wanted)
            .request_timeout(Duration::from_secs(60))
            .connect()
            .await
            .context("Chromium did not start: run `cargo xtask setup`")?;
        Ok(Self { session, _driver: driver })
    }

    pub async fn open_link(&self, link: &str) -> Result<()> {
        Ok(self.session.goto(link).await?)
    }

    /// Signs in on the page that asks for it.
    pub async fn sign_in(&self) -> Result<()> {
        self.fill("identifier", IDENTIFIER).await?;
        self.fill("password", FORGOTTEN).await?;
        self.submit("/device/sign-in").await
    }

    pub async fn fill(&self, name: &str, words: &str) -> Result<()> {
        let field = self.see(&format!("main input[name='{name}']")).await?;
        field.clear().await?;
        Ok(field.send_keys(words).await?)
    }

    /// Presses the button of the form that goes there.
    pub async fn submit(&self, action: &str) -> Result<()> {
        self.see(&format!("form[action='{action}'] button")).await?.click().await?;
        Ok(())
    }

    /// Waits for the form that goes there; the page may look again by itself until then.
    pub async fn await_form(&self, action: &str) -> Result<()> {
        self.see(&format!("form[action='{action}']")).await.map(|_| ())
    }

    /// The six digits that the page shows.
    pub async fn digits(&self) -> Result<String> {
        let text = self.see(".digits").await?.text().await?;
        Ok(text.chars().filter(char::is_ascii_digit).collect())
    }

    pub async fn words(&self) -> Result<String> {
        Ok(self.see("main").await?.text().await?)
    }

    pub async fn await_words(&self, words: &str) -> Result<()> {
        for _ in 0..400 {
            // A page that is just being replaced is looked at once more.
            if self.words().await.is_ok_and(|said| said.contains(words)) {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
        }
        let said = self.words().await.unwrap_or_default();
        anyhow::bail!("the phone never says “{words}”, but:\n{said}")
    }

    pub async fn picture(&self) -> Result<Vec<u8>> {
        Ok(self.session.screenshot_as_png().await?)
    }

    /// Whether the page is wider than the phone.
    pub async fn does_not_scroll_sideways(&self) -> Result<()> {
        let script = "return document.documentElement.scrollWidth - innerWidth";
        let over = self.session.execute(script, vec![]).await?;
        let over = over.json().as_f64().unwrap_or_default();
        ensure!(over <= 0.5, "the phone's page is {over} px too wide");
        Ok(())
    }

    /// What axe-core finds wrong on the phone's page. Pages that wait look again by themselves, because they work without
    /// scripts; nothing is typed on them.
    pub async fn has_no_violations(&self) -> Result<()> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(path).context("axe-core is missing: run `cargo xtask setup`")?;
        self.session.execute(format!("if (!window.axe) {{ {axe} }}"), vec![]).await?;
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document, { rules: { 'meta-refresh': { enabled: false } } }).then((found) => done(found.violations.map((one) =>
                `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`)));";
        let found = self.session.execute_async(run, vec![]).await?;
        let found: Vec<String> = serde_json::from_value(found.json().clone())?;
        ensure!(found.is_empty(), "the phone's page: {}", found.join("\n"));
        Ok(())
    }

    pub async fn close(self) {
        // It is killed with its driver in any case.
        let _ = self.session.quit().await;
    }

    async fn see(&self, css: &str) -> Result<WebElement> {
        let look =
            async || self.session.query(By::Css(css)).wait(PATIENCE, GLANCE).and_displayed().first().await;
        let mut found = look().await;
        for _ in 0..3 {
            match &found {
                // The next page came between finding it and asking whether it is shown.
                Err(error) if is_of_the_page_before(&error.to_string()) => found = look().await,
                _ => break,
            }
        }
        match found {
            Ok(element) => Ok(element),
            Err(error) => {
                let page = self.session.source().await.unwrap_or_default();
                Err(error).with_context(|| format!("the phone does not show {css}:\n{page}"))
            }
        }
    }
}

/// ChromeDriver has two words for it.
fn is_of_the_page_before(error: &str) -> bool {
    error.contains("stale") || error.contains("does not belong to the document")
}
