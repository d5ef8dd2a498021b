//! The one window: hidden until its first paint, kept where it was, and never leaving its own pages.

use std::time::Duration;

use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, Url, WebviewWindowBuilder, Wry};
use tauri_plugin_window_state::StateFlags;

const LABEL: &str = "main";
/// A page that has not painted by then is shown as it is: a window that never comes would be worse.
const PATIENCE: Duration = Duration::from_secs(5);

/// Remembers size and position; being visible is the page's own decision.
pub fn remember() -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::default()
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .build()
}

pub fn open(app: &AppHandle) -> tauri::Result<()> {
    let config = app.config().app.windows.iter().find(|window| window.label == LABEL);
    let config = config.ok_or(tauri::Error::WindowNotFound)?;
    WebviewWindowBuilder::from_config(app, config)?.on_navigation(is_our_own).build()?;
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        show(&app);
    });
    Ok(())
}

/// Shows the window, once.
pub fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL)
        && !window.is_visible().unwrap_or(false)
    {
        match window.show() {
            // `cargo xtask measure` waits for this line.
            Ok(()) => tracing::info!("the window is shown"),
            Err(error) => tracing::error!(%error, "the window could not be shown"),
        }
    }
}

/// Brings the window to the front, when Regain is started a second time.
pub fn focus(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let result = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = result {
            tracing::warn!(%error, "the window could not be brought to the front");
        }
    }
}

fn is_our_own(url: &Url) -> bool {
    let own = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows serves the same pages under this name.
        "http" | "https" => {
            url.host_str() == Some("tauri.localhost")
                || cfg!(not(feature = "custom-protocol")) && url.host_str() == Some("localhost")
        }
        _ => false,
    };
    if !own {
        tracing::warn!(scheme = url.scheme(), "a navigation was refused");
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_its_own_pages() {
        for own in ["tauri://localhost/", "tauri://localhost/index.html", "http://tauri.localhost/"] {
            assert!(is_our_own(&own.parse().unwrap()), "{own}");
        }
        for other in [
            "https://evil.example/",
            "file:///etc/passwd",
            "tauri://evil/",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!is_our_own(&other.parse().unwrap()), "{other}");
        }
    }
}
