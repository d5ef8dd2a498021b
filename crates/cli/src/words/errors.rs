//! What went wrong, in two lines and by name.

use accounts::ErrorKind;

use super::servers::{WANTS_KEY_AGAIN, WRONG_KEY};

pub fn error(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Offline => {
            ("The server was not reached.", "Check the network and the address, then try again.")
        }
        ErrorKind::ServerTrouble => ("The server didn't answer properly.", "Try again in a few minutes."),
        ErrorKind::RateLimited { .. } => {
            ("The server asks for a pause after so many tries.", "Try again in a few minutes.")
        }
        ErrorKind::Expired => ("That took too long, and the code has run out.", "Start once more."),
        ErrorKind::Refused => {
            ("The server ended this try.", "Start once more, or ask the people who run it.")
        }
        ErrorKind::SignedOut => {
            ("This computer is not signed in there.", "Sign in to go on: regain-cli sign-in ACCOUNT")
        }
        ErrorKind::Locked => {
            ("The store of your passwords is locked.", "They are safe in it. Unlock it: regain-cli unlock")
        }
        ErrorKind::Dismissed => (
            "The keychain stayed locked.",
            "Its question was closed. Unlock it to go on; nothing was changed.",
        ),
        ErrorKind::NoKeychain => (
            "This computer has no keychain running.",
            "Start one (such as GNOME Keyring or KWallet), or use a vault of Regain's own: it needs none.",
        ),
        ErrorKind::StoreBroken => (
            "The store doesn't answer as it should.",
            "Nothing was changed. See what is wrong: regain-cli doctor",
        ),
        ErrorKind::ItemMissing => (
            "What Regain kept in the keychain is not there.",
            "Nothing was changed. Get a code to set a new password.",
        ),
        ErrorKind::Ambiguous => (
            "The keychain has two entries of the same name.",
            "Nothing was changed. Remove the wrong one in the system's keychain program, then try again.",
        ),
        ErrorKind::DiskFull => ("The disk is full.", "Nothing was lost. Make some room, then try again."),
        ErrorKind::ReadOnly => (
            "Regain may not write there.",
            "Nothing was lost. Check whether the disk or the folder is write-protected, then try again.",
        ),
        ErrorKind::Newer => (
            "This vault was written by a newer Regain.",
            "It was left untouched. Open it with that version or a later one.",
        ),
        ErrorKind::Damaged => (
            "The vault can't be read.",
            "It was left untouched, and so were its earlier states. Keep the file, and ask for help with it.",
        ),
        ErrorKind::RolledBack => (
            "This vault is older than the one last opened here.",
            "A newer file may lie elsewhere; look for it. Regain's window opens the older one.",
        ),
        ErrorKind::OutcomeUnknown => (
            "We don't know yet whether the password changed.",
            "Both are kept. Find out later: regain-cli doctor, or regain-cli sign-in ACCOUNT",
        ),
        ErrorKind::Unsupported => {
            ("The server doesn't offer this.", "Try another way, or ask the people who run it.")
        }
        ErrorKind::BadIdentifier => (
            "That can't be an e-mail address or a user name.",
            "Look for spaces or missing parts, then try again.",
        ),
        ErrorKind::NeedsMailbox => (
            "Recovery there is asked for with the e-mail address of the account.",
            "Give that address instead of the user name.",
        ),
        ErrorKind::UnknownAccount => {
            ("The server knows no such account.", "Look for a typing mistake, or try another address.")
        }
        ErrorKind::ProveAgain => (
            "The server wants the password again before it does that.",
            "Sign in again: regain-cli sign-in ACCOUNT",
        ),
        ErrorKind::TooNew { .. } => (
            "This computer was signed in by a phone less than a day ago.",
            "Sign in with the password to do that, or try again tomorrow.",
        ),
        ErrorKind::Taken => (
            "That address or name has an account there already.",
            "Sign in with it, or recover it: regain-cli recover SERVER",
        ),
        ErrorKind::OtherDomain => (
            "The server takes addresses of certain domains only.",
            "Use an address from there, or ask the people who run it.",
        ),
        ErrorKind::Overtaken => {
            ("This was changed in another place meanwhile.", "Look at how it stands now, then decide anew.")
        }
        ErrorKind::TooWeakAlone => (
            "The password is too weak to be the only proof.",
            "Change it first: regain-cli change-password ACCOUNT",
        ),
        ErrorKind::NotTrusted => (
            "The connection to the server can't be trusted.",
            "Check date and time of this computer. Nothing was sent.",
        ),
        ErrorKind::WantsKey => WANTS_KEY_AGAIN,
        ErrorKind::WrongKey => WRONG_KEY,
        ErrorKind::Protocol => (
            "The server answered in a way Regain doesn't understand.",
            "Try again later, or ask the people who run it.",
        ),
        ErrorKind::Unreadable => (
            "A file of Regain's own can't be read.",
            "It was left as it is. If it stays so, ask for help with the file.",
        ),
        ErrorKind::Bug => ("Something in Regain itself went wrong.", "Nothing was lost. Try again."),
    }
}

/// Names in JSON: they do not change.
pub fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Offline => "offline",
        ErrorKind::ServerTrouble => "server_trouble",
        ErrorKind::RateLimited { .. } => "rate_limited",
        ErrorKind::Expired => "expired",
        ErrorKind::Refused => "refused",
        ErrorKind::Taken => "taken",
        ErrorKind::OtherDomain => "other_domain",
        ErrorKind::Overtaken => "overtaken",
        ErrorKind::TooWeakAlone => "too_weak_alone",
        ErrorKind::SignedOut => "signed_out",
        ErrorKind::Locked => "locked",
        ErrorKind::Dismissed => "dismissed",
        ErrorKind::NoKeychain => "no_keychain",
        ErrorKind::StoreBroken => "store_broken",
        ErrorKind::ItemMissing => "item_missing",
        ErrorKind::Ambiguous => "ambiguous",
        ErrorKind::DiskFull => "disk_full",
        ErrorKind::ReadOnly => "read_only",
        ErrorKind::Newer => "newer",
        ErrorKind::Damaged => "damaged",
        ErrorKind::RolledBack => "rolled_back",
        ErrorKind::OutcomeUnknown => "outcome_unknown",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::BadIdentifier => "bad_identifier",
        ErrorKind::NeedsMailbox => "needs_mailbox",
        ErrorKind::UnknownAccount => "unknown_account",
        ErrorKind::ProveAgain => "prove_again",
        ErrorKind::TooNew { .. } => "too_new",
        ErrorKind::NotTrusted => "not_trusted",
        ErrorKind::WantsKey => "wants_key",
        ErrorKind::WrongKey => "wrong_key",
        ErrorKind::Protocol => "protocol",
        ErrorKind::Unreadable => "unreadable",
        ErrorKind::Bug => "bug",
    }
}
