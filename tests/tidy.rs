//! The walls of ARCHITECTURE.md as tests: what the compiler cannot say, or would say too late.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use accounts::provider::Kind;
use serde_json::Value;

/// A longer file says why in its first line.
const LONGEST: usize = 600;

#[test]
fn packages_depend_only_where_they_may() {
    let ours = BTreeSet::from(["regain", "cli", "accounts", "vault", "recovery-server", "xtask"]);
    let packages = packages();
    let names: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(names, ours, "a new package needs its walls written here");

    for (package, dependencies) in &packages {
        let allowed: &[&str] = match package.as_str() {
            "regain" => &["accounts", "recovery-server"],
            "cli" => &["accounts"],
            "accounts" => &["vault"],
            _ => &[],
        };
        for Dependency { name, dev } in dependencies {
            let knows_tauri =
                name == "tauri" || name.starts_with("tauri-") || name == "specta" || name == "wry";
            assert!(
                !knows_tauri || package == "regain",
                "{package} depends on {name}: only the shell knows the window"
            );
            let speaks = package == "accounts" || package == "cli";
            let contract_test = *dev && speaks && name == "recovery-server";
            let own_tests = *dev && name == package;
            let allowed = allowed.contains(&name.as_str()) || contract_test || own_tests;
            assert!(!ours.contains(name.as_str()) || allowed, "{package} may not depend on {name}");
        }
    }
}

/// Bytes in, bytes out: an auditor reads the vault alone.
#[test]
fn the_vault_knows_no_network_no_async_and_no_clock() {
    let packages = packages();
    let strangers = ["tokio", "reqwest", "async-trait", "futures", "serde", "getrandom", "rand", "tracing"];
    for Dependency { name, dev } in &packages["vault"] {
        assert!(*dev || !strangers.contains(&name.as_str()), "the vault may not depend on {name}");
    }
    for file in files("crates/vault/src", &["rs"]) {
        let text = read(&file);
        assert!(!text.contains("SystemTime::now") && !text.contains("Instant::now"), "{}", shown(&file));
        assert!(!text.contains("async fn"), "{}", shown(&file));
    }
}

/// `docs/adding-a-server.md` by its own steps: every place that it names is there for every kind of server.
#[test]
fn every_server_has_what_the_page_on_adding_one_asks_for() {
    let page = read(&root().join("docs/adding-a-server.md"));
    let steps = [
        ("provider/NAME.rs", "crates/accounts/src/provider/NAME.rs"),
        ("`wire.rs`", "crates/accounts/src/provider/NAME/wire.rs"),
        ("provider/NAME/fake.rs", "crates/accounts/src/provider/NAME/fake.rs"),
        ("crates/accounts/tests/fake_NAME.rs", "crates/accounts/tests/fake_NAME.rs"),
    ];
    let real = [("tests/servers/NAME.rs", "tests/servers/NAME.rs")];
    let (runs, stories) =
        (read(&root().join("tests/servers/main.rs")), read(&root().join("tests/e2e/others.rs")));
    let published = read(&root().join("tests/servers/published.rs"));
    for kind in Kind::SERVERS.into_iter().filter(|kind| *kind != Kind::RecoveryServer) {
        let name = kind.as_str();
        let steps = steps.iter().chain(if kind.is_tried() { &real[..] } else { &[] });
        for (named, path) in steps {
            assert!(page.contains(named), "the page names {named}");
            let path = path.replace("NAME", name);
            assert!(root().join(&path).is_file(), "{name}: {path} is missing");
        }
        if kind.is_tried() {
            assert!(runs.contains(&format!("servers::{name}::conforms()")), "{name} is run");
            assert!(
                stories.contains(&format!("servers::{name}::open()")),
                "{name} has a story in the window"
            );
        } else {
            assert!(published.contains(&format!("{name}_published")), "{name} is looked up");
        }
    }
    for named in page.split('`').skip(1).step_by(2).filter(|text| text.contains('/') && !text.contains(' ')) {
        let places = ["", "crates/accounts/src/", "docs/"].map(|folder| root().join(folder).join(named));
        let pattern = ["NAME", "*", "@"].iter().any(|part| named.contains(part));
        assert!(pattern || places.iter().any(|place| place.exists()), "the page names {named}");
    }
}

