//! Guides: finding a site, and what a step needs.

use tauri::{AppHandle, State};
use tauri_plugin_opener::OpenerExt;

use super::Answered;
use crate::app::App;
use crate::view::*;

#[tauri::command]
#[specta::specta]
pub async fn find_sites(app: State<'_, App>, text: String) -> Answered<SitesView> {
    app.find_sites(&text).await
}

#[tauri::command]
#[specta::specta]
pub async fn open_guide_page(handle: AppHandle, app: State<'_, App>, flow: u32) -> Answered<()> {
    let page = app.guide_page(flow).await?;
    handle.opener().open_url(page, None::<&str>).map_err(|_| ErrorView::Browser)
}

#[tauri::command]
#[specta::specta]
pub async fn show_guide_password(app: State<'_, App>, flow: u32) -> Answered<Revealed> {
    app.guide_password(flow).await
}
