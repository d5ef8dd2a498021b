//! The typed bridge is generated from the commands; this proves that the file in the tree is the one they make.

use specta_typescript::Typescript;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/bindings.ts");
const HEADER: &str =
    "// GENERATED from src-tauri/commands.rs by `cargo xtask bindings`. Do not edit.\n/* eslint-disable */\n";

#[test]
fn bindings_are_fresh() {
    let fresh = tempfile::tempdir().unwrap();
    let fresh = fresh.path().join("bindings.ts");
    regain_lib::commands::builder().export(Typescript::default().header(HEADER), &fresh).unwrap();
    let fresh = std::fs::read_to_string(fresh).unwrap();
    if std::env::var_os("REGAIN_WRITE_BINDINGS").is_some() {
        std::fs::write(PATH, &fresh).unwrap();
    }
    let known = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(known == fresh, "ui/src/bindings.ts is stale: run `cargo xtask bindings`");
}
