//! Accounts that leave, and earlier states of the vault, which bring back what went missing.

use accounts::store::StoreKind;
use accounts::store::vault::EarlierState;
use accounts::{AccountState, signed_in};
use serde_json::{Value, json};

use super::{Run, value};
use crate::args::{Earlier, Remove};
use crate::find;
use crate::out::{plain, table};
use crate::place::Need;
use crate::stop::{Exit, Result, Stop};
use crate::talk::json::seconds;
use crate::words;

impl Run {
    pub(super) async fn remove(&mut self, Remove { account, yes }: Remove) -> Result<()> {
        let deps = self.open(Need::Write).await?;
        let account = find::account(&deps, &account)?;
        let kind = deps.store.kind();
        if !yes && !self.talk.may_remove(&account, kind).await? {
            return Err(Stop::cancelled());
        }
        // The server is told if it can be; that it cannot be reached must not keep anybody here.
        let told = async {
            let provider = self.place.providers.get(&account.server).await?;
            signed_in::sign_out(&deps, &provider, &account).await
        };
        let signed_out = match account.state {
            AccountState::SignedIn { .. } => told.await.inspect_err(|error| {
                tracing::info!(%error, "removed without telling the server");
            }),
            _ => Ok(()),
        };
        signed_in::remove(&deps, &account).await?;
        let done = json!({ "removed": true, "signed_out": signed_out.is_ok(), "account": value(&account) });
        self.talk.done(done, &words::removed(&plain(&account.name), signed_out.is_ok(), kind))
    }

    pub(super) async fn earlier(&mut self, Earlier { restore }: Earlier) -> Result<()> {
        if self.chosen()? != StoreKind::Vault {
            return Err(Stop::new(Exit::Store, "no_vault", words::NO_EARLIER));
        }
        // The list folds the journal in, so that what went missing just now is in it.
        let deps = self.open(Need::Write).await?;
        let states = self.place.home.vault().earlier_states().await?;
        let Some(id) = restore else {
            if states.is_empty() {
                self.talk.note(words::NO_STATES);
            }
            let rows: Vec<Vec<String>> = states.iter().map(row).collect();
            let values: Vec<Value> = states.iter().map(state).collect();
            return self.talk.done(json!({ "states": values }), &table(&rows));
        };
        if !states.iter().any(|state| state.id == id) {
            return Err(Stop::new(Exit::Nothing, "no_state", words::NO_STATE));
        }
        let undo = self.place.home.vault().restore(&id).await?;
        let count = deps.accounts.list()?.len();
        let done = json!({ "restored": id, "accounts": count, "undo": undo });
        self.talk.done(done, &words::restored(count, &undo))
    }
}

fn row(state: &EarlierState) -> Vec<String> {
    let names = |names: &[String]| names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ");
    let effect = words::effect(&names(&state.back), &names(&state.gone), &names(&state.differ));
    vec![state.id.clone(), words::day(state.saved_at), words::accounts(state.accounts), effect]
}

fn state(state: &EarlierState) -> Value {
    json!({
        "id": state.id, "saved_at": seconds(state.saved_at), "accounts": state.accounts,
        "back": state.back, "gone": state.gone, "differ": state.differ,
    })
}
