//! Regain's window.
#![cfg_attr(all(not(debug_assertions), target_os = "windows"), windows_subsystem = "windows")]

/// Lets a WebDriver steer the window, and so read every password in it: for Regain's own tests only.
const AUTOMATION: &str = "TAURI_WEBVIEW_AUTOMATION";

fn main() -> anyhow::Result<()> {
    if !cfg!(feature = "window-tests") && std::env::var_os(AUTOMATION).is_some() {
        // The environment of a running process cannot be changed safely; a fresh one starts without the switch.
        let status = std::process::Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env_remove(AUTOMATION)
            .status()?;
        std::process::exit(status.code().unwrap_or(1));
    }
    regain_lib::run()
}
