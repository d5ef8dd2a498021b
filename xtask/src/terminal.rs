//! `regain-cli` for the installers: the program, its manual pages and its completions, where `tauri.conf.json` finds them.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::shell::Shell;

/// In the repository; `tauri.conf.json` says where each of these goes.
const FOLDER: &str = "target/terminal";
const PROGRAM: &str = if cfg!(windows) { "regain-cli.exe" } else { "regain-cli" };
/// Whole, as a folder.
const PAGES: &str = "man1";
/// The shells that look into a folder of the system's, with the name they want there.
const COMPLETIONS: [(&str, &str); 3] =
    [("bash", "regain-cli.bash"), ("zsh", "_regain-cli"), ("fish", "regain-cli.fish")];

/// Compiles it, and puts everything into its folder.
pub fn build(shell: &Shell) -> Result<()> {
    shell.run(&mut shell.cargo(&["build", "--release", "--package", "cli"]))?;
    stage(shell, &shell.target().join("release").join(PROGRAM), &shell.path(FOLDER))
}

/// What Windows wants beside the window's program; elsewhere the files of `tauri.conf.json` do.
pub fn windows_config() -> String {
    format!(r#"{{"bundle":{{"resources":{{"{FOLDER}/{PROGRAM}":"{PROGRAM}"}}}}}}"#)
}

fn stage(shell: &Shell, program: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder.join(PAGES))?;
    let own = folder.join(PROGRAM);
    fs::copy(program, &own).with_context(|| format!("{} is missing", program.display()))?;
    let ask = |words: &[&str]| {
        let said = shell.ask(own.to_string_lossy().as_ref(), words).filter(|said| !said.is_empty());
        said.map(|said| said + "\n").with_context(|| format!("`regain-cli {}` said nothing", words.join(" ")))
    };

    let page = ask(&["man"])?;
    let commands = commands(&page);
    if commands.is_empty() {
        bail!("the manual page names no commands");
    }
    fs::write(folder.join(PAGES).join("regain-cli.1"), page)?;
    for command in commands {
        let name = format!("regain-cli-{command}.1");
        fs::write(folder.join(PAGES).join(name), ask(&["man", &command])?)?;
    }
    for (shell, name) in COMPLETIONS {
        fs::write(folder.join(name), ask(&["completions", shell])?)?;
    }
    Ok(())
}

/// The commands that a page refers to, each of which has a page of its own.
fn commands(page: &str) -> Vec<String> {
    let name = |line: &str| {
        line.replace('\\', "").strip_prefix("regain-cli-")?.strip_suffix("(1)").map(str::to_owned)
    };
    page.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn config() -> Value {
        serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap()
    }

    #[test]
    fn a_page_refers_to_the_pages_of_the_commands() {
        let page = ".SH SUBCOMMANDS\n.TP\nregain\\-cli\\-sign\\-in(1)\nSign in\n.TP\nregain\\-cli\\-help(1)\nregain\\-cli";
        assert_eq!(commands(page), ["sign-in", "help"]);
    }

    #[test]
    fn the_installers_of_linux_take_everything_that_is_made_for_them() {
        let linux = &config()["bundle"]["linux"];
        for (kind, zsh) in [("deb", "vendor-completions"), ("rpm", "site-functions")] {
            let files = linux[kind]["files"].as_object().unwrap();
            let at = |place: &str| files.get(place).and_then(Value::as_str).unwrap_or_default();
            let made = |name: &str| format!("{FOLDER}/{name}");
            assert_eq!(at("/usr/bin/regain-cli"), made(PROGRAM), "{kind}");
            assert_eq!(at("/usr/share/man/man1"), made(PAGES), "{kind}");
            for (place, name) in [
                ("/usr/share/bash-completion/completions/regain-cli".to_owned(), COMPLETIONS[0].1),
                (format!("/usr/share/zsh/{zsh}/_regain-cli"), COMPLETIONS[1].1),
                ("/usr/share/fish/vendor_completions.d/regain-cli.fish".to_owned(), COMPLETIONS[2].1),
            ] {
                assert_eq!(at(&place), made(name), "{kind} {place}");
            }
            for (place, source) in files {
                assert!(place.starts_with("/usr/"), "{kind} {place}");
                let source = source.as_str().unwrap();
                let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(source).is_file();
                assert!(there || source.starts_with(FOLDER), "{kind}: {source} is neither here nor made");
            }
        }
    }

    #[test]
    fn the_other_systems_take_the_program() {
        let program = &config()["bundle"]["macOS"]["files"]["MacOS/regain-cli"];
        assert_eq!(program.as_str().unwrap(), format!("{FOLDER}/regain-cli"));
        let windows: Value = serde_json::from_str(&windows_config()).unwrap();
        assert_eq!(windows["bundle"]["resources"][format!("{FOLDER}/{PROGRAM}")], PROGRAM);
    }

    #[cfg(unix)]
    #[test]
    fn pages_and_completions_are_what_the_program_says() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = std::env::temp_dir().join(format!("regain-terminal-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("spoken");
        let script =
            "#!/bin/sh\n[ \"$*\" = man ] && printf 'regain\\\\-cli\\\\-add(1)\\n' || echo \"said $*\"\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let out = folder.join("out");
        stage(&Shell::new().unwrap(), &program, &out).unwrap();

        let names = |folder: &Path| -> BTreeSet<String> {
            fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        };
        assert_eq!(names(&out.join(PAGES)), ["regain-cli.1", "regain-cli-add.1"].map(str::to_owned).into());
        let wanted = [PROGRAM, PAGES, "regain-cli.bash", "_regain-cli", "regain-cli.fish"];
        assert_eq!(names(&out), wanted.map(str::to_owned).into());
        let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
        assert_eq!(read("man1/regain-cli-add.1"), "said man add\n");
        assert_eq!(read("_regain-cli"), "said completions zsh\n");
        let mode = fs::metadata(out.join(PROGRAM)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "it can be run");

        fs::write(&program, "#!/bin/sh\n").unwrap();
        assert!(stage(&Shell::new().unwrap(), &program, &out).is_err(), "a program that says nothing");
        fs::remove_dir_all(folder).unwrap();
    }
}
