//! Every command that the window may call: a menu, no decisions. Each stands in `build.rs` and in the capability, too.

use accounts::Secret;
use accounts::provider::Which;
use tauri::{AppHandle, State, WebviewWindow, Wry};
use tauri_plugin_opener::OpenerExt;
use tauri_specta::{Builder, collect_commands};

use crate::app::App;
use crate::view::*;
use crate::{conversation, window};

/// The commands, with their types for the web view.
pub fn builder() -> Builder<Wry> {
    Builder::new().disable_serde_phases().commands(collect_commands![
        start,
        shown,
        save_settings,
        choose_store,
        store_state,
        unlock_store,
        accounts,
        account,
        find_server,
        start_practice,
        practice_mails,
        open_practice_outbox,
        begin,
        answer,
        look,
        cancel,
        generate,
        copy_generated,
        check_password,
        check_identifier,
        doctor,
        sessions,
        check_session,
        print_page,
        end_session,
        end_other_sessions,
        sign_out,
        remove_account,
        reveal_password,
        copy_password,
        clear_clipboard,
        open_server,
        lock,
        unlock,
        away,
        changed_elsewhere,
        guide::find_sites,
        guide::open_guide_page,
        guide::show_guide_password,
        health::health,
        health::check_leaks,
        health::leaks,
        health::choose_leaks,
        health::find_leaks,
        vault::vault_state,
        vault::check_vault_password,
        vault::begin_vault,
        vault::copy_vault_key,
        vault::finish_vault,
        vault::cancel_vault,
        vault::unlock_vault,
        vault::set_vault_password,
        vault::new_vault_key,
        vault::confirm_vault_key,
        vault::open_on_this_computer,
        vault::make_while_locked,
        vault::copy_made,
        vault::made,
        vault::reveal_made,
        vault::keep_made,
        vault::drop_made,
        vault::backups,
        vault::restore_backup,
        sites::site_list,
        sites::take_list_file,
        sites::fetch_list,
        sites::remove_list,
        sites::restore_list,
        recovery::recovery_settings,
        recovery::show_set_up,
        resolve,
        note,
        save_draft,
        save_edits,
        drop_draft,
        scan::can_read_screen,
        scan::read_qr_file,
        scan::read_qr_clipboard,
        scan::read_qr_screen,
        scan::read_typed,
        scan::keep_scanned,
        scan::open_scanned,
        scan::forget_scanned,
        scan::authenticator,
        scan::authenticator_code,
        scan::copy_authenticator_code,
        scan::remove_authenticator,
        scan::restore_authenticator,
        ways::house,
        ways::ways,
        ways::add_way,
        ways::deny_way,
        ways::unsay_way,
        ways::mend_way,
        ways::opens_mailbox,
        ways::read_codes,
        ways::save_codes,
        ways::reveal_codes,
        ways::copy_code,
        ways::cross_off,
        ways::rehearse,
        ways::rehearsed,
        ways::remind,
        ways::due,
    ])
}

mod guide;
mod health;
mod recovery;
mod scan;
mod sites;
mod vault;
mod ways;

type Answered<T> = Result<T, ErrorView>;

#[tauri::command]
#[specta::specta]
async fn start(app: State<'_, App>) -> Answered<Start> {
    Ok(app.start().await)
}

#[tauri::command]
#[specta::specta]
fn shown(handle: AppHandle) {
    window::show(&handle);
}

#[tauri::command]
#[specta::specta]
async fn save_settings(app: State<'_, App>, settings: Settings) -> Answered<Settings> {
    app.save_settings(settings)
}

#[tauri::command]
#[specta::specta]
async fn choose_store(app: State<'_, App>, kind: StoreKind) -> Answered<Chosen> {
    app.choose_store(kind).await
}

#[tauri::command]
#[specta::specta]
async fn store_state(app: State<'_, App>) -> Answered<StoreView> {
    Ok(app.store_state().await)
}

#[tauri::command]
#[specta::specta]
async fn unlock_store(app: State<'_, App>) -> Answered<StoreView> {
    app.unlock_store().await
}

#[tauri::command]
#[specta::specta]
async fn accounts(app: State<'_, App>) -> Answered<Vec<AccountRow>> {
    app.accounts().await
}

#[tauri::command]
#[specta::specta]
async fn account(app: State<'_, App>, id: String) -> Answered<AccountPage> {
    app.account(&id).await
}

#[tauri::command]
#[specta::specta]
async fn find_server(app: State<'_, App>, address: String, key: Option<String>) -> Answered<FoundView> {
    app.find_server(&address, key.as_deref()).await
}

#[tauri::command]
#[specta::specta]
async fn start_practice(app: State<'_, App>) -> Answered<PracticeView> {
    app.start_practice().await
}

#[tauri::command]
#[specta::specta]
async fn practice_mails(app: State<'_, App>) -> Answered<Vec<PracticeMail>> {
    app.practice_mails().await
}

#[tauri::command]
#[specta::specta]
async fn open_practice_outbox(handle: AppHandle, app: State<'_, App>) -> Answered<()> {
    let address = app.practice_outbox().await?;
    handle.opener().open_url(address, None::<&str>).map_err(|_| ErrorView::Unsupported)
}

#[tauri::command]
#[specta::specta]
async fn begin(app: State<'_, App>, form: BeginForm) -> Answered<View> {
    app.begin(form).await
}

