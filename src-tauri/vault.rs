//! The vault's door: making a vault, its keys, opening it, and what may be done while it is locked.

use std::time::{Duration, Instant, SystemTime};

use accounts::provider::{PasswordRules, WeakReason as Weak};
use accounts::store::vault::{Kdf, Opened, RecoveryKey, VaultKey};
use accounts::strength::{self, Context, Strength as Measured};
use accounts::{ErrorKind, Secret};

use crate::app::App;
use crate::health::LookedUp;
use crate::view::*;
use crate::view_from::{seconds, span};

/// For a master password.
const RULES: PasswordRules = PasswordRules::between(12, 256);

/// What is remembered between two steps at the door; nothing of it survives a lock.
#[derive(Default)]
pub struct Door {
    tries: Tries,
    begun: Option<Begun>,
    /// Opened by recovery key: the password may be set without knowing the old one.
    forgotten: bool,
    pub(crate) locked_at: Option<SystemTime>,
    /// The last password that was made while locked.
    pub(crate) made: Option<Secret>,
    /// What known leaks said of the passwords that were looked up.
    pub(crate) looked_up: LookedUp,
}

/// A vault, or a new recovery key, before its key was typed back.
#[derive(Clone)]
struct Begun {
    password: Secret,
    key: RecoveryKey,
    ask: u8,
}

impl Door {
    pub(crate) fn forget(&mut self) {
        *self = Self { tries: self.tries, locked_at: self.locked_at, ..Self::default() };
    }
}

/// Wrong passwords: 5 are free, then each costs 1, 2, 4 … 60 s. Nothing is ever wiped.
#[derive(Debug, Clone, Copy, Default)]
struct Tries {
    wrong: u32,
    until: Option<SystemTime>,
}

impl Tries {
    const FREE: u32 = 5;
    const LONGEST: u64 = 60;

    fn wrong(&mut self, now: SystemTime) {
        self.wrong += 1;
        if let Some(paid) = self.wrong.checked_sub(Self::FREE + 1) {
            let wait = 1_u64.checked_shl(paid).unwrap_or(u64::MAX).min(Self::LONGEST);
            self.until = Some(now + Duration::from_secs(wait));
        }
    }

    fn wait(&self, now: SystemTime) -> Option<Duration> {
        // A clock that was set back must not make it longer than it ever is.
        let left = self.until?.duration_since(now).ok()?.min(Duration::from_secs(Self::LONGEST));
        (left > Duration::ZERO).then_some(left)
    }
}

impl App {
    pub async fn vault_state(&self) -> VaultView {
        let exists = self.vault.exists().unwrap_or_else(|error| {
            tracing::warn!(%error, "whether there is a vault cannot be seen");
            true
        });
        let open = self.vault.is_open();
        let made = match self.vault.made().await {
            Ok(made) => made.len(),
            Err(_) => self.vault.waiting_outside(),
        };
        let door = self.door();
        VaultView {
            exists,
            open,
            locked_at: door.locked_at.filter(|_| !open).map(seconds),
            on_this_computer: self.vault.has_keychain_key(),
            made: u32::try_from(made).unwrap_or(u32::MAX),
            wait: door.tries.wait(self.clock.now()).map(span),
        }
    }

    pub fn check_vault_password(&self, password: &Secret) -> Strength {
        measure(password).into()
    }

    /// The first step: the password is judged, and a recovery key made. Nothing is written yet.
    pub fn begin_vault(&self, password: String, repeat: String) -> Result<VaultBegun, ErrorView> {
        self.is_open_to_changes()?;
        if self.vault.exists()? {
            // Neither the password nor the key that would be shown could open that one.
            return Err(ErrorView::Refused);
        }
        let (password, repeat) = (Secret::new(password), Secret::new(repeat));
        if let Some(problem) = judged(&password, &repeat) {
            return Ok(problem);
        }
        Ok(self.show_key(password))
    }

    fn show_key(&self, password: Secret) -> VaultBegun {
        let key = self.vault.new_recovery_key();
        let groups = key.groups().to_vec();
        // Never the first: the person is told which one stands before it. The last is the check, and short.
        let ask = 1 + u8::try_from(self.random().below(7)).unwrap_or_default();
        self.door().begun = Some(Begun { password, key, ask });
        VaultBegun::Key { groups, ask }
    }

    pub async fn copy_vault_key(&self) -> Result<Copied, ErrorView> {
        let begun = self.begun_so_far()?;
        self.copy(Secret::new(begun.key.groups().join("-"))).await
    }

    pub fn cancel_vault(&self) {
        self.door().begun = None;
    }

