//! Everything that is said to the person, in English, two lines for what went wrong: what happened, what to do.
//! What `--help` says stands in `args.rs`.

use accounts::address::AddressProblem;
use accounts::flow::{Done, Finish, Purpose};
use accounts::provider::{CodeAsk, CodePurpose, CodeShape, Problem, Way, WeakReason};
use accounts::signed_in::Resolution;
use accounts::store::{StoreKind, Why};

mod errors;
mod guide;
mod servers;
mod time;

pub use errors::{error, name};
pub use guide::*;
pub use servers::*;
pub use time::*;

pub const CANCELLED: (&str, &str) = ("Stopped.", "Nothing more was done. What was made is kept.");
pub const NO_TERMINAL: (&str, &str) =
    ("There is no terminal to ask on.", "Run it in a terminal, or answer with --json on standard input.");
pub const BAD_ANSWER: (&str, &str) = (
    "That line of JSON is no answer to the question.",
    "Send one object with one of the keys in \"answers\"; docs/cli.md describes them.",
);
pub const NOT_CHOSEN: (&str, &str) = (
    "Regain keeps nothing here yet.",
    "Sign in, recover or add an account first; you choose then where passwords rest.",
);
pub const OTHER_STORE: (&str, &str) = (
    "Your passwords rest in another store.",
    "Leave --store out. To move them, use the settings of Regain's window.",
);
pub const ONLY_WINDOW: (&str, &str) = (
    "Regain was told to keep passwords only until its window closes.",
    "Choose a keychain or a vault in the window's settings, or add --store memory for this one command.",
);
pub const NOTHING_KEPT: (&str, &str) =
    ("Nothing is kept in memory between commands.", "Leave --store memory out.");
pub const MOVING: (&str, &str) = (
    "Your passwords are being moved from one store to another.",
    "Let Regain's window finish it (start it if it is closed), then try again.",
);
pub const NO_VAULT: (&str, &str) =
    ("The vault is not where it was.", "If it is on a stick or a network drive, connect it, then try again.");
pub const WRONG_VAULT_PASSWORD: (&str, &str) =
    ("That password didn't open the vault.", "Check Caps Lock and the keyboard language, then try again.");
pub const WEAK_VAULT_PASSWORD: (&str, &str) =
    ("That password is too easy for a vault.", "Four or five odd words work well.");
pub const MISMATCH: (&str, &str) = ("The two were not the same.", "Type it twice.");
pub const WRONG_GROUP: (&str, &str) =
    ("That is not that group.", "Compare it with what you wrote down; nothing was made yet.");
pub const NO_ACCOUNT: (&str, &str) =
    ("No account here fits that.", "See which there are: regain-cli accounts");
pub const MANY_ACCOUNTS: (&str, &str) = (
    "More than one account fits that.",
    "Name it as IDENTIFIER@SERVER, or by the first characters of its id.",
);
pub const MANY_SERVERS: &str = "Several account servers answer there.";

pub fn name_one(kinds: &[&str]) -> String {
    format!(
        "Type its kind before the address, such as {}:ADDRESS. There are: {}.",
        kinds[0],
        kinds.join(", ")
    )
}

pub const NO_PASSWORD: (&str, &str) =
    ("No password of that account is saved here.", "Sign in once, and Regain keeps it.");
pub const NO_CLIPBOARD: (&str, &str) =
    ("The clipboard didn't take it.", "See the password instead: regain-cli show ACCOUNT --reveal");
pub const NOT_IN_VAULT: (&str, &str) =
    ("There is no vault here to keep it in.", "Leave --keep out, or choose a vault first.");
pub const NO_COMMAND: (&str, &str) = ("There is no such command.", "See which there are: regain-cli --help");
pub const NO_SESSION: (&str, &str) =
    ("There is no such session.", "See which there are: regain-cli sessions ACCOUNT");
pub const KEYCHAIN_LOCKS_ITSELF: (&str, &str) = (
    "Your passwords rest in the system's keychain, which has a lock of its own.",
    "Lock it with the system's own program.",
);
pub const SHOW_MADE: (&str, &str) = (
    "With --store memory nobody else would know the new password.",
    "Answer with your own, or with {\"generate\":true,\"reveal\":true}.",
);

