//! Exit codes, help, and what is said beside them.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::json;

use crate::bench::{Bench, PASSWORD};
use crate::program::{MASTER, Ran};

#[test]
fn nothing_is_chosen_before_the_first_start() {
    let bench = Bench::without_store();
    for command in
        [&["accounts"][..], &["show", "jana"], &["lock"], &["unlock"], &["change-password", "jana"]]
    {
        let ran = bench.run(command);
        assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{command:?}");
        assert_eq!(ran.err.lines().count(), 2, "what happened, and what to do: {}", ran.err);
    }
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0, "and nothing is made");
}

#[test]
fn each_kind_of_end_has_its_code() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["no-such-command"]).code, 2);
    assert_eq!(bench.run(&["accounts"]).code, 2, "there is no terminal to ask for the vault's password on");
    assert_eq!(bench.run(&["--store", "keychain", "accounts"]).code, 2, "never a second store");
    assert_eq!(bench.run(&["--store", "memory", "accounts"]).code, 2);

    let code = |arguments: &[&str]| {
        let mut talk = bench.talk_unlocked(arguments);
        let end = talk.hear();
        let code = talk.end();
        assert_eq!(end["exit"], code, "{end}");
        (end["error"]["kind"].as_str().unwrap_or_default().to_owned(), code)
    };
    assert_eq!(code(&["show", "nobody"]), ("no_account".into(), 6));
    assert_eq!(code(&["sign-in", "nobody"]), ("not_an_address".into(), 2));
    assert_eq!(code(&["sign-in", "http://a.example", "jana"]), ("not_encrypted".into(), 2));
    assert_eq!(code(&["sign-in", &bench.server, "ja na"]), ("bad_identifier".into(), 2));
    // Nobody listens there.
    assert_eq!(code(&["sign-in", "127.0.0.1:9", "jana"]), ("offline".into(), 3));

    bench.sign_in();
    assert_eq!(code(&["sessions", "jana", "--end", "x"]), ("no_session".into(), 6));
    bench.ask(&["add", &bench.server, "otto"]);
    assert_eq!(code(&["show", "otto", "--reveal"]), ("no_password".into(), 6));
    assert_eq!(code(&["copy", "otto"]), ("no_password".into(), 6));
    assert_eq!(code(&["show", &bench.server]), ("many_accounts".into(), 2));
    assert_eq!(code(&["copy", "jana"]), ("clipboard".into(), 1), "there is no display");
}

#[test]
fn a_vault_that_is_not_there_or_not_opened() {
    let bench = Bench::new();
    let mut talk = bench.talk(&["accounts"]);
    for wrong in 0..3 {
        let asked = talk.hear();
        assert_eq!(asked["problem"]["kind"].is_string(), wrong > 0, "{asked}");
        talk.say(json!({ "password": "not this one" }));
    }
    assert_eq!(talk.hear()["error"]["kind"], "wrong_vault_password");
    assert_eq!(talk.end(), 1);

    std::fs::rename(bench.folder.path().join("vault"), bench.folder.path().join("elsewhere")).unwrap();
    assert_eq!(bench.run(&["accounts"]).code, 4);
    std::fs::write(bench.folder.path().join("settings.json"), "{").unwrap();
    assert_eq!(bench.run(&["accounts"]).code, 4);
    assert_eq!(std::fs::read_to_string(bench.folder.path().join("settings.json")).unwrap(), "{");
}

#[test]
fn while_everything_moves_to_another_store_nothing_is_written() {
    let bench = Bench::new();
    std::fs::write(bench.folder.path().join("moving"), "keychain vault\n").unwrap();
    for command in
        [&["add", &bench.server, "jana"][..], &["recover", &bench.server, "jana"], &["sign-out", "jana"]]
    {
        let ran = bench.run(command);
        assert!(ran.code == 4 && ran.err.contains("being moved"), "{command:?}: {}", ran.err);
    }
    assert_eq!(bench.ask(&["accounts"])["accounts"], json!([]));
    assert!(bench.folder.path().join("moving").exists(), "the mark is the window's");
}

#[test]
fn a_line_that_is_no_answer_ends_it() {
    let bench = Bench::new();
    for line in [json!({}), json!("x"), json!({ "code": "1" }), json!({ "password": 7 })] {
        let mut talk = bench.talk_unlocked(&["sign-in", &bench.server, "jana"]);
        talk.hear();
        talk.say(line.clone());
        assert_eq!(talk.hear()["error"]["kind"], "bad_answer", "{line}");
        assert_eq!(talk.end(), 2);
    }
    let mut talk = bench.talk(&["accounts"]);
    talk.hear();
    assert_eq!(talk_end_after_eof(&mut talk), 1);
}

/// The lines end where an answer was wanted.
fn talk_end_after_eof(talk: &mut crate::program::Talk) -> i32 {
    talk.close();
    assert_eq!(talk.hear()["error"]["kind"], "cancelled");
    talk.end()
}

