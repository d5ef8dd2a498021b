//! What is said about the address that gets a code, and about the key of a gateway.

use accounts::provider::{Addresses, KeyProblem};

pub const CHOOSE_ADDRESS: &str = "Where should the code go? These are the addresses of the account:";
pub const WHOLE_ADDRESS: &str = "The whole address (o = another one): ";
pub const NOT_THAT_ADDRESS: (&str, &str) =
    ("That is another address.", "Type the whole of the one that is shown, or choose another one.");
pub const PUBLIC_KEY: &str = "Public key: ";
pub const WANTS_KEY: (&str, &str) = (
    "A gateway in front of that server wants the public key of the project.",
    "It is the \"publishable\" or \"anon\" key: in the project's settings, or in the source of the site's own pages. It is no secret.",
);
pub const WANTS_KEY_AGAIN: (&str, &str) = (
    "A gateway in front of that server wants the public key of the project.",
    "Give it once, and the accounts there have it: regain-cli add SERVER",
);
pub const WRONG_KEY: (&str, &str) = (
    "The gateway in front of that server doesn't take this key.",
    "Compare it with the project's settings; it may have been replaced. Give the new one: regain-cli add SERVER",
);

pub fn addresses(addresses: &Addresses) -> String {
    let line = |(place, masked): (usize, &String)| {
        let typed = if addresses.typed == Some(place) { "  (the one you typed)" } else { "" };
        format!("  {}  {}{typed}", place + 1, crate::out::plain(masked))
    };
    addresses.masked.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

pub fn which_address(addresses: &Addresses) -> String {
    let count = addresses.masked.len();
    match addresses.typed {
        Some(place) => format!("Which (1-{count}; Enter = {})? ", place + 1),
        None => format!("Which (1-{count})? "),
    }
}

pub fn confirm_address(masked: &str) -> String {
    format!("The code goes to {} once you have typed that address in full.", crate::out::plain(masked))
}

pub fn key(problem: KeyProblem) -> (&'static str, &'static str) {
    match problem {
        KeyProblem::Empty => WANTS_KEY,
        KeyProblem::NotAKey => ("That can't be a key.", "Copy it whole, without spaces."),
        KeyProblem::Secret => (
            "That key is a secret and must not be used here. It was not sent.",
            "Whoever has it can do everything with the project. Use the \"publishable\" or \"anon\" key.",
        ),
    }
}

/// Names in JSON: they do not change.
pub fn key_name(problem: KeyProblem) -> &'static str {
    match problem {
        KeyProblem::Empty => "wants_key",
        KeyProblem::NotAKey => "not_a_key",
        KeyProblem::Secret => "secret_key",
    }
}