/// Servers' words and stored records are read with serde, in modules that nothing outside can name.
#[test]
fn every_threat_of_a_pairing_has_the_tests_that_its_page_names() {
    let tests: String = ["crates/recovery-server/tests/pairing", "crates/accounts/tests/pairing"]
        .iter()
        .flat_map(|folder| files(folder, &["rs"]))
        .map(|file| read(&file))
        .collect();
    let page = read(&root().join("docs/pairing.md"));
    let table = page.split("## Threats").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut named = 0;
    for row in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Threat")) {
        let cells: Vec<&str> = row.split('|').collect();
        let names: Vec<&str> = cells[3].split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test holds off: {}", cells[1].trim());
        for name in names {
            assert!(tests.contains(&format!("fn {name}(")), "there is no test {name}");
            named += 1;
        }
    }
    assert!(named >= 40, "{named}");
}

#[test]
fn the_domain_types_cannot_be_serialised() {
    let private = ["wire", "records"];
    for file in files("crates/accounts/src", &["rs"]) {
        let text = read(&file);
        for module in private {
            let leaks =
                text.contains(&format!("pub mod {module}")) || text.contains(&format!("pub use {module}"));
            assert!(!leaks, "{}: {module} is for its parent alone", shown(&file));
        }
        if private.iter().any(|module| file.ends_with(format!("{module}.rs"))) {
            continue;
        }
        let mut derives_serde = false;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let at = || format!("{}:{}", shown(&file), number + 1);
            let by_hand =
                line.starts_with("impl") && (line.contains("Serialize for") || line.contains("Deserialize<"));
            assert!(!by_hand, "{}: no serde by hand in the domain", at());
            if line.starts_with("#[derive(") {
                derives_serde = line.contains("Serialize") || line.contains("Deserialize");
            } else if !line.starts_with("#[") && !line.starts_with("//") && !line.is_empty() {
                let public = line.starts_with("pub struct") || line.starts_with("pub enum");
                assert!(!(derives_serde && public), "{}: a public type of the domain derives serde", at());
                derives_serde = false;
            }
        }
    }
}

