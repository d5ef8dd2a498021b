//! Being signed in: an access token for two hours, renewed with another one for ninety days.

use super::*;

/// The two tokens, and the address of the account where the server tells it.
pub(super) fn session_of(
    grant: wire::Grant,
    previous: Option<String>,
    known: Option<String>,
) -> Result<Session> {
    let state = wire::SessionState { access: grant.access_jwt, refresh: grant.refresh_jwt, previous };
    session_with(&state, grant.email.or(known))
}

fn session_with(state: &wire::SessionState, address: Option<String>) -> Result<Session> {
    let text = serde_json::to_string(state).map_err(|_| Error::from(ErrorKind::Bug))?;
    Ok(Session::of(Secret::new(text), address))
}

fn state(session: &Session) -> Result<wire::SessionState> {
    // The source is left out: serde's messages quote the text, and the text is the token.
    serde_json::from_str(session.state().expose()).map_err(|_| ErrorKind::SignedOut.into())
}

/// Whether it still holds. The access token outlives a recovery and a sign-out until it must be renewed.
pub(super) async fn check(desk: &Desk, session: &mut Session) -> Result<()> {
    let state = state(session)?;
    match account(desk, &state).await? {
        Some(account) if account.email.is_some() && account.email != session.address => {
            *session = session_with(&state, account.email)?;
            Ok(())
        }
        Some(_) => Ok(()),
        None => renew(desk, session, state).await,
    }
}

/// The address of the account, to mail a code to.
pub(super) async fn own_address(desk: &Desk, session: &mut Session) -> Result<String> {
    let known = state(session)?;
    match account(desk, &known).await? {
        Some(account) => account.email.or_else(|| session.address.clone()),
        None => {
            // Renewed only where nothing else helps: should the mail then fail, the new tokens would be lost.
            if session.address.is_none() {
                renew(desk, session, known).await?;
            }
            session.address.clone()
        }
    }
    .ok_or_else(|| ErrorKind::NeedsMailbox.into())
}

/// Signs out. What has ended already is done.
pub(super) async fn end(desk: &Desk, session: &Session) -> Result<()> {
    let state = state(session)?;
    // The one before it could still be renewed for two hours after the last renewal.
    for refresh in [Some(state.refresh), state.previous].into_iter().flatten() {
        let refresh = Secret::new(refresh);
        let call = Call::post_empty(xrpc(desk, "deleteSession")?).bearer(&refresh);
        let reply = desk.http.send(call).await?;
        if !is_over(&reply) {
            success(&reply)?;
        }
    }
    Ok(())
}

/// Who the access token stands for; `None`: it is good no more.
async fn account(desk: &Desk, state: &wire::SessionState) -> Result<Option<wire::Account>> {
    let access = Secret::new(state.access.as_str());
    let reply = desk.http.send(Call::get(xrpc(desk, "getSession")?).bearer(&access)).await?;
    if is_over(&reply) { Ok(None) } else { success(&reply)?.json().map(Some) }
}

async fn renew(desk: &Desk, session: &mut Session, state: wire::SessionState) -> Result<()> {
    let refresh = Secret::new(state.refresh);
    let reply = desk.http.send(Call::post_empty(xrpc(desk, "refreshSession")?).bearer(&refresh)).await?;
    if is_over(&reply) {
        return Err(ErrorKind::SignedOut.into());
    }
    let grant: wire::Grant = success(&reply)?.json()?;
    *session = session_of(grant, Some(refresh.expose().to_owned()), session.address.clone())?;
    Ok(())
}

/// Whether the token that was shown is not, or no longer, one of this server's.
fn is_over(reply: &Reply) -> bool {
    matches!(
        (reply.status, error_name(reply).as_deref()),
        (400 | 401, Some("ExpiredToken" | "InvalidToken"))
            | (401, Some("AuthMissing" | "AuthenticationRequired"))
    )
}
