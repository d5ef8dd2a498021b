//! Making a vault, as the window does: a password that is no guess, a recovery key on paper, and only then the vault.

use std::time::{Duration, Instant};

use accounts::Secret;
use accounts::clock::{Random as _, SystemRandom};
use accounts::provider::{PasswordRules, WeakReason};
use accounts::store::vault::{Kdf, RecoveryKey};
use accounts::strength::{Context, measure};

use crate::place::Place;
use crate::stop::{Result, Stop};
use crate::talk::{Talk, VaultProblem};
use crate::words;

/// For a master password.
const RULES: PasswordRules = PasswordRules::between(12, 256);

pub async fn make(place: &Place, talk: &mut Talk) -> Result<()> {
    let password = password(talk).await?;
    let key = place.home.vault().new_recovery_key();
    // Never the first: the person is told which one stands before it. The last is the check, and short.
    let ask = 1 + SystemRandom.below(7) as usize;
    let mut problem = None;
    loop {
        let typed = talk.recovery_key(&key.groups(), ask, problem.as_ref()).await?;
        if is_group(&key, ask, &typed) {
            break;
        }
        problem = Some(VaultProblem::WrongGroup);
    }
    talk.note(words::MAKING_VAULT);
    place.home.vault().create(password, calibrated().await?, key).await?;
    talk.note(words::VAULT_MADE);
    Ok(())
}

async fn password(talk: &mut Talk) -> Result<Secret> {
    let mut problem = None;
    loop {
        let (password, repeat) = talk.new_vault_password(problem.as_ref()).await?;
        let mut weak = measure(&password, RULES, &Context::default()).weak();
        // Nobody's name and no site belong to a vault.
        weak.retain(|rule| !matches!(rule, WeakReason::ContainsIdentifier | WeakReason::ContainsServer));
        if !weak.is_empty() {
            problem = Some(VaultProblem::Weak(weak));
        } else if password != repeat {
            problem = Some(VaultProblem::Mismatch);
        } else {
            return Ok(password);
        }
    }
}

/// Letters that look alike count as the same, as they do in the whole key.
fn is_group(key: &RecoveryKey, ask: usize, typed: &Secret) -> bool {
    let same = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let typed: String = typed.expose().chars().filter(|c| c.is_alphanumeric()).map(same).collect();
    key.groups().get(ask).is_some_and(|asked| *asked == typed)
}

/// What a password's key costs on this computer. Takes a second or two.
async fn calibrated() -> Result<Kdf> {
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
    tokio::task::spawn_blocking(work).await.map_err(Stop::bug)
}
