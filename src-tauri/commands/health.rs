//! How passwords are, known leaks, and changing many.

use tauri::{AppHandle, State};
use tauri_plugin_dialog::{DialogExt, FilePath};

use super::Answered;
use crate::app::App;
use crate::view::*;

#[tauri::command]
#[specta::specta]
pub async fn health(app: State<'_, App>) -> Answered<HealthView> {
    app.health().await
}

#[tauri::command]
#[specta::specta]
pub async fn check_leaks(app: State<'_, App>) -> Answered<HealthView> {
    app.check_leaks().await
}

#[tauri::command]
#[specta::specta]
pub async fn leaks(app: State<'_, App>) -> Answered<LeaksView> {
    Ok(app.leaks().await)
}

#[tauri::command]
#[specta::specta]
pub async fn choose_leaks(app: State<'_, App>, kind: LeaksKind) -> Answered<LeaksView> {
    app.choose_leaks(kind, None).await
}

/// Lets the person point at a copy on this computer; `None` where they closed the dialog.
#[tauri::command]
#[specta::specta]
pub async fn find_leaks(app: State<'_, App>, tauri: AppHandle, folder: bool) -> Answered<Option<LeaksView>> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let done = move |path: Option<FilePath>| drop(tell.send(path));
    let dialog = tauri.dialog().file();
    if folder {
        dialog.pick_folder(done);
    } else {
        dialog.pick_file(done);
    }
    let Some(path) = told.await.ok().flatten() else { return Ok(None) };
    let path = path.into_path().map_err(|_| ErrorView::Unreadable)?;
    app.choose_leaks(LeaksKind::Copy, Some(path)).await.map(Some)
}