    /// The last step: the vault is made, and everything moves into it. Can be called again after an error.
    pub async fn finish_vault(&self, group: &str, here: bool) -> Result<VaultFinished, ErrorView> {
        self.is_open_to_changes()?;
        let begun = self.begun_so_far()?;
        if !begun.was_typed(group) {
            return Ok(VaultFinished::WrongGroup);
        }
        // Made by an earlier try, it stays: what is begun is forgotten by a lock, and never begun beside a vault.
        if !self.vault.is_open() {
            let kdf = calibrated().await?;
            self.vault.create(begun.password.clone(), kdf, begun.key.clone()).await?;
        }
        if self.is_locked() {
            // The window has locked while the vault was being made, and could not shut what was not there.
            self.vault.lock().await;
            return Err(ErrorView::Locked);
        }
        if here && !self.vault.has_keychain_key() {
            self.put_key_into_keychain().await?;
        }
        let from = self.settings().store;
        let moved = self.choose_store(StoreKind::Vault).await?.moved;
        self.cancel_vault();
        let none = Moved { from, to: StoreKind::Vault, accounts: 0, passwords: 0 };
        Ok(VaultFinished::Made { moved: moved.unwrap_or(none) })
    }

    pub async fn unlock_vault(&self, form: UnlockForm, older: bool) -> Result<Unlocked, ErrorView> {
        if self.is_locked() && self.settings().store != StoreKind::Vault {
            return Err(ErrorView::Locked);
        }
        if let Some(wait) = self.door().tries.wait(self.clock.now()) {
            return Ok(Unlocked::Wrong { wait: Some(span(wait)) });
        }
        let (opened, forgotten, password) = match form {
            UnlockForm::Password { password } => {
                let password = Secret::new(password);
                let key = VaultKey::Password(password.clone());
                (self.vault.open(key, older).await?, false, Some(password))
            }
            UnlockForm::RecoveryKey { key } => match RecoveryKey::parse(Secret::new(key).expose()) {
                Ok(key) => (self.vault.open(VaultKey::Recovery(key), older).await?, true, None),
                Err(_) => return Ok(Unlocked::NotAKey),
            },
            UnlockForm::Keychain => (self.home.open_with_keychain(older, true).await?, false, None),
        };
        let torn = match opened {
            Opened::Open { torn } => torn,
            Opened::WrongKey => {
                let now = self.clock.now();
                let mut door = self.door();
                door.tries.wrong(now);
                return Ok(Unlocked::Wrong { wait: door.tries.wait(now).map(span) });
            }
        };
        *self.door() = Door { forgotten, ..Door::default() };
        self.let_in();
        if let Some(password) = password {
            self.strengthen(password).await;
        }
        self.tidy_up().await;
        Ok(Unlocked::Open {
            vault: self.vault_state().await,
            store: self.store_state().await,
            in_the_air: self.in_the_air(),
            forgotten,
            torn,
        })
    }

    /// A slot that costs less than it should by now is wrapped again.
    async fn strengthen(&self, password: Secret) {
        if !self.vault.has_weak_password().await.unwrap_or(false) {
            return;
        }
        tracing::warn!("the vault's password was wrapped too cheaply, and is wrapped again");
        let wrapped = match calibrated().await {
            Ok(kdf) => self.vault.set_password(password, kdf).await.map_err(ErrorView::from),
            Err(error) => Err(error),
        };
        if let Err(error) = wrapped {
            tracing::warn!(?error, "the vault's password could not be wrapped again");
        }
    }

    /// `current` may be left out after the recovery key has opened the vault, and then alone.
    pub async fn set_vault_password(
        &self,
        current: Option<String>,
        password: String,
        repeat: String,
    ) -> Result<PasswordSet, ErrorView> {
        self.is_open_to_changes()?;
        let (password, repeat) = (Secret::new(password), Secret::new(repeat));
        let forgotten = self.door().forgotten;
        let allowed = match current {
            Some(current) => self.knows(Secret::new(current)).await?,
            None => forgotten,
        };
        if !allowed {
            return Ok(PasswordSet::WrongCurrent);
        }
        match judged(&password, &repeat) {
            Some(VaultBegun::WeakPassword { reasons }) => return Ok(PasswordSet::WeakPassword { reasons }),
            Some(_) => return Ok(PasswordSet::Mismatch),
            None => {}
        }
        self.vault.set_password(password, calibrated().await?).await?;
        self.door().forgotten = false;
        Ok(PasswordSet::Set)
    }

    pub async fn new_vault_key(&self, current: String) -> Result<VaultBegun, ErrorView> {
        self.is_open_to_changes()?;
        let current = Secret::new(current);
        if !self.knows(current.clone()).await? {
            return Err(ErrorView::WrongCurrent);
        }
        Ok(self.show_key(current))
    }

