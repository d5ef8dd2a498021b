//! The clipboard of a display of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::bench::{Bench, PASSWORD};
use crate::program::{MASTER, Talk};

const INSIDE: &str = "REGAIN_TEST_DISPLAY";

/// Runs the test again as a process of its own: its display is taken from the environment.
fn on_a_display(test: &str, body: impl FnOnce(&str)) {
    if let Ok(display) = std::env::var(INSIDE) {
        return body(&display);
    }
    let mut screen = Command::new("Xvfb");
    let screen =
        screen.args(["-displayfd", "1", "-nolisten", "tcp"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut screen = screen.spawn().unwrap();
    let mut number = String::new();
    BufReader::new(screen.stdout.take().unwrap()).read_line(&mut number).unwrap();
    let display = format!(":{}", number.trim());
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", test, "--include-ignored", "--nocapture"]).env(INSIDE, &display);
    let ran = again.env("DISPLAY", &display).env_remove("WAYLAND_DISPLAY").output().unwrap();
    screen.kill().unwrap();
    screen.wait().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

fn copy(bench: &Bench, display: &str, arguments: &[&str]) -> Talk {
    let arguments = [&["--json", "copy", "jana"], arguments].concat();
    let mut talk = Talk::start(bench.command(&arguments).env("DISPLAY", display));
    talk.hear();
    talk.say(json!({ "password": MASTER }));
    assert!(talk.hear()["copied"].is_object());
    talk
}

#[test]
#[ignore = "needs a display"]
fn a_copied_password_leaves_the_clipboard() {
    on_a_display("clipboard::a_copied_password_leaves_the_clipboard", |display| {
        let bench = Bench::new();
        bench.sign_in();
        let mut board = arboard::Clipboard::new().unwrap();

        let mut talk = copy(&bench, display, &[]);
        assert_eq!(board.get_text().unwrap(), PASSWORD);
        assert!(!talk.heard.contains(PASSWORD));
        // Ctrl+C clears it at once, and so does the end of the terminal.
        for signal in ["INT", "HUP", "TERM"] {
            Command::new("sh").args(["-c", &format!("kill -{signal} {}", talk.id())]).status().unwrap();
            assert_eq!(talk.hear()["done"]["cleared"], true);
            assert_eq!(talk.end(), 0);
            assert_ne!(board.get_text().unwrap_or_default(), PASSWORD);
            talk = copy(&bench, display, &[]);
        }
        drop(talk);

        // Kept until something else is copied, which is left alone.
        let mut talk = copy(&bench, display, &["--keep"]);
        thread::sleep(Duration::from_millis(700));
        assert_eq!(board.get_text().unwrap(), PASSWORD);
        board.set_text("something else").unwrap();
        assert_eq!(talk.hear()["done"]["cleared"], false);
        assert_eq!(talk.end(), 0);
        assert_eq!(board.get_text().unwrap(), "something else");
    });
}