pub const MEMORY: &str = "Nothing of this is kept when the command ends: write a new password down.";
pub const ASKING_SYSTEM: &str = "The keychain is locked: the system asks for its password.";
pub const KEYCHAIN_SILENT: &str = "This computer's keychain did not open the vault. Its password does.";
pub const TORN: &str =
    "The last change was cut off. Check that the newest entry is there; everything else is whole.";
pub const OPENING: &str = "Opening the vault …";
pub const VAULT_PASSWORD: &str = "Vault password: ";
pub const ASK_STORE: &str = "Where should Regain keep your passwords?\n  \
    1  in this computer's keychain\n  \
    2  in a vault with a password of its own";
pub const WHICH: &str = "Which (1-2)? ";
pub const NEW_VAULT: &str = "Choose one password for the vault: the only one you'll have to remember.";
pub const NEW_VAULT_PASSWORD: &str = "New vault password: ";
pub const ONCE_MORE: &str = "The same once more: ";
pub const MAKING_VAULT: &str = "Making a lock that is slow to pick …";
pub const VAULT_MADE: &str = "The vault is made.";
pub const IDENTIFIER: &str = "E-mail address or user name: ";
pub const MAILBOX: &str = "E-mail address of that account: ";
pub const PASSWORD: &str = "Password: ";
pub const PASSWORD_OR_SAVED: &str = "Password (Enter = the saved one): ";
pub const CURRENT: &str = "The password you have now: ";
pub const NEW_PASSWORD: &str = "New password (Enter = let Regain make one): ";
pub const DID_IT_CHANGE: &str =
    "Did the password change? The answer got lost; both are kept, and nothing is lost.";
pub const FIND_OUT: &str = "Press Enter to find out, Ctrl+C to leave it for later: ";
pub const KEEP_UNLOCKED: &str = "Open the vault on this computer without its password from now on?\n\
    A key to it then lies in this computer's keychain: whoever can open the one can open the other.";
pub const YES_NO: &str = "Yes or no (y/N)? ";
pub const UNLOCKED: &str =
    "The vault opens on this computer without its password now. Undo it: regain-cli lock";
pub const RIGHT_PASSWORD: &str = "That is the vault's password. Nothing was changed.";
pub const UNLOCKED_ALREADY: &str = "The vault opens on this computer without its password already.";
pub const KEYCHAIN_OPEN: &str = "The keychain is open.";
pub const LOCKED: &str =
    "From now on the vault asks for its password again. A window that is open stays open.";
pub const LOCKED_ALREADY: &str = "The vault asks for its password already.";
pub const NO_ACCOUNTS: &str = "There is no account yet. Add one: regain-cli sign-in SERVER";
pub const WAITING: &str = "Another one waits, which was not proven: --history shows it, too.";
pub const SIGNED_OUT: &str = "Signed out. The password stays saved.";
pub const HIDDEN: &str = "(hidden; --reveal prints it)";
pub const CODE_HELP: &str = "Look in the spam folder. Mail can be slow: the first code may still work when a second one comes.\n\
    Is it the right address? Only type a code that reached you yourself; nobody else needs it.";

pub const NO_EARLIER: (&str, &str) =
    ("Only a vault has earlier states.", "Your passwords rest in the system's keychain.");
pub const NO_STATES: &str = "There is no earlier state yet.";
pub const NO_STATE: (&str, &str) =
    ("There is no such earlier state.", "See which there are: regain-cli earlier");

/// Whether it is gone for good depends on where it was.
fn way_back(store: StoreKind) -> &'static str {
    match store {
        StoreKind::Vault => "An earlier state of the vault brings them back: regain-cli earlier",
        StoreKind::Keychain | StoreKind::Memory => "They leave this computer for good.",
    }
}

pub fn ask_remove(name: &str, host: &str, store: StoreKind) -> String {
    format!(
        "Remove {name} from Regain?\nIts password and its history go with it; the account at {host} itself stays.\n{}",
        way_back(store)
    )
}

