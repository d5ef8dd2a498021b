//! Prompts for a person. Passwords are typed without echo; what is typed at any other prompt is no password.

use std::io::{self, IsTerminal as _};

use accounts::Secret;
use accounts::flow::{Given, Question};
use accounts::generate::Recipe;
use accounts::guide::StepKind;
use accounts::provider::{Addresses, CodeAsk, GuideAsk, Way};
use accounts::store::StoreKind;

use super::hidden::Hidden;
use super::{Reply, Scene};
use crate::args::WORDS;
use crate::interrupt::Interrupt;
use crate::out;
use crate::stop::{Result, Stop};
use crate::words;

pub struct Terminal {
    interrupt: Interrupt,
    /// The code that was told about last: where it went is said once.
    told: Option<CodeAsk>,
}

impl Terminal {
    pub fn new(interrupt: Interrupt) -> Self {
        Self { interrupt, told: None }
    }

    pub async fn question(&mut self, scene: &Scene<'_>) -> Result<Reply> {
        if let Some(kind) = scene.trouble {
            let (what, todo) = words::error(kind);
            trouble(what, todo);
        } else if let Some(problem) = scene.flow.problem() {
            let (what, todo) = words::problem(problem);
            trouble(&what, &todo);
        }
        match scene.flow.question() {
            Question::Password { current, saved } => self.password(*current, *saved).await,
            Question::Code(ask) => self.code(ask).await,
            Question::NewPassword { unknown: true, .. } => {
                out::say(words::DID_IT_CHANGE);
                self.line(words::FIND_OUT).await?;
                Ok(Reply::Give(Given::FindOut))
            }
            Question::NewPassword { .. } => self.new_password(scene.store).await,
            Question::ScanQr(_)
            | Question::ConfirmCode(_)
            | Question::WaitForPhone(_)
            | Question::ConfirmAccount { .. }
            | Question::ShowCode(_)
            | Question::AllowPhone { .. }
            | Question::SetUpAuthenticator(_) => Err(Stop::bug("this is asked in the window alone")),
            Question::ChooseAddress(addresses) => self.address(addresses).await,
            Question::ConfirmAddress { masked } => {
                out::say(&words::confirm_address(masked));
                Ok(Reply::Give(match self.line(words::WHOLE_ADDRESS).await? {
                    other if other == "o" => Given::OtherWay(Way::OtherAddress),
                    typed => Given::WholeAddress(typed),
                }))
            }
            Question::Guide(ask) | Question::SetPassword(ask) => self.guide(scene, ask).await,
            Question::Done(_) => Err(Stop::bug("nothing is asked at the end")),
        }
    }

    /// A step that is done in a browser.
    async fn guide(&self, scene: &Scene<'_>, ask: &GuideAsk) -> Result<Reply> {
        let account = scene.flow.account();
        out::say(&words::guide(ask, &account.identifier, &account.name));
        let may_fail = !matches!(ask.kind, StepKind::Page | StepKind::Code { .. });
        loop {
            let typed = self.line(words::guide_prompt(may_fail)).await?;
            return Ok(Reply::Give(match typed.as_str() {
                "" if !may_fail => Given::Yes,
                "y" | "yes" => Given::Yes,
                "n" | "no" if may_fail => Given::No,
                "b" if ask.at > 0 => Given::StepBack,
                "s" if may_fail => {
                    match scene.flow.candidate() {
                        Some(password) => out::say(&words::made_shown(password.expose())),
                        None => out::say(words::NO_PASSWORD_HERE),
                    }
                    continue;
                }
                _ => continue,
            }));
        }
    }

    async fn password(&self, current: bool, saved: bool) -> Result<Reply> {
        let prompt = match (current, saved) {
            (true, _) => words::CURRENT,
            (false, true) => words::PASSWORD_OR_SAVED,
            (false, false) => words::PASSWORD,
        };
        loop {
            let typed = self.hidden(prompt).await?;
            match (typed.is_empty(), saved && !current) {
                (false, _) => return Ok(Reply::Give(Given::Password(typed))),
                (true, true) => return Ok(Reply::Give(Given::Saved)),
                (true, false) => {}
            }
        }
    }

