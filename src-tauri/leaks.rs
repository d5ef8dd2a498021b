//! Where known leaks are looked up: nowhere, in a copy, or over the network.

use std::fs;
use std::path::{Path, PathBuf};

use accounts::exposed::{ASKED_AT, Leaks};
use accounts::http::Http;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::view::{ErrorView, LeaksKind, LeaksView};

/// The choice, in a file of its own; what cannot be read is "off".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Chosen {
    kind: LeaksKind,
    path: Option<PathBuf>,
}

impl Chosen {
    fn load(file: &Path) -> Self {
        fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn save(&self, file: &Path) -> Result<(), ErrorView> {
        let bytes = serde_json::to_vec(self).map_err(|_| ErrorView::Bug)?;
        accounts::account::replace(file, &bytes).map_err(|error| {
            tracing::warn!(%error, "the choice of known leaks could not be saved");
            ErrorView::StoreBroken
        })
    }
}

impl App {
    pub async fn leaks(&self) -> LeaksView {
        let chosen = self.chosen();
        let broken = match (&chosen.kind, chosen.path.clone()) {
            (LeaksKind::Copy, Some(path)) => look(path).await.is_err(),
            _ => false,
        };
        LeaksView { kind: chosen.kind, path: chosen.path.map(|path| path.display().to_string()), broken }
    }

    /// Chooses where; a copy must be one. Errors: `Unreadable` for what is no whole copy.
    pub async fn choose_leaks(&self, kind: LeaksKind, path: Option<PathBuf>) -> Result<LeaksView, ErrorView> {
        let before = self.chosen();
        let path = path.or(before.path);
        match (kind, &path) {
            (LeaksKind::Copy, Some(path)) => drop(look(path.clone()).await?),
            (LeaksKind::Copy, None) => return Err(ErrorView::Refused),
            _ => {}
        }
        Chosen { kind, path }.save(&self.leaks_file())?;
        self.door().looked_up.clear();
        Ok(self.leaks().await)
    }

    pub(crate) fn leaks_kind(&self) -> LeaksKind {
        self.chosen().kind
    }

    pub(crate) async fn leaks_at(&self) -> Result<Option<Leaks>, ErrorView> {
        let chosen = self.chosen();
        match (chosen.kind, chosen.path) {
            (LeaksKind::Copy, Some(path)) => look(path).await.map(Some),
            (LeaksKind::Asked, _) => {
                let base = ASKED_AT.parse().map_err(|_| ErrorView::Bug)?;
                Ok(Some(Leaks::asked(Http::new()?, base)))
            }
            _ => Ok(None),
        }
    }

    fn chosen(&self) -> Chosen {
        Chosen::load(&self.leaks_file())
    }

    fn leaks_file(&self) -> PathBuf {
        self.home.folder().join("leaks.json")
    }
}

async fn look(path: PathBuf) -> Result<Leaks, ErrorView> {
    let looked = tokio::task::spawn_blocking(move || Leaks::at(&path)).await;
    Ok(looked.map_err(|_| ErrorView::Bug)??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_survives_and_garbage_is_off() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("leaks.json");
        assert_eq!(Chosen::load(&file), Chosen::default());
        let chosen = Chosen { kind: LeaksKind::Copy, path: Some("pwned.txt".into()) };
        chosen.save(&file).unwrap();
        assert_eq!(Chosen::load(&file), chosen);
        fs::write(&file, "{").unwrap();
        assert_eq!(Chosen::load(&file).kind, LeaksKind::Off);
    }
}