    /// Puts the new recovery key in the place of the old one. Everything gets a new data key: whoever saw the old paper
    /// opens nothing that is written from now on.
    pub async fn confirm_vault_key(&self, group: &str) -> Result<bool, ErrorView> {
        self.is_open_to_changes()?;
        let begun = self.begun_so_far()?;
        if !begun.was_typed(group) {
            return Ok(false);
        }
        let here = self.vault.has_keychain_key();
        self.vault.set_recovery_key(begun.key.clone()).await?;
        self.vault.keep_only(begun.password, Some(begun.key), calibrated().await?).await?;
        if here {
            self.put_key_into_keychain().await?;
        }
        self.cancel_vault();
        Ok(true)
    }

    pub async fn open_on_this_computer(&self, on: bool) -> Result<VaultView, ErrorView> {
        self.is_open_to_changes()?;
        if on {
            self.put_key_into_keychain().await?;
        } else {
            self.home.keep_keychain_out().await?;
        }
        Ok(self.vault_state().await)
    }

    async fn put_key_into_keychain(&self) -> Result<(), ErrorView> {
        Ok(self.home.let_keychain_open().await?)
    }

    /// Whether that is the vault's password; guessing it here takes as long as guessing it at the door.
    async fn knows(&self, current: Secret) -> Result<bool, ErrorView> {
        if let Some(wait) = self.door().tries.wait(self.clock.now()) {
            return Err(ErrorKind::RateLimited { wait: Some(wait) }.into());
        }
        let right = self.vault.opens_with(VaultKey::Password(current)).await?;
        let mut door = self.door();
        if right {
            door.tries = Tries::default();
        } else {
            door.tries.wrong(self.clock.now());
        }
        Ok(right)
    }

    fn is_open_to_changes(&self) -> Result<(), ErrorView> {
        if self.is_locked() { Err(ErrorView::Locked) } else { Ok(()) }
    }

    fn begun_so_far(&self) -> Result<Begun, ErrorView> {
        self.door().begun.clone().ok_or(ErrorView::Gone)
    }
}

impl Begun {
    fn was_typed(&self, group: &str) -> bool {
        let same = |c: char| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let typed: String = group.chars().filter(|c| c.is_alphanumeric()).map(same).collect();
        self.key.groups().get(usize::from(self.ask)).is_some_and(|asked| *asked == typed)
    }
}

fn measure(password: &Secret) -> Measured {
    let mut measured = strength::measure(password, RULES, &Context::default());
    // Nobody's name and no site belong to a vault.
    measured.rules.retain(|(rule, _)| !matches!(rule, Weak::ContainsIdentifier | Weak::ContainsServer));
    measured
}

fn judged(password: &Secret, repeat: &Secret) -> Option<VaultBegun> {
    if password != repeat {
        return Some(VaultBegun::Mismatch);
    }
    let reasons: Vec<_> = measure(password).weak().into_iter().map(WeakReason::from).collect();
    (!reasons.is_empty()).then_some(VaultBegun::WeakPassword { reasons })
}

/// What a password's key costs on this computer. Takes a second or two.
async fn calibrated() -> Result<Kdf, ErrorView> {
    let work = || {
        let only = sysinfo::MemoryRefreshKind::nothing().with_ram();
        let system = sysinfo::System::new_with_specifics(sysinfo::RefreshKind::nothing().with_memory(only));
        // Where the memory cannot be told, the least is taken.
        let memory = system.map_or(0, |system| system.total_memory());
        Kdf::calibrate(memory, |kdf| {
            #[expect(clippy::disallowed_methods, reason = "how long it takes is what is measured")]
            let start = Instant::now();
            // A cost that the computer refuses is too much for it.
            kdf.try_out().map_or(Duration::MAX, |()| start.elapsed())
        })
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "the cost of a password's key could not be measured");
        ErrorView::Bug
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn five_wrong_passwords_are_free_and_then_each_costs_more() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let mut tries = Tries::default();
        let waits: Vec<u64> = (0..14)
            .map(|_| {
                tries.wrong(now);
                tries.wait(now).unwrap_or_default().as_secs()
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(tries.wait(now + Duration::from_secs(60)), None);
        // Set back by a day: not longer than ever.
        let earlier = now - Duration::from_secs(86_400);
        assert_eq!(tries.wait(earlier), Some(Duration::from_secs(60)));
        tries.wrong = u32::MAX - 1;
        tries.wrong(now);
        assert_eq!(tries.wait(now), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_master_password_has_rules() {
        let judge = |text: &str| judged(&Secret::new(text), &Secret::new(text));
        assert!(judge("teapot gravel monday owl").is_none());
        assert!(matches!(judge("short-1-Gx"), Some(VaultBegun::WeakPassword { .. })));
        assert!(matches!(judge("password1234"), Some(VaultBegun::WeakPassword { .. })));
        let two = judged(&Secret::new("teapot gravel monday owl"), &Secret::new("teapot gravel monday"));
        assert!(matches!(two, Some(VaultBegun::Mismatch)));
    }
}
