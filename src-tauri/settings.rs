//! The settings, in a file of their own.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::view::Settings;

/// Where the settings rest.
pub struct SettingsFile(PathBuf);

impl SettingsFile {
    pub fn new(folder: &Path) -> Self {
        Self(folder.join("settings.json"))
    }

    /// The settings; `None` before the first start. What cannot be read is kept beside, and the defaults hold.
    pub fn load(&self) -> Option<Settings> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%error, "the settings cannot be read");
                return Some(Settings::default());
            }
        };
        Some(parse(&text).unwrap_or_else(|| {
            tracing::warn!("the settings cannot be understood; they are kept beside");
            if let Err(error) = fs::rename(&self.0, self.0.with_extension("unreadable")) {
                tracing::warn!(%error, "the unreadable settings could not be moved");
            }
            Settings::default()
        }))
    }

    pub fn save(&self, settings: &Settings) -> std::io::Result<()> {
        accounts::account::replace(&self.0, serde_json::to_string_pretty(settings)?.as_bytes())
    }
}

/// Keys that are missing, from an older version, have their defaults.
fn parse(text: &str) -> Option<Settings> {
    let Value::Object(known) = serde_json::from_str(text).ok()? else { return None };
    let Value::Object(mut all) = serde_json::to_value(Settings::default()).ok()? else { return None };
    all.extend(known);
    serde_json::from_value(Value::Object(all)).map(clamp).ok()
}

/// Brings hand-edited numbers within their bounds.
pub fn clamp(mut settings: Settings) -> Settings {
    settings.lock_after_minutes = settings.lock_after_minutes.min(60);
    settings.clear_clipboard_seconds = settings.clear_clipboard_seconds.clamp(10, 120);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Language, Theme};

    #[test]
    fn settings_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::new(folder.path());
        assert_eq!(file.load(), None);
        let settings = Settings { theme: Theme::Dark, language: Language::Ru, ..Settings::default() };
        file.save(&settings).unwrap();
        assert_eq!(file.load(), Some(settings));
    }

    #[test]
    fn an_older_file_gets_the_new_defaults() {
        assert_eq!(
            parse(r#"{"theme":"dark"}"#),
            Some(Settings { theme: Theme::Dark, ..Settings::default() })
        );
    }

    #[test]
    fn an_unreadable_file_is_kept_beside() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("settings.json"), "{ theme").unwrap();
        assert_eq!(SettingsFile::new(folder.path()).load(), Some(Settings::default()));
        assert_eq!(fs::read_to_string(folder.path().join("settings.unreadable")).unwrap(), "{ theme");
    }

    #[test]
    fn numbers_are_brought_within_bounds() {
        let settings = parse(r#"{"clearClipboardSeconds":0,"lockAfterMinutes":9999}"#).unwrap();
        assert_eq!((settings.clear_clipboard_seconds, settings.lock_after_minutes), (10, 60));
    }
}