    async fn code(&mut self, ask: &CodeAsk) -> Result<Reply> {
        if self.told.as_ref() != Some(ask) {
            out::say(&words::code(ask));
            self.told = Some(ask.clone());
        }
        let prompt = words::code_prompt(ask);
        loop {
            let typed = match ask.way {
                // It opens the account next year, too.
                Way::RecoveryCode => self.hidden(&prompt).await?,
                Way::MailCode | Way::MailLink | Way::TextCode | Way::OtherAddress | Way::Authenticator => {
                    Secret::new(self.line(&prompt).await?)
                }
            };
            match typed.expose().trim() {
                "" if ask.may_be_opened => return Ok(Reply::Give(Given::Opened)),
                "" => {}
                "r" if ask.resend_at.is_some() => return Ok(Reply::Give(Given::Resend)),
                "o" if !ask.other_ways.is_empty() => {
                    if let Some(way) = self.other_way(&ask.other_ways).await? {
                        return Ok(Reply::Give(Given::OtherWay(way)));
                    }
                }
                "?" => out::say(words::CODE_HELP),
                _ => return Ok(Reply::Give(Given::Code(typed))),
            }
        }
    }

    async fn other_way(&self, ways: &[Way]) -> Result<Option<Way>> {
        out::say(&words::ways(ways));
        loop {
            let typed = self.line(&words::which(ways.len())).await?;
            if typed.is_empty() {
                return Ok(None);
            }
            let chosen = typed.parse::<usize>().ok().and_then(|number| ways.get(number.wrapping_sub(1)));
            if let Some(way) = chosen {
                return Ok(Some(*way));
            }
        }
    }

    async fn address(&self, addresses: &Addresses) -> Result<Reply> {
        out::say(words::CHOOSE_ADDRESS);
        out::say(&words::addresses(addresses));
        loop {
            let typed = self.line(&words::which_address(addresses)).await?;
            let place = match addresses.typed {
                Some(place) if typed.is_empty() => Some(place),
                _ => typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1)),
            };
            if let Some(place) = place.filter(|place| *place < addresses.masked.len()) {
                return Ok(Reply::Give(Given::Address(place)));
            }
        }
    }

    async fn new_password(&self, store: StoreKind) -> Result<Reply> {
        let password = self.hidden(words::NEW_PASSWORD).await?;
        if password.is_empty() {
            // Where nothing is kept, the person is the only one who can.
            let reveal = store == StoreKind::Memory;
            return Ok(Reply::Generate { recipe: Recipe::Words(WORDS), reveal });
        }
        let repeat = self.hidden(words::ONCE_MORE).await?;
        Ok(Reply::Give(Given::NewPassword { password, repeat }))
    }

    /// Reads what must not be seen, from the terminal itself.
    pub async fn hidden(&self, prompt: &str) -> Result<Secret> {
        let hidden = Hidden::prompt(prompt).map_err(|_| Stop::no_terminal())?;
        let reader = hidden.reader().map_err(|_| Stop::no_terminal())?;
        let typed = self.blocking(reader).await;
        drop(hidden);
        typed?.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Stop::cancelled(),
            _ => Stop::no_terminal(),
        })
    }

    /// Reads a line that may be seen, without the spaces around it.
    pub async fn line(&self, prompt: &str) -> Result<String> {
        if !io::stdin().is_terminal() {
            return Err(Stop::no_terminal());
        }
        out::prompt(prompt);
        let read = move || {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|count| (count > 0).then(|| line.trim().to_owned()))
        };
        match self.blocking(read).await? {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(Stop::cancelled()),
            Err(_) => Err(Stop::no_terminal()),
        }
    }

    /// Yes is only what says yes.
    pub async fn yes(&self) -> Result<bool> {
        let said = self.line(words::YES_NO).await?.to_lowercase();
        Ok(said == "y" || said == "yes")
    }

    async fn blocking<T: Send + 'static>(&self, read: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        tokio::select! {
            read = tokio::task::spawn_blocking(read) => read.map_err(Stop::bug),
            () = self.interrupt.pressed() => Err(Stop::interrupted()),
        }
    }
}

fn trouble(what: &str, todo: &str) {
    out::say(&format!("{}\n{todo}", out::strong(what, &io::stderr())));
}