#[test]
fn a_reader_that_has_gone_is_no_panic() {
    let bench = Bench::new();
    for arguments in [&["man"][..], &["completions", "bash"], &["generate"]] {
        let mut command = bench.command(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = Ran::of(
            command.stdout(Stdio::from(writer)).stdin(Stdio::null()).stderr(Stdio::piped()).output().unwrap(),
        );
        assert_eq!((ran.code, ran.err.as_str()), (141, ""), "{arguments:?}");
    }
}

#[test]
fn help_completions_and_the_man_page_say_what_there_is() {
    let bench = Bench::new();
    let help = bench.run(&["--help"]);
    assert_eq!(help.code, 0);
    for word in [
        "accounts",
        "add",
        "sign-in",
        "recover",
        "change-password",
        "sessions",
        "sign-out",
        "show",
        "copy",
        "remove",
        "earlier",
        "generate",
        "lock",
        "unlock",
        "doctor",
        "completions",
        "man",
        "Exit codes",
        "130",
        "NO_COLOR",
    ] {
        assert!(help.out.contains(word), "{word}");
    }
    assert!(!help.out.contains('\u{1b}'), "a pipe gets no colours");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = bench.run(&["completions", shell]);
        assert!(ran.code == 0 && ran.out.contains("change-password"), "{shell}");
    }
    let man = bench.run(&["man"]);
    assert!(
        man.code == 0 && man.out.contains(".TH regain-cli 1") && man.out.contains("Exit codes"),
        "{}",
        man.out
    );
    assert!(man.out.contains("change\\-password"));
    let part = bench.run(&["man", "show"]);
    assert!(
        part.code == 0 && part.out.contains(".TH regain-cli-show 1") && part.out.contains("reveal"),
        "{}",
        part.out
    );
    assert_eq!(bench.run(&["man", "nothing"]).code, 2);
}

/// What a program may rely on is written down.
#[test]
fn every_name_in_json_is_documented() {
    let page = include_str!("../../../../docs/cli.md");
    let sources = [
        include_str!("../../src/stop.rs"),
        include_str!("../../src/words.rs"),
        include_str!("../../src/place.rs"),
        include_str!("../../src/find.rs"),
        include_str!("../../src/clipboard.rs"),
        include_str!("../../src/commands.rs"),
        include_str!("../../src/commands/door.rs"),
        include_str!("../../src/commands/earlier.rs"),
        include_str!("../../src/commands/passwords.rs"),
        include_str!("../../src/talk.rs"),
        include_str!("../../src/talk/json.rs"),
    ];
    let mut names = std::collections::BTreeSet::new();
    for text in sources {
        let text = text.split("#[cfg(test)]").next().unwrap();
        // `Kind => "name"`, `Exit::Kind, "name"`, `json.text("name", …`, `("name", words`
        for before in ["=> \"", ", \"", "text(\"", "(\""] {
            for rest in text.split(before).skip(1) {
                let (name, after) = rest.split_once('"').unwrap();
                let word = name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && name.len() > 2;
                let named =
                    before.starts_with('=') || after.starts_with(", words::") || before.starts_with("text");
                let is_code = text.contains("json!") || text.contains("ErrorKind");
                if word && named && is_code {
                    names.insert(name);
                }
            }
        }
    }
    assert!(names.len() > 60, "the names are found: {names:?}");
    let silent = ["pipe"];
    for name in names.into_iter().filter(|name| !silent.contains(name)) {
        let there = [format!("`{name}`"), format!("\"{name}\"")].iter().any(|form| page.contains(form));
        assert!(there, "docs/cli.md does not name {name}");
    }
}

/// Neither the arguments nor the environment of the process hold what was typed.
#[cfg(target_os = "linux")]
#[test]
fn no_secret_can_be_seen_from_outside() {
    let bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["sign-in", &bench.server, "jana"]);
    talk.hear();
    talk.say(json!({ "password": "not-this-one" }));
    talk.hear();
    for place in ["cmdline", "environ"] {
        let mut seen = Vec::new();
        std::fs::File::open(format!("/proc/{}/{place}", talk.id())).unwrap().read_to_end(&mut seen).unwrap();
        let seen = String::from_utf8_lossy(&seen);
        assert!(seen.contains("sign-in") || place == "environ");
        for secret in [MASTER, "not-this-one", PASSWORD] {
            assert!(!seen.contains(secret), "{place}");
        }
    }
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", talk.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert!(core.contains(" 0 "), "a crash leaves no image of the memory: {core}");
    talk.say(json!({ "cancel": true }));
    talk.hear();
    assert_eq!(talk.end(), 1);
    for file in walk(bench.folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [MASTER, PASSWORD] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", file.display());
        }
    }
}

#[cfg(target_os = "linux")]
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
