//! Setting a password: a settings flow on a session that is fresh enough.

use super::*;

/// What became of a new password.
pub(super) enum Setting {
    /// In force. The session goes on, under this token where the server gave another.
    Done {
        token: Option<Secret>,
        address: Option<String>,
    },
    Weak(Vec<WeakReason>),
    /// The account has a second factor that this session has not proven.
    LacksSecondFactor,
}

/// Sets a password, in the flow that a recovery has begun or in a new one.
pub(super) async fn set_password(
    desk: &Desk,
    token: &Secret,
    flow: Option<&str>,
    new: &Secret,
) -> Result<Setting> {
    if let Some(flow) = flow {
        let reply = submit_password(desk, token, flow, new).await?;
        // It runs out while the person thinks of a password; then nothing was changed, and a new one does.
        if !matches!(reply.status, 303 | 404 | 410) {
            return setting(&reply);
        }
    }
    let reply = get(desk, "self-service/settings/api", Some(token)).await?;
    if lacks_second_factor(&reply) {
        return Ok(Setting::LacksSecondFactor);
    }
    let flow: wire::Flow = success(&reply)?.json()?;
    setting(&submit_password(desk, token, &flow.id, new).await?)
}

async fn submit_password(desk: &Desk, token: &Secret, flow: &str, new: &Secret) -> Result<Reply> {
    let body = json!({ "method": "password", "password": new.expose() });
    let call = Call::post(flow_url(desk, "self-service/settings", flow)?, body).changes();
    desk.http.send(with(call, Some(token))).await
}

fn setting(reply: &Reply) -> Result<Setting> {
    if lacks_second_factor(reply) {
        return Ok(Setting::LacksSecondFactor);
    }
    if reply.status == 400 {
        let reasons = weak(reply)?;
        return if reasons.is_empty() { Err(reply.broken_promise()) } else { Ok(Setting::Weak(reasons)) };
    }
    let flow: wire::Flow = success(reply)?.json()?;
    let token = flow.session_token().map(Secret::new);
    Ok(Setting::Done { token, address: flow.identity.and_then(|identity| identity.address()) })
}

/// Ends all sessions but this one: a password that is set leaves them standing, unless the server's owner chose
/// otherwise. The password is in force whatever comes of it.
pub(super) async fn end_others(desk: &Desk, token: &Secret) -> Option<u32> {
    let ended = async {
        let reply = desk.http.send(with(Call::delete(desk.url("sessions")?), Some(token))).await?;
        Ok::<_, Error>(success(&reply)?.json::<wire::Count>()?.count)
    };
    ended.await.inspect_err(|error| tracing::warn!(%error, "other sessions were left standing")).ok()
}

fn weak(reply: &Reply) -> Result<Vec<WeakReason>> {
    let flow: wire::Flow = reply.json()?;
    let bound = |text: &wire::Text, name: &str| {
        let value = text.context.as_ref()?.get(name)?.as_u64()?;
        Some(u16::try_from(value).unwrap_or(u16::MAX))
    };
    let reason = |text: &wire::Text| match text.id {
        text::TOO_SHORT => {
            bound(text, "min_length").map_or(WeakReason::Guessable, |min| WeakReason::TooShort { min })
        }
        text::TOO_LONG => {
            bound(text, "max_length").map_or(WeakReason::Guessable, |max| WeakReason::TooLong { max })
        }
        text::BREACHED => WeakReason::Common,
        text::LIKE_THE_IDENTIFIER => WeakReason::ContainsIdentifier,
        text::SAME_AS_BEFORE => WeakReason::SameAsCurrent,
        _ => WeakReason::Guessable,
    };
    Ok(flow.errors().map(reason).collect())
}
