//! Commands about what gets a person back in at the server.

use tauri::State;

use super::Answered;
use crate::app::App;
use crate::view::*;

#[tauri::command]
#[specta::specta]
pub async fn recovery_settings(app: State<'_, App>, account: String) -> Answered<RecoverySettingsView> {
    app.recovery_settings(&account).await
}

#[tauri::command]
#[specta::specta]
pub async fn show_set_up(app: State<'_, App>, flow: u32) -> Answered<SetUpCode> {
    app.show_set_up(flow).await
}
