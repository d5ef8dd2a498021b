//! The authenticator that is kept with an account.

use accounts::authenticator::OneTimeCode;
use accounts::flow::Deps;
use accounts::store::parted;
use accounts::{AccountId, Authenticator, Secret};

use crate::app::App;
use crate::view::*;
use crate::view_from::{self, seconds};

impl App {
    pub async fn authenticator(&self, id: &str) -> Result<AuthenticatorView, ErrorView> {
        let (deps, account) = self.known(id)?;
        let (current, earlier) = parted(deps.store.authenticators(&account.id).await?);
        view_from::authenticator(current, earlier)
    }

    /// The code of this moment, for the person to see.
    pub async fn authenticator_code(&self, id: &str) -> Result<CodeNow, ErrorView> {
        let (deps, account) = self.known(id)?;
        let it = kept(&deps, &account.id).await?.ok_or(ErrorView::Gone)?;
        let now = deps.clock.now();
        let OneTimeCode { code, left } = it.code(now);
        let period = u16::try_from(it.period).unwrap_or(u16::MAX);
        Ok(CodeNow { code: code.expose().into(), valid_until: seconds(now + left), period })
    }

    pub async fn copy_authenticator_code(&self, id: &str) -> Result<Copied, ErrorView> {
        let (deps, account) = self.known(id)?;
        let code = code_now(&deps, &account.id).await?.ok_or(ErrorView::Gone)?;
        self.copy(code).await
    }

    /// It stays among the earlier ones.
    pub async fn remove_authenticator(&self, id: &str) -> Result<AuthenticatorView, ErrorView> {
        let (deps, account) = self.known(id)?;
        deps.store.remove_authenticator(&account.id, deps.clock.now()).await?;
        self.authenticator(id).await
    }

    /// Makes an earlier one the current one again. `place`, from 0, and `at` as the window was shown them.
    pub async fn restore_authenticator(
        &self,
        id: &str,
        place: u32,
        at: u32,
    ) -> Result<AuthenticatorView, ErrorView> {
        let (deps, account) = self.known(id)?;
        let earlier = deps.store.past_authenticators(&account.id).await?;
        let chosen = usize::try_from(place).ok().and_then(|place| earlier.get(place));
        let chosen = chosen.filter(|chosen| seconds(chosen.at) == at).ok_or(ErrorView::Gone)?;
        deps.store.save_authenticator(&account.id, &chosen.uri, deps.clock.now()).await?;
        self.authenticator(id).await
    }
}

/// The code of the account's authenticator, if it has one.
pub async fn code_now(deps: &Deps, account: &AccountId) -> Result<Option<Secret>, ErrorView> {
    Ok(kept(deps, account).await?.map(|it| it.code(deps.clock.now()).code))
}

async fn kept(deps: &Deps, account: &AccountId) -> Result<Option<Authenticator>, ErrorView> {
    let uri = deps.store.authenticator(account).await?;
    uri.map(|uri| Authenticator::parse(uri.expose()).map_err(|_| ErrorView::Unreadable)).transpose()
}