#[tauri::command]
#[specta::specta]
async fn answer(app: State<'_, App>, flow: u32, answer: AnswerForm) -> Answered<View> {
    app.answer(flow, answer).await
}

#[tauri::command]
#[specta::specta]
async fn look(app: State<'_, App>, flow: u32) -> Answered<View> {
    app.look(flow).await
}

#[tauri::command]
#[specta::specta]
fn cancel(app: State<'_, App>, flow: u32) {
    tauri::async_runtime::spawn(app.cancel(flow));
}

#[tauri::command]
#[specta::specta]
async fn generate(app: State<'_, App>, flow: u32, form: GenerateForm) -> Answered<Generated> {
    app.generate(flow, form).await
}

#[tauri::command]
#[specta::specta]
async fn copy_generated(app: State<'_, App>, flow: u32) -> Answered<Copied> {
    app.copy_generated(flow).await
}

#[tauri::command]
#[specta::specta]
async fn check_password(app: State<'_, App>, flow: u32, password: String) -> Answered<Strength> {
    app.check_password(flow, Secret::new(password)).await
}

#[tauri::command]
#[specta::specta]
fn check_identifier(identifier: String) -> IdentifierCheck {
    conversation::check_identifier(&identifier)
}

#[tauri::command]
#[specta::specta]
async fn doctor(app: State<'_, App>, flow: u32) -> Answered<DoctorView> {
    app.doctor(flow).await
}

#[tauri::command]
#[specta::specta]
async fn sessions(app: State<'_, App>, account: String) -> Answered<Vec<DeviceView>> {
    app.sessions(&account).await
}

/// The system's own print dialog; the page has a form of its own for paper.
#[tauri::command]
#[specta::specta]
async fn print_page(window: WebviewWindow) -> Answered<()> {
    window.print().map_err(|error| {
        tracing::warn!(%error, "the print dialog did not open");
        ErrorView::Printer
    })
}

#[tauri::command]
#[specta::specta]
async fn check_session(app: State<'_, App>, account: String) -> Answered<()> {
    app.check_session(&account).await
}

#[tauri::command]
#[specta::specta]
async fn end_session(app: State<'_, App>, account: String, session: String) -> Answered<()> {
    app.end_session(&account, Which::One(session)).await.map(|_| ())
}

#[tauri::command]
#[specta::specta]
async fn end_other_sessions(app: State<'_, App>, account: String) -> Answered<u32> {
    app.end_session(&account, Which::AllOthers).await
}

#[tauri::command]
#[specta::specta]
async fn sign_out(app: State<'_, App>, account: String) -> Answered<()> {
    app.sign_out(&account).await
}

#[tauri::command]
#[specta::specta]
async fn remove_account(app: State<'_, App>, account: String) -> Answered<()> {
    app.remove_account(&account).await
}

#[tauri::command]
#[specta::specta]
async fn reveal_password(app: State<'_, App>, account: String, past: Option<String>) -> Answered<Revealed> {
    app.reveal_password(&account, past).await
}

#[tauri::command]
#[specta::specta]
async fn copy_password(app: State<'_, App>, account: String, past: Option<String>) -> Answered<Copied> {
    app.copy_password(&account, past).await
}

#[tauri::command]
#[specta::specta]
async fn clear_clipboard(app: State<'_, App>) -> Answered<()> {
    app.clear_clipboard().await
}

#[tauri::command]
#[specta::specta]
async fn open_server(handle: AppHandle, app: State<'_, App>, account: String) -> Answered<()> {
    let address = app.server_address(&account)?;
    handle.opener().open_url(address, None::<&str>).map_err(|_| ErrorView::Unsupported)
}

#[tauri::command]
#[specta::specta]
async fn lock(app: State<'_, App>) -> Answered<()> {
    app.lock().await;
    Ok(())
}

#[tauri::command]
#[specta::specta]
async fn unlock(app: State<'_, App>) -> Answered<StoreView> {
    app.unlock().await
}

/// Answers when the computer was locked or is about to sleep.
#[tauri::command]
#[specta::specta]
async fn away(app: State<'_, App>) -> Answered<()> {
    app.away.notified().await;
    Ok(())
}

#[tauri::command]
#[specta::specta]
async fn changed_elsewhere(app: State<'_, App>) -> Answered<bool> {
    Ok(app.changed_elsewhere())
}

#[tauri::command]
#[specta::specta]
async fn resolve(app: State<'_, App>) -> Answered<Vec<ResolvedView>> {
    app.resolve().await
}

#[tauri::command]
#[specta::specta]
async fn note(app: State<'_, App>, account: String) -> Answered<Option<String>> {
    app.note(&account).await
}

#[tauri::command]
#[specta::specta]
async fn save_draft(app: State<'_, App>, account: String, draft: AccountDraft) -> Answered<()> {
    app.save_draft(&account, draft).await
}

#[tauri::command]
#[specta::specta]
async fn save_edits(app: State<'_, App>, account: String, edits: AccountDraft) -> Answered<AccountPage> {
    app.save_edits(&account, edits).await
}

#[tauri::command]
#[specta::specta]
async fn drop_draft(app: State<'_, App>, account: String) -> Answered<AccountPage> {
    app.drop_draft(&account).await
}
