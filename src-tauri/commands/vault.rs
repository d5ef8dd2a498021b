//! The vault: making and opening it, its keys, its backups, and what was made while it was locked.

use accounts::Secret;
use tauri::State;

use super::Answered;
use crate::app::App;
use crate::view::*;

#[tauri::command]
#[specta::specta]
pub async fn vault_state(app: State<'_, App>) -> Answered<VaultView> {
    Ok(app.vault_state().await)
}

#[tauri::command]
#[specta::specta]
pub async fn check_vault_password(app: State<'_, App>, password: String) -> Answered<Strength> {
    Ok(app.check_vault_password(&Secret::new(password)))
}

#[tauri::command]
#[specta::specta]
pub async fn begin_vault(app: State<'_, App>, password: String, repeat: String) -> Answered<VaultBegun> {
    app.begin_vault(password, repeat)
}

#[tauri::command]
#[specta::specta]
pub async fn copy_vault_key(app: State<'_, App>) -> Answered<Copied> {
    app.copy_vault_key().await
}

#[tauri::command]
#[specta::specta]
pub async fn finish_vault(
    app: State<'_, App>,
    group: String,
    on_this_computer: bool,
) -> Answered<VaultFinished> {
    app.finish_vault(&group, on_this_computer).await
}

#[tauri::command]
#[specta::specta]
pub fn cancel_vault(app: State<'_, App>) {
    app.cancel_vault();
}

#[tauri::command]
#[specta::specta]
pub async fn unlock_vault(app: State<'_, App>, form: UnlockForm, older: bool) -> Answered<Unlocked> {
    app.unlock_vault(form, older).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_vault_password(
    app: State<'_, App>,
    current: Option<String>,
    password: String,
    repeat: String,
) -> Answered<PasswordSet> {
    app.set_vault_password(current, password, repeat).await
}

#[tauri::command]
#[specta::specta]
pub async fn new_vault_key(app: State<'_, App>, current: String) -> Answered<VaultBegun> {
    app.new_vault_key(current).await
}

#[tauri::command]
#[specta::specta]
pub async fn confirm_vault_key(app: State<'_, App>, group: String) -> Answered<bool> {
    app.confirm_vault_key(&group).await
}

#[tauri::command]
#[specta::specta]
pub async fn open_on_this_computer(app: State<'_, App>, on: bool) -> Answered<VaultView> {
    app.open_on_this_computer(on).await
}

#[tauri::command]
#[specta::specta]
pub async fn make_while_locked(
    app: State<'_, App>,
    form: GenerateForm,
    purpose: Option<String>,
) -> Answered<Generated> {
    app.make_while_locked(form, purpose).await
}

#[tauri::command]
#[specta::specta]
pub async fn copy_made(app: State<'_, App>, id: Option<String>) -> Answered<Copied> {
    app.copy_made(id).await
}

#[tauri::command]
#[specta::specta]
pub async fn made(app: State<'_, App>) -> Answered<Vec<MadeView>> {
    app.made().await
}

#[tauri::command]
#[specta::specta]
pub async fn reveal_made(app: State<'_, App>, id: String) -> Answered<Revealed> {
    app.reveal_made(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn keep_made(app: State<'_, App>, id: String, account: String) -> Answered<()> {
    app.keep_made(&id, &account).await
}

#[tauri::command]
#[specta::specta]
pub async fn drop_made(app: State<'_, App>, id: String) -> Answered<()> {
    app.drop_made(&id).await
}

#[tauri::command]
#[specta::specta]
pub async fn backups(app: State<'_, App>) -> Answered<Vec<BackupView>> {
    app.backups().await
}

#[tauri::command]
#[specta::specta]
pub async fn restore_backup(app: State<'_, App>, id: String) -> Answered<Restored> {
    app.restore_backup(&id).await
}
