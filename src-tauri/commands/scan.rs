//! QR codes that are read, and what comes of them.

use accounts::Secret;
use tauri::{AppHandle, State};
use tauri_plugin_opener::OpenerExt;

use super::Answered;
use crate::app::App;
use crate::screen;
use crate::view::*;

/// Whether the system lets a part of the screen be chosen.
#[tauri::command]
#[specta::specta]
pub async fn can_read_screen() -> Answered<bool> {
    Ok(tauri::async_runtime::spawn_blocking(screen::is_possible).await.unwrap_or(false))
}

#[tauri::command]
#[specta::specta]
pub async fn read_qr_file(app: State<'_, App>, picture: String) -> Answered<ScanView> {
    app.read_qr_file(picture).await
}

#[tauri::command]
#[specta::specta]
pub async fn read_qr_clipboard(app: State<'_, App>) -> Answered<ScanView> {
    app.read_qr_clipboard().await
}

#[tauri::command]
#[specta::specta]
pub async fn read_qr_screen(app: State<'_, App>) -> Answered<Option<ScanView>> {
    app.read_qr_screen().await
}

#[tauri::command]
#[specta::specta]
pub async fn read_typed(app: State<'_, App>, account: String, text: String) -> Answered<ScanView> {
    app.read_typed(&account, Secret::new(text))
}

#[tauri::command]
#[specta::specta]
pub async fn keep_scanned(
    app: State<'_, App>,
    number: u32,
    place: u32,
    entry: u32,
    account: String,
) -> Answered<AuthenticatorView> {
    app.keep_scanned(number, place, entry, &account).await
}

#[tauri::command]
#[specta::specta]
pub async fn open_scanned(handle: AppHandle, app: State<'_, App>, number: u32, place: u32) -> Answered<()> {
    let address = app.scanned_link(number, place)?;
    handle.opener().open_url(address, None::<&str>).map_err(|_| ErrorView::Unsupported)
}

#[tauri::command]
#[specta::specta]
pub fn forget_scanned(app: State<'_, App>) {
    app.forget_scanned();
}

#[tauri::command]
#[specta::specta]
pub async fn authenticator(app: State<'_, App>, account: String) -> Answered<AuthenticatorView> {
    app.authenticator(&account).await
}

#[tauri::command]
#[specta::specta]
pub async fn authenticator_code(app: State<'_, App>, account: String) -> Answered<CodeNow> {
    app.authenticator_code(&account).await
}

#[tauri::command]
#[specta::specta]
pub async fn copy_authenticator_code(app: State<'_, App>, account: String) -> Answered<Copied> {
    app.copy_authenticator_code(&account).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_authenticator(app: State<'_, App>, account: String) -> Answered<AuthenticatorView> {
    app.remove_authenticator(&account).await
}

#[tauri::command]
#[specta::specta]
pub async fn restore_authenticator(
    app: State<'_, App>,
    account: String,
    place: u32,
    at: u32,
) -> Answered<AuthenticatorView> {
    app.restore_authenticator(&account, place, at).await
}
