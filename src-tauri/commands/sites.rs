//! The site list of the settings.

use tauri::State;

use super::Answered;
use crate::app::App;
use crate::view::*;

#[tauri::command]
#[specta::specta]
pub async fn site_list(app: State<'_, App>) -> Answered<SiteListView> {
    app.site_list().await
}

#[tauri::command]
#[specta::specta]
pub async fn take_list_file(app: State<'_, App>, name: String, bytes: String) -> Answered<SiteListView> {
    app.take_list_file(name, bytes).await
}

#[tauri::command]
#[specta::specta]
pub async fn fetch_list(app: State<'_, App>, address: String) -> Answered<SiteListView> {
    app.fetch_list(&address).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_list(app: State<'_, App>) -> Answered<SiteListView> {
    app.remove_list().await
}

#[tauri::command]
#[specta::specta]
pub async fn restore_list(app: State<'_, App>) -> Answered<SiteListView> {
    app.restore_list().await
}
