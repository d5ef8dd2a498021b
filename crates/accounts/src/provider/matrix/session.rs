//! Calls of somebody who is signed in; sessions are called devices there.

use std::time::UNIX_EPOCH;

use super::*;

/// A call with the session's token; a token that has run out is renewed once.
pub(super) async fn signed_in<'a>(
    desk: &Desk,
    session: &mut Session,
    call: impl Fn() -> Call<'a>,
) -> Result<Reply> {
    let known = state(session)?;
    let access = Secret::new(known.access.clone());
    let reply = desk.http.send(call_with(&call, &access)).await?;
    if !is_dead(&reply) {
        return Ok(reply);
    }
    let Some(refresh) = &known.refresh else { return Err(ErrorKind::SignedOut.into()) };
    // An answer that is lost here loses nothing: the old token fits until the new one was used.
    let renewed = desk.post("_matrix/client/v3/refresh", json!({ "refresh_token": refresh })).await?;
    if matches!(renewed.status, 401 | 403) {
        return Err(ErrorKind::SignedOut.into());
    }
    let renewed: wire::Renewed = success(&renewed)?.json()?;
    let access = Secret::new(renewed.access_token.clone());
    let state = wire::SessionState {
        access: renewed.access_token,
        refresh: renewed.refresh_token.or_else(|| known.refresh.clone()),
        ..known
    };
    *session = Session::of(text(&state)?, session.address.clone());
    let reply = desk.http.send(call_with(&call, &access)).await?;
    if is_dead(&reply) { Err(ErrorKind::SignedOut.into()) } else { Ok(reply) }
}

/// The stages of a proof are a 401, too: the words tell them apart.
fn is_dead(reply: &Reply) -> bool {
    reply.status == 401 && matches!(errcode(reply).as_deref(), Some("M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN"))
}

/// Shortens the borrow of a call to that of its token.
fn call_with<'s, 'a: 's>(call: &impl Fn() -> Call<'a>, token: &'s Secret) -> Call<'s> {
    let call: Call<'s> = call();
    call.bearer(token)
}

pub(super) fn of(login: wire::Login) -> Result<Session> {
    let state = wire::SessionState {
        user: login.user_id,
        device: login.device_id,
        access: login.access_token,
        refresh: login.refresh_token,
    };
    Ok(Session::of(text(&state)?, None))
}

pub(super) fn state(session: &Session) -> Result<wire::SessionState> {
    // The source is left out: serde's messages quote the text, and the text is the token.
    serde_json::from_str(session.state().expose()).map_err(|_| ErrorKind::SignedOut.into())
}

fn text(state: &wire::SessionState) -> Result<Secret> {
    serde_json::to_string(state).map(Secret::new).map_err(|_| ErrorKind::Bug.into())
}

/// E-mail addresses of the account.
pub(super) async fn addresses(desk: &Desk, session: &mut Session) -> Result<Vec<String>> {
    let url = desk.url("_matrix/client/v3/account/3pid")?;
    let reply = signed_in(desk, session, || Call::get(url.clone())).await?;
    let list: wire::Addresses = success(&reply)?.json()?;
    let mails = list.threepids.into_iter().filter(|known| known.medium == "email");
    Ok(mails.map(|known| known.address).collect())
}

pub(super) async fn devices(desk: &Desk, session: &mut Session) -> Result<Vec<Device>> {
    let url = desk.url("_matrix/client/v3/devices")?;
    let reply = signed_in(desk, session, || Call::get(url.clone())).await?;
    let list: wire::Devices = success(&reply)?.json()?;
    let here = state(session)?.device;
    let now = desk.clock.now();
    let device = |info: wire::Device| {
        let current = info.device_id == here;
        let seen = info.last_seen_ts.map(|at| UNIX_EPOCH + Duration::from_millis(at));
        Device {
            name: info.display_name.unwrap_or_else(|| info.device_id.clone()),
            id: info.device_id,
            last_used: seen.or(current.then_some(now)),
            current,
            network: info.last_seen_ip,
        }
    };
    Ok(list.devices.into_iter().map(device).collect())
}

pub(super) async fn sign_out(desk: &Desk, session: &mut Session) -> Result<Option<u32>> {
    let url = desk.url("_matrix/client/v3/logout")?;
    match signed_in(desk, session, || Call::post(url.clone(), json!({}))).await {
        // Signing out of a session that has ended is done already.
        Err(error) if error.kind() == ErrorKind::SignedOut => Ok(None),
        reply => success(&reply?).map(|_| None),
    }
}

/// The server does not say whether there was such a session.
pub(super) async fn end_one(
    desk: &Desk,
    session: &mut Session,
    id: &str,
    proof: Option<&Secret>,
) -> Result<Option<u32>> {
    let mut url = desk.url("_matrix/client/v3/devices")?;
    url.path_segments_mut().map_err(|()| Error::from(ErrorKind::Bug))?.push(id);
    let body = with_proof(json!({}), session, proof)?;
    let reply = signed_in(desk, session, || Call::delete_with(url.clone(), body.clone())).await?;
    proven(&reply).map(|_| None)
}

pub(super) async fn end_others(
    desk: &Desk,
    session: &mut Session,
    proof: Option<&Secret>,
) -> Result<Option<u32>> {
    let others = devices(desk, session).await?.into_iter().filter(|device| !device.current);
    let others: Vec<String> = others.map(|device| device.id).collect();
    let count = u32::try_from(others.len()).ok();
    if others.is_empty() {
        return Ok(count);
    }
    let url = desk.url("_matrix/client/v3/delete_devices")?;
    let body = with_proof(json!({ "devices": others }), session, proof)?;
    let reply = signed_in(desk, session, || Call::post(url.clone(), body.clone())).await?;
    proven(&reply).map(|_| count)
}

fn with_proof(mut body: Value, session: &Session, proof: Option<&Secret>) -> Result<Value> {
    if let Some(password) = proof {
        body["auth"] = password_stage(&state(session)?.user, password);
    }
    Ok(body)
}

/// A wrong proof and none at all are the same to the person: the password is asked for.
fn proven(reply: &Reply) -> Result<&Reply> {
    match wants_password(reply) {
        Some(wanted) => wanted.and(Err(ErrorKind::ProveAgain.into())),
        None => success(reply),
    }
}
