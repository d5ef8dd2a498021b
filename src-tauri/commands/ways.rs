//! Ways back: the house, an account's ways, its saved codes and its rehearsals.

use accounts::{Secret, recovery_codes};
use tauri::State;

use super::Answered;
use crate::app::App;
use crate::view::*;

#[tauri::command]
#[specta::specta]
pub async fn house(app: State<'_, App>, lost: Vec<NeedView>, again: bool) -> Answered<HouseView> {
    app.house(lost, again).await
}

#[tauri::command]
#[specta::specta]
pub async fn ways(app: State<'_, App>, account: String) -> Answered<WaysView> {
    app.ways(&account).await
}

#[tauri::command]
#[specta::specta]
pub async fn add_way(app: State<'_, App>, account: String, means: MeansView) -> Answered<WaysView> {
    app.add_way(&account, means).await
}

#[tauri::command]
#[specta::specta]
pub async fn deny_way(app: State<'_, App>, account: String, means: MeansView) -> Answered<WaysView> {
    app.deny_way(&account, means).await
}

#[tauri::command]
#[specta::specta]
pub async fn unsay_way(app: State<'_, App>, account: String, means: MeansView) -> Answered<WaysView> {
    app.unsay_way(&account, means).await
}

#[tauri::command]
#[specta::specta]
pub async fn mend_way(app: State<'_, App>, account: String, means: MeansView) -> Answered<WaysView> {
    app.mend_way(&account, means).await
}

#[tauri::command]
#[specta::specta]
pub async fn opens_mailbox(
    app: State<'_, App>,
    account: String,
    address: String,
    opens: bool,
) -> Answered<WaysView> {
    app.opens_mailbox(&account, &address, opens).await
}

#[tauri::command]
#[specta::specta]
pub async fn read_codes(text: String) -> Answered<PastedView> {
    Ok(recovery_codes::read_list(&Secret::new(text)).into())
}

#[tauri::command]
#[specta::specta]
pub async fn save_codes(
    app: State<'_, App>,
    account: String,
    codes: Vec<String>,
    add: bool,
) -> Answered<WaysView> {
    app.save_codes(&account, codes, add).await
}

#[tauri::command]
#[specta::specta]
pub async fn reveal_codes(app: State<'_, App>, account: String) -> Answered<CodesShown> {
    app.reveal_codes(&account).await
}

#[tauri::command]
#[specta::specta]
pub async fn copy_code(app: State<'_, App>, account: String, code: u32) -> Answered<Copied> {
    app.copy_code(&account, code).await
}

#[tauri::command]
#[specta::specta]
pub async fn cross_off(app: State<'_, App>, account: String, code: u32, used: bool) -> Answered<CodesShown> {
    app.cross_off(&account, code, used).await
}

#[tauri::command]
#[specta::specta]
pub async fn rehearse(
    app: State<'_, App>,
    account: String,
    check: CheckView,
    typed: String,
) -> Answered<Checked> {
    app.rehearse(&account, check, typed).await
}

#[tauri::command]
#[specta::specta]
pub async fn rehearsed(app: State<'_, App>, account: String, went: Vec<WentForm>) -> Answered<WaysView> {
    app.rehearsed(&account, went).await
}

#[tauri::command]
#[specta::specta]
pub async fn remind(app: State<'_, App>, account: String, when: RemindForm) -> Answered<()> {
    app.remind(&account, when)
}

#[tauri::command]
#[specta::specta]
pub async fn due(app: State<'_, App>) -> Answered<Option<DueView>> {
    app.due().await
}