pub fn removed(name: &str, signed_out: bool, store: StoreKind) -> String {
    let told = if signed_out { "" } else { " Its server was not reached: Regain stays signed in there." };
    let back = if store == StoreKind::Vault { " Undo it: regain-cli earlier" } else { "" };
    format!("{name} is removed.{told}{back}")
}

pub fn accounts(count: usize) -> String {
    if count == 1 { "1 account".into() } else { format!("{count} accounts") }
}

/// What bringing a state back would do, by the names of the accounts.
pub fn effect(back: &str, gone: &str, differ: &str) -> String {
    let parts = [("brings back", back), ("takes away", gone), ("changes", differ)];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> = parts.map(|(what, names)| format!("{what} {names}")).collect();
    if parts.is_empty() { "changes no account".into() } else { parts.join("; ") }
}

pub fn restored(count: usize, undo: &str) -> String {
    format!("That state is back: {}. Undo it: regain-cli earlier --restore {undo}", accounts(count))
}

pub fn recovery_key(groups: &[String]) -> String {
    format!(
        "Write this recovery key down on paper; it opens the vault if you forget the password.\n\
         It is shown only this once:\n\n  {}\n",
        groups.join("-")
    )
}

pub fn ask_group(before: &str) -> String {
    format!("To be sure, type the group after {before}: ")
}

pub fn in_the_air(count: usize) -> String {
    let changes =
        if count == 1 { "The answer to 1 change".into() } else { format!("The answers to {count} changes") };
    format!("{changes} got lost. Find out what happened: regain-cli doctor")
}

pub fn did_you_mean(suggestion: &str) -> String {
    format!("Did you mean {suggestion}?")
}

pub fn store(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::Keychain => "in this computer's keychain",
        StoreKind::Vault => "in your vault",
        StoreKind::Memory => "until this command ends",
    }
}

/// Where a code went, before it is asked for.
pub fn code(ask: &CodeAsk) -> String {
    let second = match ask.purpose {
        CodePurpose::SecondFactor => "One more proof that it's you. ",
        CodePurpose::Recovery | CodePurpose::SignUp | CodePurpose::NewAddress => "",
    };
    let sent = match (ask.way, &ask.sent_to) {
        (Way::Authenticator, _) => "Your authenticator app shows a new code every 30 seconds.".into(),
        (Way::RecoveryCode, _) => "Each saved recovery code works once.".into(),
        (Way::MailLink, Some(to)) => format!("A link was mailed to {to}."),
        (Way::MailLink, None) => "If that account exists, a link is on its way to its mailbox.".into(),
        (Way::TextCode, Some(to)) => format!("A code was sent to the telephone {to}."),
        (Way::TextCode, None) => "If that account exists, a code is on its way to its telephone.".into(),
        (Way::MailCode | Way::OtherAddress, Some(to)) => format!("A code was mailed to {to}."),
        (Way::MailCode | Way::OtherAddress, None) => {
            "If that account exists, a code is on its way to its mailbox.".into()
        }
    };
    let until = ask.valid_until.map(|at| format!(" It works until {}.", clock(at))).unwrap_or_default();
    format!("{second}{sent}{until}")
}

pub fn code_prompt(ask: &CodeAsk) -> String {
    let name = match (ask.way, ask.shape) {
        (Way::RecoveryCode, _) => "Recovery code".into(),
        (_, CodeShape::Digits(count)) => format!("Code, {count} digits"),
        (_, CodeShape::Link) => "Link from the mail".into(),
        (_, CodeShape::Groups { .. } | CodeShape::Any) => "Code".into(),
    };
    let mut keys: Vec<&str> = Vec::new();
    if ask.may_be_opened {
        keys.push("Enter = I have opened the link");
    }
    if ask.resend_at.is_some() {
        keys.push(if ask.shape == CodeShape::Link { "r = new link" } else { "r = new code" });
    }
    if !ask.other_ways.is_empty() {
        keys.push("o = another way");
    }
    keys.push("? = help");
    format!("{name} ({}): ", keys.join(", "))
}

