//! A story told while it is played: what was done, what was seen, and pictures of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::phone::Phone;
use crate::window::{Theme, Window};

/// The window as most people have it, and as small as it gets.
const USUAL: (u32, u32) = (960, 680);
const NARROW: (u32, u32) = (420, 600);

pub struct Transcript {
    folder: PathBuf,
    text: String,
    steps: u32,
    screens: BTreeSet<String>,
}

impl Transcript {
    /// Begins an empty one in `target/demo/`.
    pub fn begin(title: &str, opening: &str) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/demo");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let text = format!("# {title}\n\n{opening}\n");
        Ok(Self { folder, text, steps: 0, screens: BTreeSet::new() })
    }

    pub fn chapter(&mut self, title: &str) -> Result<()> {
        write!(self.text, "\n## {title}\n")?;
        self.save()
    }

    /// After something was done: this screen is shown, is accessible in both themes, fits a small window, and is pictured.
    pub async fn step(&mut self, window: &Window, screen: &str, did: &str) -> Result<()> {
        let told = self.see(window, screen, did, &[Theme::Light, Theme::Dark]).await;
        self.told(told, did)
    }

    /// A step that is pictured once, as it is.
    pub async fn glimpse(&mut self, window: &Window, screen: &str, did: &str) -> Result<()> {
        let told = self.see(window, screen, did, &[]).await;
        self.told(told, did)
    }

    /// What stands on the phone at this moment, beside the window; its page is accessible and no wider than it.
    pub async fn phone(&mut self, phone: &Phone, did: &str) -> Result<()> {
        self.steps += 1;
        let told = self.see_phone(phone, did).await;
        self.told(told, did)
    }

    async fn see_phone(&mut self, phone: &Phone, did: &str) -> Result<()> {
        let name = format!("{:02}-phone", self.steps);
        write!(self.text, "\n### {}. {did}\n\nOn the phone:\n\n", self.steps)?;
        for line in phone.words().await?.lines().map(str::trim).filter(|line| !line.is_empty()) {
            writeln!(self.text, "> {line}  ")?;
        }
        phone.does_not_scroll_sideways().await?;
        phone.has_no_violations().await?;
        fs::write(self.folder.join(format!("{name}.png")), phone.picture().await?)?;
        writeln!(self.text, "\n![{name}]({name}.png)")?;
        self.save()
    }

    /// Something that happened outside of the window, and was checked.
    pub fn note(&mut self, words: &str) -> Result<()> {
        write!(self.text, "\n*{words}*\n")?;
        self.save()
    }

    /// Fails unless every screen that the app has was seen.
    pub fn end(&mut self) -> Result<()> {
        let names = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/testids.ts"))?;
        let (_, names) = names.split_once("screenNames = [").context("the names of the screens")?;
        let names = names.split(']').next().unwrap_or_default().split('\'').skip(1).step_by(2);
        // It lasts for some milliseconds and shows nothing.
        let unseen: Vec<_> =
            names.filter(|name| *name != "starting" && !self.screens.contains(*name)).collect();
        ensure!(unseen.is_empty(), "never seen: {}", unseen.join(", "));
        write!(
            self.text,
            "\nAll {} screens of the app were seen, and axe found nothing on any of them.\n",
            self.screens.len()
        )?;
        self.save()
    }

    async fn see(&mut self, window: &Window, screen: &str, did: &str, themes: &[Theme]) -> Result<()> {
        self.steps += 1;
        window.await_screen(screen).await?;
        let name = format!("{:02}-{screen}", self.steps);
        write!(self.text, "\n### {}. {did}\n\nScreen `{screen}`. Seen:\n\n", self.steps)?;
        for line in window.words().await?.lines().map(str::trim).filter(|line| !line.is_empty()) {
            writeln!(self.text, "> {line}  ")?;
        }
        writeln!(self.text)?;
        if themes.is_empty() {
            self.picture(window, &name).await?;
        }
        for theme in themes {
            window.wear(*theme).await?;
            window.has_no_violations().await?;
            let theme = if *theme == Theme::Dark { "dark" } else { "light" };
            self.picture(window, &format!("{name}-{theme}")).await?;
        }
        if !themes.is_empty() {
            window.wear_own().await?;
            window.resize(NARROW.0, NARROW.1).await?;
            window.does_not_scroll_sideways().await?;
            self.picture(window, &format!("{name}-narrow")).await?;
            window.resize(USUAL.0, USUAL.1).await?;
        }
        self.screens.insert(screen.to_owned());
        self.save()
    }

    fn told(&mut self, told: Result<()>, did: &str) -> Result<()> {
        if let Err(error) = &told {
            write!(self.text, "\n**This step failed:** {error:#}\n")?;
            self.save()?;
        }
        told.with_context(|| format!("step {}, “{did}”", self.steps))
    }

    async fn picture(&mut self, window: &Window, name: &str) -> Result<()> {
        fs::write(self.folder.join(format!("{name}.png")), window.picture().await?)?;
        writeln!(self.text, "![{name}]({name}.png)")?;
        Ok(())
    }

    fn save(&self) -> Result<()> {
        Ok(fs::write(self.folder.join("transcript.md"), &self.text)?)
    }
}
