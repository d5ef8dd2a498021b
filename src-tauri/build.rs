//! Lists the commands, so that each needs a permission: one that no capability names is refused at run time.

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let commands = tauri_build::AppManifest::new().commands(&[
        "start",
        "shown",
        "save_settings",
        "choose_store",
        "store_state",
        "unlock_store",
        "accounts",
        "account",
        "find_server",
        "start_practice",
        "practice_mails",
        "open_practice_outbox",
        "begin",
        "answer",
        "look",
        "cancel",
        "generate",
        "copy_generated",
        "check_password",
        "check_identifier",
        "doctor",
        "sessions",
        "end_session",
        "end_other_sessions",
        "sign_out",
        "remove_account",
        "reveal_password",
        "copy_password",
        "clear_clipboard",
        "open_server",
        "lock",
        "unlock",
    ]);
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*.json")
        .app_manifest(commands);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning={error:#}");
        std::process::exit(1);
    }
}
