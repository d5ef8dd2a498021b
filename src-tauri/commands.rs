//! Every command that the window may call: a menu, no decisions. Each stands in `build.rs` and in the capability, too.

use accounts::Secret;
use accounts::provider::Which;
use tauri::{AppHandle, State, WebviewWindow, Wry};
use tauri_plugin_opener::OpenerExt;
use tauri_specta::{Builder, collect_commands};

use crate::app::App;
use crate::view::*;
use crate::{conversation, screen, window};

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
        vault_state,
        check_vault_password,
        begin_vault,
        copy_vault_key,
        finish_vault,
        cancel_vault,
        unlock_vault,
        set_vault_password,
        new_vault_key,
        confirm_vault_key,
        open_on_this_computer,
        make_while_locked,
        copy_made,
        made,
        reveal_made,
        keep_made,
        drop_made,
        backups,
        restore_backup,
        resolve,
        note,
        save_draft,
        save_edits,
        drop_draft,
        can_read_screen,
        read_qr_file,
        read_qr_clipboard,
        read_qr_screen,
        read_typed,
        keep_scanned,
        open_scanned,
        forget_scanned,
        authenticator,
        authenticator_code,
        copy_authenticator_code,
        remove_authenticator,
        restore_authenticator,
    ])
}

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
async fn vault_state(app: State<'_, App>) -> Answered<VaultView> {
    Ok(app.vault_state().await)
}

#[tauri::command]
#[specta::specta]
async fn check_vault_password(app: State<'_, App>, password: String) -> Answered<Strength> {
    Ok(app.check_vault_password(&Secret::new(password)))
}

#[tauri::command]
#[specta::specta]
async fn begin_vault(app: State<'_, App>, password: String, repeat: String) -> Answered<VaultBegun> {
    app.begin_vault(password, repeat)
}

#[tauri::command]
#[specta::specta]
async fn copy_vault_key(app: State<'_, App>) -> Answered<Copied> {
    app.copy_vault_key().await
}

#[tauri::command]
#[specta::specta]
async fn finish_vault(app: State<'_, App>, group: String, on_this_computer: bool) -> Answered<VaultFinished> {
    app.finish_vault(&group, on_this_computer).await
}

#[tauri::command]
#[specta::specta]
fn cancel_vault(app: State<'_, App>) {
    app.cancel_vault();
}

#[tauri::command]
#[specta::specta]
async fn unlock_vault(app: State<'_, App>, form: UnlockForm, older: bool) -> Answered<Unlocked> {
    app.unlock_vault(form, older).await
}

#[tauri::command]
#[specta::specta]
async fn set_vault_password(
    app: State<'_, App>,
    current: Option<String>,
    password: String,
    repeat: String,
) -> Answered<PasswordSet> {
    app.set_vault_password(current, password, repeat).await
}

#[tauri::command]
#[specta::specta]
async fn new_vault_key(app: State<'_, App>, current: String) -> Answered<VaultBegun> {
    app.new_vault_key(current).await
}

#[tauri::command]
#[specta::specta]
async fn confirm_vault_key(app: State<'_, App>, group: String) -> Answered<bool> {
    app.confirm_vault_key(&group).await
}

#[tauri::command]
#[specta::specta]
async fn open_on_this_computer(app: State<'_, App>, on: bool) -> Answered<VaultView> {
    app.open_on_this_computer(on).await
}

#[tauri::command]
#[specta::specta]
async fn make_while_locked(
    app: State<'_, App>,
    form: GenerateForm,
    purpose: Option<String>,
) -> Answered<Generated> {
    app.make_while_locked(form, purpose).await
}

#[tauri::command]
#[specta::specta]
async fn copy_made(app: State<'_, App>, id: Option<String>) -> Answered<Copied> {
    app.copy_made(id).await
}

#[tauri::command]
#[specta::specta]
async fn made(app: State<'_, App>) -> Answered<Vec<MadeView>> {
    app.made().await
}

#[tauri::command]
#[specta::specta]
async fn reveal_made(app: State<'_, App>, id: String) -> Answered<Revealed> {
    app.reveal_made(&id).await
}

#[tauri::command]
#[specta::specta]
async fn keep_made(app: State<'_, App>, id: String, account: String) -> Answered<()> {
    app.keep_made(&id, &account).await
}

#[tauri::command]
#[specta::specta]
async fn drop_made(app: State<'_, App>, id: String) -> Answered<()> {
    app.drop_made(&id).await
}

#[tauri::command]
#[specta::specta]
async fn backups(app: State<'_, App>) -> Answered<Vec<BackupView>> {
    app.backups().await
}

#[tauri::command]
#[specta::specta]
async fn restore_backup(app: State<'_, App>, id: String) -> Answered<Restored> {
    app.restore_backup(&id).await
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

/// Whether the system lets a part of the screen be chosen.
#[tauri::command]
#[specta::specta]
async fn can_read_screen() -> Answered<bool> {
    Ok(tauri::async_runtime::spawn_blocking(screen::is_possible).await.unwrap_or(false))
}

#[tauri::command]
#[specta::specta]
async fn read_qr_file(app: State<'_, App>, picture: String) -> Answered<ScanView> {
    app.read_qr_file(picture).await
}

#[tauri::command]
#[specta::specta]
async fn read_qr_clipboard(app: State<'_, App>) -> Answered<ScanView> {
    app.read_qr_clipboard().await
}

#[tauri::command]
#[specta::specta]
async fn read_qr_screen(app: State<'_, App>) -> Answered<Option<ScanView>> {
    app.read_qr_screen().await
}

#[tauri::command]
#[specta::specta]
async fn read_typed(app: State<'_, App>, account: String, text: String) -> Answered<ScanView> {
    app.read_typed(&account, Secret::new(text))
}

#[tauri::command]
#[specta::specta]
async fn keep_scanned(
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
async fn open_scanned(handle: AppHandle, app: State<'_, App>, number: u32, place: u32) -> Answered<()> {
    let address = app.scanned_link(number, place)?;
    handle.opener().open_url(address, None::<&str>).map_err(|_| ErrorView::Unsupported)
}

#[tauri::command]
#[specta::specta]
fn forget_scanned(app: State<'_, App>) {
    app.forget_scanned();
}

#[tauri::command]
#[specta::specta]
async fn authenticator(app: State<'_, App>, account: String) -> Answered<AuthenticatorView> {
    app.authenticator(&account).await
}

#[tauri::command]
#[specta::specta]
async fn authenticator_code(app: State<'_, App>, account: String) -> Answered<CodeNow> {
    app.authenticator_code(&account).await
}

#[tauri::command]
#[specta::specta]
async fn copy_authenticator_code(app: State<'_, App>, account: String) -> Answered<Copied> {
    app.copy_authenticator_code(&account).await
}

#[tauri::command]
#[specta::specta]
async fn remove_authenticator(app: State<'_, App>, account: String) -> Answered<AuthenticatorView> {
    app.remove_authenticator(&account).await
}

#[tauri::command]
#[specta::specta]
async fn restore_authenticator(
    app: State<'_, App>,
    account: String,
    place: u32,
    at: u32,
) -> Answered<AuthenticatorView> {
    app.restore_authenticator(&account, place, at).await
}