#[test]
fn every_command_is_listed_where_it_must_be() {
    let source = read(&root().join("src-tauri/commands.rs"));
    let is_menu = |file: &Path| {
        file.ends_with("commands.rs") || file.parent().is_some_and(|up| up.ends_with("commands"))
    };
    let menus: String =
        files("src-tauri", &["rs"]).iter().filter(|file| is_menu(file)).map(|file| read(file)).collect();
    let defined: BTreeSet<String> = menus
        .split("#[tauri::command]")
        .skip(1)
        .filter_map(|rest| rest.split_once("fn ")?.1.split(['(', '<']).next().map(str::to_owned))
        .collect();
    assert!(defined.len() > 10, "the commands are found: {defined:?}");
    let elsewhere = files("src-tauri", &["rs"]).into_iter().filter(|file| !is_menu(file));
    for file in elsewhere {
        assert!(
            !read(&file).contains("#[tauri::command]"),
            "{}: commands stand in commands.rs and its folder",
            shown(&file)
        );
    }

    let between = |text: &str, from: &str, to: &str| -> String {
        let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from}"));
        rest.split_once(to).unwrap_or_else(|| panic!("no {to} after {from}")).0.to_owned()
    };
    let typed: BTreeSet<String> = between(&source, "collect_commands![", "]")
        .split(',')
        .map(|name| name.trim().rsplit("::").next().unwrap_or_default().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(typed, defined, "the typed builder lists every command");

    let manifest = between(&read(&root().join("src-tauri/build.rs")), ".commands(&[", "])");
    let manifest: BTreeSet<String> = quoted(&manifest).into_iter().collect();
    assert_eq!(manifest, defined, "build.rs lists every command");

    let capability: Value =
        serde_json::from_str(&read(&root().join("src-tauri/capabilities/main.json"))).unwrap();
    let allowed: BTreeSet<String> = capability["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|permission| permission.as_str().expect("a permission without a scope of its own").to_owned())
        .collect();
    let expected: BTreeSet<String> =
        defined.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
    assert_eq!(allowed, expected, "the capability allows our commands and nothing else");
    assert_eq!(files("src-tauri/capabilities", &["json", "toml"]).len(), 1, "there is one capability");
}

#[test]
fn the_window_is_locked_down() {
    let config: Value = serde_json::from_str(&read(&root().join("tauri.conf.json"))).unwrap();
    let app = &config["app"];
    assert_eq!(app["withGlobalTauri"], false);
    assert_eq!(app["security"]["freezePrototype"], true);
    assert!(app["security"]["dangerousDisableAssetCspModification"].is_null());
    for window in app["windows"].as_array().unwrap() {
        assert_eq!(window["visible"], false, "the window shows itself on its first paint");
        assert!(window["url"].is_null(), "the window opens our own page");
        assert!(window["devtools"].is_null(), "the developer tools are off in a release");
    }
    let csp = app["security"]["csp"].as_str().unwrap();
    let rules: BTreeMap<&str, &str> = csp.split(';').filter_map(|rule| rule.trim().split_once(' ')).collect();
    assert_eq!(rules.get("default-src"), Some(&"'self'"));
    assert_eq!(rules.get("connect-src"), Some(&"ipc: http://ipc.localhost"), "the page talks to Rust alone");
    for (rule, sources) in &rules {
        for source in sources.split(' ') {
            let known = ["'self'", "'none'", "data:", "ipc:", "http://ipc.localhost"].contains(&source);
            assert!(known, "{rule} allows {source}");
            assert!(source != "data:" || *rule == "img-src", "{rule} allows data:");
        }
    }
}

/// What a person reads in the window stands in `ui/src/i18n`, in every language; Rust names it, and never says it.
#[test]
fn rust_says_nothing_to_the_person_in_the_window() {
    for file in files("src-tauri", &["rs"]) {
        for (number, line) in code_lines(&read(&file)) {
            let for_programmers =
                ["tracing::", "assert", "panic!", ".expect(", "#[", "bail!", "context(", "ensure!"];
            if for_programmers.iter().any(|word| line.contains(word)) {
                continue;
            }
            for words in quoted(&line) {
                let letters =
                    words.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
                assert!(letters < 3, "{}:{number}: “{words}” belongs to ui/src/i18n", shown(&file));
            }
        }
    }
    for file in files("ui/src", &["svelte"]) {
        let text = read(&file);
        let markup = text.rsplit_once("</script>").map_or(text.as_str(), |(_, markup)| markup);
        let markup = without(markup.split("<style").next().unwrap_or_default(), '{', '}');
        for line in without(&markup, '<', '>').lines() {
            let words =
                line.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
            assert!(words.count() < 2, "{}: “{}” belongs to ui/src/i18n", shown(&file), line.trim());
        }
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    for file in sources() {
        let text = read(&file);
        let lines = text.lines().count();
        let first = text.lines().next().unwrap_or_default();
        let excused = first.contains("GENERATED") || first.to_lowercase().contains("long because");
        assert!(
            lines <= LONGEST || excused,
            "{} has {lines} lines: cut it, or say why in its first line",
            shown(&file)
        );
    }
}

#[test]
fn generated_files_say_so() {
    let bindings = read(&root().join("ui/src/bindings.ts"));
    assert!(
        bindings.starts_with("// GENERATED from src-tauri/commands.rs"),
        "the bindings say where they come from"
    );
}

#[test]
fn nothing_knows_the_machine_it_was_written_on() {
    let home = ["/home/", "/Users/", "/root/", "C:\\Users\\"];
    let written_here = root().to_string_lossy().into_owned();
    for file in tracked() {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        if file.ends_with("tests/tidy.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let found = home.iter().find(|place| line.contains(**place));
            let at = || format!("{}:{}", shown(&file), number + 1);
            assert!(found.is_none(), "{}: a path of one machine: {line}", at());
            let here = written_here.len() > 5 && line.contains(&format!("{written_here}/"));
            assert!(!here, "{}: the place of this very repository: {line}", at());
        }
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    for file in
        files("ui/src", &["ts", "svelte", "css", "html"]).into_iter().chain([root().join("ui/index.html")])
    {
        for (number, line) in code_lines(&read(&file)) {
            for scheme in ["http://", "https://"] {
                let Some((before, after)) = line.split_once(scheme) else { continue };
                let named = after.starts_with(|c: char| c.is_ascii_alphanumeric());
                // Words for a person may name an address; what loads one has it in quotes, alone.
                let loads = before.ends_with(['"', '\'', '`', '(']) && named;
                let namespace = after.starts_with("www.w3.org/");
                let test = shown(&file).ends_with(".test.ts") || shown(&file).contains("fake");
                assert!(!loads || namespace || test, "{}:{number}: {line}", shown(&file));
            }
        }
    }
}

#[test]
fn the_tests_of_the_window_name_only_what_is_there() {
    let names = read(&root().join("ui/src/testids.ts"));
    let known: BTreeSet<&str> = names.split('\'').skip(1).step_by(2).collect();
    assert!(known.len() > 80, "the names are found");
    let verbs = [
        "press",
        "pick",
        "type_into",
        "text",
        "find",
        "find_all",
        "value",
        "tab_to",
        "await_screen",
        "await_text",
        "await_gone",
        "await_focus",
        "await_other_text",
    ];
    for file in files("tests/e2e", &["rs"]) {
        let text = read(&file);
        for verb in verbs {
            for rest in text.split(&format!(".{verb}(\"")).skip(1) {
                let name = rest.split('"').next().unwrap_or_default();
                assert!(known.contains(name), "{}: testids.ts has no {name}", shown(&file));
            }
        }
    }
}

struct Dependency {
    name: String,
    dev: bool,
}

/// Our packages with what they depend on directly, as cargo itself reads it.
fn packages() -> BTreeMap<String, Vec<Dependency>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let args = ["metadata", "--format-version", "1", "--no-deps"];
    let out = Command::new(cargo).args(args).current_dir(root()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let package = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let dependencies =
            dependencies.map(|it| Dependency { name: text(&it["name"]), dev: it["kind"] == "dev" });
        (text(&package["name"]), dependencies.collect())
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// Files below a folder with one of these endings, in order.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Everything written by hand.
fn sources() -> Vec<PathBuf> {
    let places = ["src-tauri", "crates", "xtask", "tests", "ui/src"];
    places.iter().flat_map(|place| files(place, &["rs", "ts", "svelte", "css", "sql"])).collect()
}

/// Everything in the repository; without git, everything written by hand.
fn tracked() -> Vec<PathBuf> {
    let out = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    match out {
        Ok(out) if out.status.success() && !out.stdout.is_empty() => String::from_utf8_lossy(&out.stdout)
            .split_terminator('\0')
            .map(|file| root().join(file))
            .collect(),
        _ => sources(),
    }
}

/// Numbered lines that are neither comments nor, in Rust, the tests at the end.
fn code_lines(text: &str) -> Vec<(usize, String)> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim().to_owned()));
    lines
        .filter(|(_, line)| !line.starts_with("//") && !line.starts_with('*') && !line.starts_with("/*"))
        .collect()
}

/// What stands between double quotes.
fn quoted(text: &str) -> Vec<String> {
    text.replace("\\\"", "").split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The text outside of these brackets; one inside another is understood.
fn without(text: &str, open: char, close: char) -> String {
    let (mut depth, mut outside) = (0_usize, String::new());
    for character in text.chars() {
        if character == open {
            depth += 1;
        } else if character == close {
            depth = depth.saturating_sub(1);
        } else if depth == 0 {
            outside.push(character);
        }
    }
    outside
}
