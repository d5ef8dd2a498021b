//! A person at a terminal.

use std::sync::Arc;

use accounts::Secret;
use accounts::clock::ManualClock;
use accounts::provider::atproto;

use crate::bench::{Bench, NEW, PASSWORD};
use crate::program::MASTER;
use crate::pty::Terminal;

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;

fn unlocked(bench: &Bench, arguments: &[&str]) -> Terminal {
    let mut terminal = Terminal::start(&bench.command(arguments));
    terminal.expect("Vault password: ");
    terminal.type_line(MASTER);
    terminal
}

#[test]
fn a_forgotten_password_by_hand() {
    let mut bench = Bench::new();
    let mut terminal = unlocked(&bench, &["recover", &bench.server]);
    terminal.expect("Dorfladen");
    terminal.expect("E-mail address or user name: ");
    terminal.type_line("jana");
    terminal.expect("a code is on its way");
    terminal.expect("Code, 8 digits (r = new code, o = another way, ? = help): ");
    terminal.type_line("?");
    terminal.expect("spam folder");
    terminal.expect("Code, 8 digits");
    terminal.type_line("12345678");
    terminal.expect("That code didn't fit.");
    terminal.expect("Code, 8 digits");
    terminal.type_line("r");
    terminal.expect("It is too soon for a new code.");
    terminal.expect("Code, 8 digits");
    terminal.type_line(&bench.mailed());
    terminal.expect("New password (Enter = let Regain make one): ");
    terminal.type_line("short");
    terminal.expect("The same once more: ");
    terminal.type_line("short");
    terminal.expect("That password was not taken.");
    terminal.expect("New password");
    terminal.type_line(NEW);
    terminal.expect("The same once more: ");
    terminal.type_line("mossy-Kettle-walnut-30");
    terminal.expect("The two were not the same.");
    terminal.expect("New password");
    terminal.type_line(NEW);
    terminal.expect("The same once more: ");
    terminal.type_line(NEW);
    terminal.expect("You're back in: Dorfladen has the new password.");
    assert_eq!(terminal.end(), 0);
    for secret in [MASTER, NEW, "mossy-Kettle-walnut-30", "short"] {
        assert!(!terminal.screen.contains(secret), "passwords are typed without echo:\n{}", terminal.screen);
    }
    assert_eq!(bench.ask(&["show", "jana", "--reveal"])["current"]["password"], NEW);
}

#[test]
fn regain_makes_the_password_and_keeps_it_to_itself() {
    let mut bench = Bench::new();
    let mut terminal = unlocked(&bench, &["recover", &bench.server, "jana"]);
    terminal.expect("Code, 8 digits");
    terminal.type_line(&bench.mailed());
    terminal.expect("New password (Enter");
    terminal.type_line("");
    terminal.expect("A new password is made and kept in your vault.");
    terminal.expect("You're back in");
    assert_eq!(terminal.end(), 0);
    let made = bench.ask(&["show", "jana", "--reveal"])["current"]["password"].as_str().unwrap().to_owned();
    assert!(!terminal.screen.contains(&made));

    let mut terminal = unlocked(&bench, &["show", "jana"]);
    terminal.expect("--reveal prints it");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.screen.contains(&made));
    let mut terminal = unlocked(&bench, &["show", "jana", "--reveal"]);
    terminal.expect(&made);
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_saved_password_is_one_enter_and_a_recovery_code_is_typed_without_echo() {
    let bench = Bench::new();
    bench.sign_in();
    let mut terminal = unlocked(&bench, &["sign-in", "jana"]);
    terminal.expect("Password (Enter = the saved one): ");
    terminal.type_line("");
    terminal.expect("You are signed in to Dorfladen.");
    assert_eq!(terminal.end(), 0);

    let mut terminal = unlocked(&bench, &["sign-in", &bench.server, "otto"]);
    terminal.expect("Password: ");
    terminal.type_line(PASSWORD);
    terminal.expect("authenticator app shows");
    terminal.expect("Code, 6 digits (o = another way");
    terminal.type_line("o");
    terminal.expect("a saved recovery code");
    terminal.expect("Enter = stay)? ");
    terminal.type_line("1");
    terminal.expect("Recovery code");
    terminal.type_line("WRON-GWRO-NGWR-ONGW");
    terminal.expect("That code didn't fit.");
    terminal.expect("Recovery code");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), 1);
    assert!(!terminal.screen.contains("WRON-GWRO"));
}