pub fn ways(ways: &[Way]) -> String {
    let line = |(number, way): (usize, &Way)| format!("  {}  {}", number + 1, way_text(*way));
    ways.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

pub fn which(count: usize) -> String {
    format!("Which (1-{count}; Enter = stay)? ")
}

fn way_text(way: Way) -> &'static str {
    match way {
        Way::MailCode => "a code by mail",
        Way::MailLink => "a link by mail",
        Way::RecoveryCode => "a saved recovery code",
        Way::Authenticator => "an authenticator app",
        Way::TextCode => "a code in a message to your telephone",
        Way::OtherAddress => "a code to another address of the account",
    }
}

pub fn made(kind: StoreKind) -> String {
    format!("A new password is made and kept {}.", store(kind))
}

pub fn made_shown(password: &str) -> String {
    format!("The new password, to write down:\n  {password}")
}

pub fn done(finish: &Finish, purpose: &Purpose, server: &str, kind: StoreKind) -> String {
    let what = match (finish.what, purpose) {
        (Done::PhoneLinked, _) => return format!("The phone is signed in to {server}."),
        (Done::RecoveryChanged(_), _) => return format!("{server} has the change."),
        (Done::Paired, _) => {
            return format!("You are signed in to {server}. No password was asked for or kept.");
        }
        (Done::SignedIn, _) => format!("You are signed in to {server}."),
        (Done::SignedUp, _) => {
            format!("You have an account at {server}. Its recovery codes are kept beside the password.")
        }
        (Done::PasswordChanged, Purpose::Recover) => {
            format!("You're back in: {server} has the new password.")
        }
        (Done::PasswordChanged, _) => format!("{server} has the new password."),
        (Done::ChangeConfirmed, _) => {
            format!(
                "The answer of {server} was lost, but the new password opens it: the change went through."
            )
        }
    };
    let mut lines = vec![what, format!("The password is kept {}.", store(kind))];
    if finish.old_kept && !matches!(finish.what, Done::SignedIn | Done::SignedUp) {
        lines.push("The old one stays in the history.".into());
    }
    if let Some(count) = finish.sessions_ended.filter(|count| *count > 0) {
        lines.push(ended(Some(count)));
    }
    lines.join("\n")
}

pub fn ended(count: Option<u32>) -> String {
    match count {
        None => "Done.".into(),
        Some(1) => "1 other device was signed out.".into(),
        Some(count) => format!("{count} other devices were signed out."),
    }
}

pub fn added(name: &str) -> String {
    format!("{name} is in the list. Next: regain-cli sign-in, or regain-cli recover, with that name.")
}

pub fn listed(name: &str) -> String {
    format!("{name} is in the list already.")
}

pub fn copied(seconds: Option<u64>) -> String {
    match seconds {
        Some(seconds) => {
            format!("Copied. The clipboard is cleared in {seconds} seconds; Ctrl+C clears it at once.")
        }
        None => {
            "Copied. It stays in the clipboard until something else is copied there; Ctrl+C ends this.".into()
        }
    }
}

pub const CLEARED: &str = "The clipboard is cleared.";

pub fn why(why: Why) -> &'static str {
    match why {
        Why::Replaced => "replaced by a new one",
        Why::NotAccepted => "not accepted by the server",
        Why::NotUsed => "not used",
    }
}

pub fn waiting(sent: bool) -> &'static str {
    if sent { "sent; the answer was lost" } else { "not used yet" }
}

pub fn resolution(found: Resolution) -> (&'static str, &'static str) {
    match found {
        Resolution::NewHolds => {
            ("The new password holds.", "The change went through; the old one is in the history.")
        }
        Resolution::OldHolds => {
            ("The old password still holds.", "The change did not happen; the new one is in the history.")
        }
        Resolution::NeitherFits => {
            ("Neither password fits.", "Get a code and set a new one: regain-cli recover ACCOUNT")
        }
        Resolution::NotAsked => ("The server was not reached.", "Both are kept. Ask again later."),
        Resolution::NeedsCode => {
            ("One more proof is needed.", "Sign in with the code: regain-cli sign-in ACCOUNT")
        }
    }
}

