//! What a person does in the window, and what they see there.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use thirtyfour::prelude::*;

const PATIENCE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(40);
/// Looks at a window of the same size that make it a steady one.
const STEADY: u32 = 15;

/// The app's window. Each verb waits until what it needs is there.
pub struct Window {
    session: Option<WebDriver>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Window {
    pub fn new(session: WebDriver) -> Self {
        Self { session: Some(session) }
    }

    /// Waits until the app shows its window, which it does on its first paint, and until that keeps its size: a window
    /// grows in steps, and everything in it moves.
    pub async fn await_shown(&self) -> Result<()> {
        let visible = "return document.visibilityState === 'visible' && [innerWidth, innerHeight]";
        let (mut last, mut same) = (Value::Bool(false), 0);
        for _ in 0..250 {
            let now = self.script(visible, vec![]).await?;
            same = if now.is_array() && now == last { same + 1 } else { 0 };
            if same == STEADY {
                return self.await_painted().await;
            }
            last = now;
            tokio::time::sleep(GLANCE).await;
        }
        bail!("the window is never shown")
    }

    /// Waits until the page is drawn in its own letters: when they come, everything moves a little.
    async fn await_painted(&self) -> Result<()> {
        let painted = "const done = arguments[arguments.length - 1];
            document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";
        self.session()?.execute_async(painted, vec![]).await?;
        Ok(())
    }

    /// The screen with this `data-screen`.
    pub async fn await_screen(&self, name: &str) -> Result<WebElement> {
        let found = self.see(&format!("[data-screen='{name}']")).await;
        if found.is_err() {
            let shown = self.screen().await.unwrap_or_else(|_| "no screen".into());
            return found.with_context(|| format!("waited for the screen {name}, and {shown} is shown"));
        }
        found
    }

    /// Which screen is shown now.
    pub async fn screen(&self) -> Result<String> {
        let shown = self
            .script("return document.querySelector('[data-screen]')?.dataset.screen ?? ''", vec![])
            .await?;
        Ok(shown.as_str().unwrap_or_default().to_owned())
    }

    /// The element with this `data-testid`, once it can be seen.
    pub async fn find(&self, id: &str) -> Result<WebElement> {
        self.see(&format!("[data-testid='{id}']")).await
    }

    /// All of them that are there now.
    pub async fn find_all(&self, id: &str) -> Result<Vec<WebElement>> {
        Ok(self.session()?.find_all(By::Css(format!("[data-testid='{id}']"))).await?)
    }

    pub async fn press(&self, id: &str) -> Result<()> {
        steady(async || {
            let found = self.session()?.query(By::Css(format!("[data-testid='{id}']")));
            let element = found.wait(PATIENCE, GLANCE).and_displayed().and_enabled().first().await;
            let element = element.with_context(|| format!("nothing to press: {id}"))?;
            self.bring_into_sight(&element).await?;
            element.click().await.with_context(|| format!("cannot press {id}"))
        })
        .await
    }

    pub async fn is_enabled(&self, id: &str) -> Result<bool> {
        steady(async || Ok(self.find(id).await?.is_enabled().await?)).await
    }

    /// Presses the one of that name that says these words.
    pub async fn press_the_one(&self, id: &str, words: &str) -> Result<()> {
        steady(async || {
            for one in self.find_all(id).await? {
                if one.text().await?.contains(words) {
                    self.bring_into_sight(&one).await?;
                    return Ok(one.click().await?);
                }
            }
            bail!("no {id} says “{words}”")
        })
        .await
    }

    /// Presses a button inside of the one of that name that says these words.
    pub async fn press_inside(&self, id: &str, words: &str, button: &str) -> Result<()> {
        steady(async || {
            for one in self.find_all(id).await? {
                if one.text().await?.contains(words) {
                    let css = format!("[data-testid='{button}']");
                    return self.click(&one.find(By::Css(css)).await?).await;
                }
            }
            bail!("no {id} says “{words}”")
        })
        .await
    }

    /// Gives a file to a field for files, as the system's own dialog does.
    pub async fn choose_file(&self, id: &str, path: &Path) -> Result<()> {
        let css = format!("[data-testid='{id}']");
        let field = self.session()?.find(By::Css(css)).await?;
        field.send_keys(path.to_string_lossy()).await.with_context(|| format!("cannot give a file to {id}"))
    }

    /// Chooses a radio button, by a click on the label around it.
    pub async fn pick(&self, id: &str) -> Result<()> {
        let label = format!("label:has([data-testid='{id}'])");
        steady(async || self.click(&self.see(&label).await?).await)
            .await
            .with_context(|| format!("cannot pick {id}"))
    }

    /// Chooses among the radio buttons of a group, by the words of the label.
    pub async fn pick_the_one(&self, group: &str, words: &str) -> Result<()> {
        steady(async || {
            for label in self.find(group).await?.find_all(By::Css("label")).await? {
                if label.text().await?.contains(words) {
                    return self.click(&label).await;
                }
            }
            bail!("no choice in {group} says “{words}”")
        })
        .await
    }

    /// Opens a menu and takes the entry of this value.
    pub async fn choose(&self, menu: &str, value: &str) -> Result<()> {
        self.press(menu).await?;
        let entry = format!("[role='option'][data-value='{value}']");
        steady(async || self.click(&self.see(&entry).await?).await)
            .await
            .with_context(|| format!("cannot choose {value} in {menu}"))
    }

    /// Replaces what is in a field.
    pub async fn type_into(&self, id: &str, words: &str) -> Result<()> {
        steady(async || {
            let field = self.field(id).await?;
            field.clear().await?;
            Ok(field.send_keys(words).await?)
        })
        .await
        .with_context(|| format!("cannot type into {id}"))
    }

    pub async fn text(&self, id: &str) -> Result<String> {
        self.await_words(id, |text| !text.is_empty())
            .await
            .with_context(|| format!("{id} should say something"))
    }

    /// Waits until an element of this name says something that contains these words.
    pub async fn await_text(&self, id: &str, words: &str) -> Result<String> {
        self.await_words(id, |text| text.contains(words))
            .await
            .with_context(|| format!("{id} should say “{words}”"))
    }

    /// Waits until an element of this name says something else than these words.
    pub async fn await_other_text(&self, id: &str, words: &str) -> Result<String> {
        self.await_words(id, |text| text != words)
            .await
            .with_context(|| format!("{id} says “{words}” all the time"))
    }

    /// Waits until the switch of that name is on.
    pub async fn await_on(&self, id: &str) -> Result<()> {
        self.see(&format!("[data-testid='{id}'][aria-checked='true']")).await?;
        Ok(())
    }

    /// Waits until the element can no longer be seen.
    pub async fn await_gone(&self, id: &str) -> Result<()> {
        steady(async || {
            let query =
                self.session()?.query(By::Css(format!("[data-testid='{id}']"))).wait(PATIENCE, GLANCE);
            ensure!(query.and_displayed().not_exists().await?, "{id} is still there");
            Ok(())
        })
        .await
    }

    /// Waits until the element has the focus.
    pub async fn await_focus(&self, id: &str) -> Result<()> {
        let css = format!("[data-testid='{id}']:focus, [data-testid='{id}'] :focus");
        let found = self.session()?.query(By::Css(css)).wait(PATIENCE, GLANCE).first().await;
        if found.is_err() {
            bail!("{id} should have the focus, and “{}” has it", self.focus().await?);
        }
        Ok(())
    }

    /// Presses a key, with these held down, wherever the focus is.
    pub async fn key(&self, held: &[Key], key: impl Into<TypingData>) -> Result<()> {
        let mut chain = self.session()?.action_chain();
        for down in held {
            chain = chain.key_down(down.value());
        }
        chain = chain.send_keys(key);
        for up in held.iter().rev() {
            chain = chain.key_up(up.value());
        }
        Ok(chain.perform().await?)
    }

    /// Moves with Tab until the element with this `data-testid` has the focus.
    pub async fn tab_to(&self, id: &str) -> Result<()> {
        for _ in 0..60 {
            if self.focus().await? == id {
                return Ok(());
            }
            self.key(&[], Key::Tab).await?;
        }
        bail!("Tab never comes to {id}")
    }

    /// The `data-testid` of what has the focus, or of the nearest thing around it that has one.
    pub async fn focus(&self) -> Result<String> {
        let script = "return document.activeElement?.closest('[data-testid]')?.dataset.testid ?? ''";
        Ok(self.script(script, vec![]).await?.as_str().unwrap_or_default().to_owned())
    }

    /// Makes the page this large, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let session = self.session()?;
        session.set_window_rect(0, 0, width, height).await?;
        for _ in 0..200 {
            let inner = self.script("return [innerWidth, innerHeight]", vec![]).await?;
            if inner == serde_json::json!([width, height]) {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
        }
        let inner = self.script("return [innerWidth, innerHeight]", vec![]).await?;
        bail!("wanted {width} × {height}, the page is {inner}")
    }

    /// Draws the page in this theme, whatever the settings say, until [`Window::wear_own`].
    pub async fn wear(&self, theme: Theme) -> Result<()> {
        let name = if theme == Theme::Dark { "dark" } else { "light" };
        let script = "const html = document.documentElement;
            html.dataset.themeBefore ??= html.dataset.theme ?? '';
            html.dataset.theme = arguments[0];";
        self.script(script, vec![name.into()]).await?;
        Ok(())
    }

    pub async fn wear_own(&self) -> Result<()> {
        let script = "const html = document.documentElement;
            const before = html.dataset.themeBefore;
            delete html.dataset.themeBefore;
            if (before) html.dataset.theme = before; else delete html.dataset.theme;";
        self.script(script, vec![]).await?;
        Ok(())
    }

    /// What axe-core finds wrong, one line each; empty is what we want.
    pub async fn axe(&self) -> Result<Vec<String>> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(path).context("axe-core is missing: run `cargo xtask setup`")?;
        let session = self.session()?;
        session.execute(format!("if (!window.axe) {{ {axe} }}"), vec![]).await?;
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then(
              (r) => done(r.violations.flatMap((v) => v.nodes.map(
                (n) => `${v.id} (${v.impact}): ${v.help} at ${n.target.join(' ')}: ${n.failureSummary}`))),
              (error) => done([`axe itself failed: ${error}`]));";
        let found = session.execute_async(script, vec![]).await?;
        Ok(found.convert()?)
    }

