//! The shell: builds the state, lists the commands, starts. The only crate that knows Tauri and the web view.

use tauri::Manager;
use tracing_subscriber::EnvFilter;

mod account_page;
mod again;
mod app;
mod authenticator;
mod away;
mod clipboard;
pub mod commands;
mod conversation;
mod earlier;
mod guide;
mod health;
mod keeping;
mod leaks;
mod memory;
mod network;
mod practice;
mod recovery;
mod scan;
mod screen;
mod settings;
mod sites;
mod vault;
pub mod view;
mod view_from;
mod ways;
mod window;

pub use app::App;

/// Opens the window and returns when it is closed.
pub fn run() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("REGAIN_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,regain_lib=info,accounts=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    memory::keep_off_the_disk();

    let built = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::focus(app)))
        .plugin(window::remember())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(commands::builder().invoke_handler())
        .setup(|tauri| {
            let folder = tauri.path().app_data_dir()?;
            tauri.manage(App::open(&folder)?);
            away::watch(tauri.handle());
            window::open(tauri.handle())?;
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match built {
        Err(tauri::Error::PluginInitialization(name, why)) if name == "single-instance" => {
            return again::start(&why);
        }
        built => built?,
    };
    app.run(|tauri, event| {
        if let tauri::RunEvent::Exit = event {
            tauri::async_runtime::block_on(tauri.state::<App>().close());
        }
    });
    Ok(())
}
