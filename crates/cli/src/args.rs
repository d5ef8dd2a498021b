//! The command line, and what `--help` and the man page say.

use std::path::PathBuf;

use accounts::generate::Recipe;
use accounts::store::StoreKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Always gets you back into your accounts: signs in, recovers forgotten passwords, changes them and loses none
#[derive(Parser)]
#[command(
    name = "regain-cli",
    version,
    after_help = "Start with:\n  \
    regain-cli recover accounts.example.org     a forgotten password\n  \
    regain-cli sign-in accounts.example.org     a password you know\n  \
    regain-cli accounts                         what is kept here\n\n\
    It keeps the same accounts as Regain's window; both may run at once.",
    after_long_help = LONG
)]
pub struct Line {
    /// Hold the conversation as JSON lines: questions on standard output, answers on standard input
    #[arg(long, global = true)]
    pub json: bool,

    /// Where passwords rest, when nothing was chosen yet; `memory` keeps them until this command ends
    #[arg(long, global = true, value_name = "STORE")]
    pub store: Option<Store>,

    /// Regain's folder, in place of this person's own
    #[arg(long, global = true, env = "REGAIN_FOLDER", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

const LONG: &str = "\
Start with:
  regain-cli recover accounts.example.org     a forgotten password
  regain-cli sign-in accounts.example.org     a password you know
  regain-cli accounts                         what is kept here

It keeps the same accounts as Regain's window; both may run at once.

ACCOUNT is an account's name, identifier, server, IDENTIFIER@SERVER, or the first characters of its id;
it must fit one account alone.

Passwords and codes are asked for, without echo, or read from standard input with --json. They are never
taken from arguments or from the environment, and printed only by `show --reveal` and `generate`, or where
nothing else would keep them.

Exit codes:
  0    done
  1    not done: a wrong password or code, a refusal, or you stopped
  2    the command line, or a line of JSON, makes no sense
  3    the network or the server
  4    the store: locked, missing, broken, or not chosen yet
  5    a change was sent and its answer was lost: the password may be the new one or the old one
  6    nothing was found: no such account, no saved password, no account server there
  70   a mistake in Regain
  130  interrupted
  141  whoever read the output has gone

Environment:
  REGAIN_FOLDER  as --folder
  REGAIN_LOG     what is logged to standard error, such as `debug`; never a secret
  NO_COLOR       no colours";

#[derive(Subcommand)]
pub enum Command {
    /// List the accounts kept here
    Accounts,
    /// Put an account into the list, without signing in
    Add(Where),
    /// Sign in, and keep the password
    SignIn(Where),
    /// Get back in with a code or a link from your mailbox, and set a new password
    Recover(Where),
    /// Make an account at a server where anybody may, with your e-mail address as the identifier
    SignUp(Where),
    /// Set a new password with the current one, or with a code where the server wants that
    ChangePassword(One),
    /// Show where an account is signed in, and end that
    Sessions(Sessions),
    /// Sign out here; the password stays saved
    SignOut(One),
    /// Show what is kept of an account
    Show(Show),
    /// Copy a saved password; the clipboard is cleared while the command waits
    Copy(Copy),
    /// Take an account out of Regain, with its passwords; the account at its server stays
    Remove(Remove),
    /// Show earlier states of the vault, and bring one back
    Earlier(Earlier),
    /// Make a password and print it
    Generate(Generate),
    /// Ask for the vault's password again from now on
    Lock,
    /// Try the vault's password, and leave it open for this computer if you say so
    Unlock(Unlock),
    /// Look at stores, changes without an answer, and servers
    Doctor,
    /// Print the completions of a shell
    Completions { shell: Shell },
    /// Print the manual, or that of one command, as a man page
    Man { command: Option<String> },
}

#[derive(Args)]
pub struct Where {
    /// An account of the list, or the address of an account server
    #[arg(value_name = "ACCOUNT|SERVER")]
    pub place: String,
    /// The e-mail address or user name that you use there; asked for where it is needed
    pub identifier: Option<String>,
}

#[derive(Args)]
pub struct One {
    /// Its name, identifier, server, IDENTIFIER@SERVER, or the first characters of its id
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
}

#[derive(Args)]
pub struct Sessions {
    /// Its name, identifier, server, IDENTIFIER@SERVER, or the first characters of its id
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// End the session with this id
    #[arg(long, value_name = "ID", conflicts_with = "end_others", allow_hyphen_values = true)]
    pub end: Option<String>,
    /// End all sessions but this one
    #[arg(long)]
    pub end_others: bool,
}

#[derive(Args)]
pub struct Show {
    /// Its name, identifier, server, IDENTIFIER@SERVER, or the first characters of its id
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// Print the passwords themselves
    #[arg(long)]
    pub reveal: bool,
    /// Earlier passwords, too
    #[arg(long)]
    pub history: bool,
}

#[derive(Args)]
pub struct Copy {
    /// Its name, identifier, server, IDENTIFIER@SERVER, or the first characters of its id
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// Leave it in the clipboard until something else is copied
    #[arg(long)]
    pub keep: bool,
}

#[derive(Args)]
pub struct Remove {
    /// Its name, identifier, server, IDENTIFIER@SERVER, or the first characters of its id
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// Without being asked
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Args)]
pub struct Earlier {
    /// Bring back the state with this id; the present one can be brought back in the same way
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub restore: Option<String>,
}

#[derive(Args)]
pub struct Generate {
    #[command(flatten)]
    pub made_of: MadeOf,
    /// Keep it in the vault first, which may be locked; Regain offers it when the vault opens
    #[arg(long)]
    pub keep: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT", requires = "keep", allow_hyphen_values = true)]
    pub purpose: Option<String>,
}

#[derive(Args, Clone, Copy)]
pub struct MadeOf {
    /// Made of that many words (4–10)
    #[arg(long, value_name = "N", conflicts_with = "characters",
          value_parser = clap::value_parser!(u8).range(4..=10))]
    words: Option<u8>,
    /// Made of that many characters (15–64)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(15..=64))]
    characters: Option<u8>,
}

#[derive(Args)]
pub struct Unlock {
    /// Leave it open for this computer without being asked
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Store {
    /// The system's keychain
    Keychain,
    /// A vault with a password of its own
    Vault,
    /// Nowhere: until this command ends
    Memory,
}

impl MadeOf {
    pub fn recipe(self) -> Recipe {
        match self.characters {
            Some(count) => Recipe::Characters(count),
            None => Recipe::Words(self.words.unwrap_or(WORDS)),
        }
    }
}

/// What the window makes, too: 62 bits.
pub const WORDS: u8 = 5;

impl From<Store> for StoreKind {
    fn from(store: Store) -> Self {
        match store {
            Store::Keychain => Self::Keychain,
            Store::Vault => Self::Vault,
            Store::Memory => Self::Memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Line::command().debug_assert();
    }

    #[test]
    fn an_id_may_begin_with_a_dash() {
        let line = Line::try_parse_from(["regain-cli", "sessions", "jana", "--end", "-Zx"]);
        let Ok(Line { command: Command::Sessions(Sessions { end, .. }), .. }) = line else { panic!() };
        assert_eq!(end.as_deref(), Some("-Zx"));
    }

    #[test]
    fn no_argument_takes_a_secret() {
        for command in Line::command().get_subcommands() {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                let secret =
                    ["password", "code", "key", "secret", "token"].iter().any(|word| name.contains(word));
                assert!(!secret, "{} {name}", command.get_name());
            }
        }
    }
}