pub fn problem(problem: &Problem) -> (String, String) {
    let two = |what: &str, todo: &str| (what.to_owned(), todo.to_owned());
    match problem {
        Problem::WrongPassword => two(
            "That password didn't fit.",
            "Try once more, or stop and get a code: regain-cli recover ACCOUNT",
        ),
        Problem::NoPasswordFits => two(
            "None of the saved passwords fits.",
            "Type it, or stop and get a code: regain-cli recover ACCOUNT",
        ),
        Problem::WrongCode => {
            two("That code didn't fit.", "Compare it with the newest mail, or get a new one.")
        }
        Problem::NotOpened => two(
            "The link has not been opened, or opens nothing any more.",
            "Open the one in the newest mail, or paste it here.",
        ),
        Problem::WeakPassword(reasons) => {
            let reasons: Vec<String> = reasons.iter().map(|reason| weak(*reason)).collect();
            ("That password was not taken.".into(), reasons.join(" "))
        }
        Problem::Mismatch => two(MISMATCH.0, MISMATCH.1),
        Problem::TooSoon { wait } => (
            "It is too soon for a new code.".into(),
            format!("You can get one in {}. The first one may still work.", span(*wait)),
        ),
        Problem::StillTrying => two("The server cannot be reached at the moment.", "Regain keeps trying."),
        Problem::NotThatAddress => two(NOT_THAT_ADDRESS.0, NOT_THAT_ADDRESS.1),
        Problem::NotTaken => two(NOT_TAKEN.0, NOT_TAKEN.1),
        Problem::NotChanged => two(
            "The server did not change the password.",
            "The old one is still right. Set the new one again.",
        ),
    }
}

pub fn weak(reason: WeakReason) -> String {
    match reason {
        WeakReason::TooShort { min } => format!("It needs {min} characters or more."),
        WeakReason::TooLong { max } => format!("It may have {max} characters at most."),
        WeakReason::Common => "It is one that everybody tries first.".into(),
        WeakReason::ContainsIdentifier => "It contains your name or address.".into(),
        WeakReason::ContainsServer => "It contains the name of the site.".into(),
        WeakReason::Guessable => "It is easy to guess.".into(),
        WeakReason::SameAsCurrent => "It is the one you have now.".into(),
        WeakReason::NeedsDigit => "It needs a digit.".into(),
        WeakReason::NeedsLowercase => "It needs a small letter.".into(),
        WeakReason::NeedsUppercase => "It needs a capital letter.".into(),
        WeakReason::NeedsSymbol => "It needs a character that is no letter and no digit.".into(),
        WeakReason::NeedsOneOf { set } => format!("It needs one of these: {set}"),
        WeakReason::NotAllowed { allowed } => format!("It may have these characters only: {allowed}"),
        WeakReason::TooManyInARow { max: 1 } => "No character may stand twice in a row.".into(),
        WeakReason::TooManyInARow { max } => format!("A character may stand {max} times in a row at most."),
    }
}

pub fn address(problem: AddressProblem) -> (&'static str, &'static str) {
    match problem {
        AddressProblem::Empty => {
            ("There is no address yet.", "Name an account or the address of an account server.")
        }
        AddressProblem::NotAnAddress => (
            "That is no account of the list, and no address of a server.",
            "Such as accounts.example.org; the accounts: regain-cli accounts",
        ),
        AddressProblem::NotEncrypted => (
            "That address is not encrypted.",
            "Everyone on the way could read along. Use an address that starts with https://.",
        ),
        AddressProblem::NoAccountServer => (
            "Something answers there, but no account server that Regain knows.",
            "Check the address, or ask the people who run it.",
        ),
    }
}

pub fn address_name(problem: AddressProblem) -> &'static str {
    match problem {
        AddressProblem::Empty => "address_empty",
        AddressProblem::NotAnAddress => "not_an_address",
        AddressProblem::NotEncrypted => "not_encrypted",
        AddressProblem::NoAccountServer => "no_account_server",
    }
}