/// It looks like a saved one, and works a quarter of an hour.
#[test]
fn a_mailed_code_in_groups_is_no_saved_one() {
    let bench = Bench::new();
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let start = atproto::fake::Fake::start(clock, Secret::new(PASSWORD));
    let (fake, address) = bench.runtime.block_on(start).unwrap();
    let mut terminal = unlocked(&bench, &["recover", &address.to_string(), atproto::fake::EMAIL]);
    terminal.expect("\nCode (r = new code, ? = help): ");
    let code = fake.mailed().unwrap();
    terminal.type_line(code.expose());
    terminal.expect(code.expose());
    terminal.expect("New password");
}

#[test]
fn a_vault_is_made_at_the_first_start() {
    let bench = Bench::without_store();
    let mut terminal = Terminal::start(&bench.command(&["sign-in", &bench.server, "jana"]));
    terminal.expect("Which (1-2)? ");
    terminal.type_line("2");
    terminal.expect("New vault password: ");
    terminal.type_line("teapot");
    terminal.expect("The same once more: ");
    terminal.type_line("teapot");
    terminal.expect("too easy for a vault");
    terminal.expect("vault password: ");
    terminal.type_line(MASTER);
    terminal.expect("once more: ");
    terminal.type_line(MASTER);
    terminal.expect("It is shown only this once:");
    terminal.expect("type the group after ");
    let shown = terminal.screen.clone();
    let key = shown.lines().find(|line| line.matches('-').count() == 8).unwrap().trim().to_owned();
    let groups: Vec<&str> = key.split('-').collect();
    terminal.expect(": ");
    let before =
        terminal.screen.rsplit("type the group after ").next().unwrap().split(':').next().unwrap().to_owned();
    let at = groups.iter().position(|group| *group == before).unwrap() + 1;
    terminal.type_line("nothing");
    terminal.expect("That is not that group.");
    terminal.expect("type the group after ");
    terminal.type_line(&groups[at].to_lowercase());
    terminal.expect("The vault is made.");
    terminal.expect("Password: ");
    terminal.type_line(PASSWORD);
    terminal.expect("The password is kept in your vault.");
    assert_eq!(terminal.end(), 0);
    assert_eq!(bench.ask(&["accounts"])["accounts"][0]["identifier"], "jana");
}

#[test]
fn a_wrong_vault_password_may_be_typed_three_times() {
    let bench = Bench::new();
    let mut terminal = Terminal::start(&bench.command(&["accounts"]));
    for _ in 0..3 {
        terminal.expect("Vault password: ");
        terminal.type_line("not this one");
    }
    terminal.expect("That password didn't open the vault.");
    assert_eq!(terminal.end(), 1);
    assert!(!terminal.screen.contains("not this one"));
}

#[test]
fn ctrl_c_ends_it_and_leaves_what_was_made() {
    let mut bench = Bench::new();
    for hidden in [true, false] {
        let mut terminal = unlocked(&bench, &["recover", &bench.server, "jana"]);
        terminal.expect("Code, 8 digits");
        if hidden {
            terminal.type_line(&bench.mailed());
            terminal.expect("New password");
        }
        terminal.press(CTRL_C);
        terminal.expect("Stopped.");
        assert_eq!(terminal.end(), 130, "{}", terminal.screen);
    }
}

#[test]
fn the_terminal_echoes_again_after_ctrl_c() {
    let bench = Bench::new();
    let mut command = std::process::Command::new("sh");
    let program = bench.command(&["accounts"]);
    let line: Vec<String> = std::iter::once(program.get_program())
        .chain(program.get_args())
        .map(|part| format!("'{}'", part.to_str().unwrap()))
        .collect();
    // The shell stays, so that what is left of the terminal can be seen.
    command.args(["-c", &format!("trap : INT; {}; stty -a; exit 7", line.join(" "))]);
    let mut terminal = Terminal::start(&command);
    terminal.expect("Vault password: ");
    terminal.press(CTRL_C);
    terminal.expect("\nisig icanon iexten echo ");
    assert_eq!(terminal.end(), 7);
}