    /// Fails on what axe finds in the page as it is now.
    pub async fn has_no_violations(&self) -> Result<()> {
        let found = self.axe().await?;
        ensure!(found.is_empty(), "axe on {}:\n{}", self.screen().await?, found.join("\n"));
        Ok(())
    }

    /// The page is never wider than the window.
    pub async fn does_not_scroll_sideways(&self) -> Result<()> {
        let script = "const e = document.scrollingElement; return [e.scrollWidth, e.clientWidth]";
        let widths = self.script(script, vec![]).await?;
        ensure!(
            widths[0].as_u64() <= widths[1].as_u64(),
            "{} scrolls sideways: {widths}",
            self.screen().await?
        );
        Ok(())
    }

    /// A PNG of the page, taken after it has been painted.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        let session = self.session()?;
        // A pointer that rests on a button would light it up.
        session.action_chain().move_to(0, 0).perform().await?;
        self.await_painted().await?;
        Ok(session.screenshot_as_png().await?)
    }

    /// The same as it is at this moment, wherever the pointer rests.
    pub async fn snapshot(&self) -> Result<Vec<u8>> {
        Ok(self.session()?.screenshot_as_png().await?)
    }

    pub async fn source(&self) -> Result<String> {
        Ok(self.session()?.source().await?)
    }

    /// Everything a person can read in the page now, without the pictures of keys.
    pub async fn words(&self) -> Result<String> {
        let script =
            "const aside = [...document.querySelectorAll('kbd, [aria-hidden=true], [data-testid=live]')];
            const before = aside.map((e) => e.style.display);
            for (const e of aside) e.style.display = 'none';
            const words = document.body.innerText;
            aside.forEach((e, i) => { e.style.display = before[i]; });
            return words";
        let words = self.script(script, vec![]).await?;
        Ok(words.as_str().unwrap_or_default().to_owned())
    }

    pub async fn script(&self, script: &str, args: Vec<Value>) -> Result<Value> {
        Ok(self.session()?.execute(script, args).await?.json().clone())
    }

    /// Runs a script that says by its last argument when it is done.
    pub async fn await_script(&self, script: &str, args: Vec<Value>) -> Result<Value> {
        Ok(self.session()?.execute_async(script, args).await?.json().clone())
    }

    /// Ends the session, and the app with it.
    pub async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            // The app may have ended by itself; what is left of it dies with the driver's process group.
            let _ = tokio::time::timeout(PATIENCE, session.quit()).await;
        }
    }

    /// Reads by script, so that an element that is drawn anew between two looks does no harm.
    async fn await_words(&self, id: &str, fit: impl Fn(&str) -> bool) -> Result<String> {
        let script = "return [...document.querySelectorAll(`[data-testid='${arguments[0]}']`)]
            .filter((e) => e.checkVisibility()).map((e) => e.innerText)";
        let mut texts = Vec::new();
        let start = tokio::time::Instant::now();
        while start.elapsed() < PATIENCE {
            texts = serde_json::from_value(self.script(script, vec![id.into()]).await?)?;
            if let Some(text) = texts.iter().find(|text: &&String| fit(text)) {
                return Ok(text.clone());
            }
            tokio::time::sleep(GLANCE).await;
        }
        bail!("it says {texts:?}")
    }

    /// Moves the pointer there and presses its button: WebDriver's own click refuses labels that hold their input.
    async fn click(&self, element: &WebElement) -> Result<()> {
        self.bring_into_sight(element).await?;
        self.session()?.action_chain().move_to_element_center(element).click().perform().await?;
        self.await_painted().await
    }

    /// Scrolls only where it must, and waits until that is drawn: a pointer that is quicker would miss.
    async fn bring_into_sight(&self, element: &WebElement) -> Result<()> {
        let script = "const { top, bottom } = arguments[0].getBoundingClientRect();
            if (top >= 0 && bottom <= innerHeight) return false;
            arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' });
            return true;";
        let scrolled = self.session()?.execute(script, vec![element.to_json()?]).await?;
        if scrolled.json() == &Value::Bool(true) {
            self.await_painted().await?;
        }
        Ok(())
    }

    async fn see(&self, css: &str) -> Result<WebElement> {
        steady(async || {
            let query = self.session()?.query(By::Css(css)).wait(PATIENCE, GLANCE);
            query.and_displayed().first().await.with_context(|| format!("not seen: {css}"))
        })
        .await
    }

    /// The input of that name, or the one inside the element of that name.
    async fn field(&self, id: &str) -> Result<WebElement> {
        let named = format!("[data-testid='{id}']");
        let css = format!("input{named}, textarea{named}, {named} input, {named} textarea");
        let found = self.session()?.query(By::Css(css)).wait(PATIENCE, GLANCE).first().await;
        found.with_context(|| format!("no field {id}"))
    }

    fn session(&self) -> Result<&WebDriver> {
        self.session.as_ref().context("the window is closed")
    }
}

/// Does it again when the page was drawn anew between finding an element and using it.
async fn steady<T>(act: impl AsyncFn() -> Result<T>) -> Result<T> {
    for _ in 0..50 {
        match act().await {
            Err(error) if came_too_early(&error) => tokio::time::sleep(GLANCE).await,
            other => return other,
        }
    }
    act().await
}

/// What is drawn anew, or scrolls on its own because the focus has come back to it.
fn came_too_early(error: &anyhow::Error) -> bool {
    let error = format!("{error:#}");
    error.contains("stale") || error.contains("not interactable")
}

impl Drop for Window {
    fn drop(&mut self) {
        // Quitting here would block on a driver that may be gone; its process group is killed with the desk.
        if let Some(session) = self.session.take() {
            let _ = session.leak();
        }
    }
}
