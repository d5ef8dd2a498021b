//! Setting a password with a session.

use super::*;

/// bcrypt reads no more, in bytes; the server fails on a longer one without saying why.
const LONGEST: usize = 72;

/// What became of a new password.
pub(super) enum Setting {
    /// In force; the server has ended the account's other sessions.
    Done,
    Weak(Vec<WeakReason>),
    /// The account has a second factor that this session has not proven.
    LacksSecondFactor,
    /// The server mails a code to be sent along, which it has to be asked for.
    WantsCode,
    WrongCode,
}

/// What goes along with a new password.
#[derive(Default)]
pub(super) struct Along<'a> {
    pub current: Option<&'a Secret>,
    pub code: Option<&'a Secret>,
}

pub(super) async fn set_password(
    desk: &Desk,
    access: &Secret,
    new: &Secret,
    along: Along<'_>,
) -> Result<Setting> {
    if new.expose().len() > LONGEST {
        return Ok(Setting::Weak(vec![WeakReason::TooLong { max: fitting(new.expose()) }]));
    }
    let mut body = json!({ "password": new.expose() });
    if let Some(current) = along.current {
        body["current_password"] = json!(current.expose());
    }
    if let Some(code) = along.code {
        body["nonce"] = json!(code.expose());
    }
    let reply = desk.http.send(Call::put(desk.url("user")?, body).bearer(access).changes()).await?;
    match code_of(&reply).as_deref() {
        _ if reply.is_success() => reply.json::<wire::User>().map(|_| Setting::Done),
        Some("weak_password") => Ok(Setting::Weak(weak(&reply, new.expose())?)),
        Some("same_password") => Ok(Setting::Weak(vec![WeakReason::SameAsCurrent])),
        Some("insufficient_aal") => Ok(Setting::LacksSecondFactor),
        Some("reauthentication_needed") => Ok(Setting::WantsCode),
        Some("reauthentication_not_valid") => Ok(Setting::WrongCode),
        // The account belongs to somebody else's sign-in: there is no password to set.
        Some("user_sso_managed") => Err(ErrorKind::Refused.into()),
        _ => Err(failure(&reply)),
    }
}

/// The server says what is missing only in words for people: the rest is read off the password itself.
fn weak(reply: &Reply, password: &str) -> Result<Vec<WeakReason>> {
    let reasons = reply.json::<wire::Failure>()?.weak_password.map(|weak| weak.reasons).unwrap_or_default();
    let mut told = Vec::new();
    for reason in &reasons {
        match reason.as_str() {
            "length" => told.push(WeakReason::TooShort { min: at_least(password) }),
            "characters" => told.extend(missing(password)),
            "pwned" => told.push(WeakReason::Common),
            _ => told.push(WeakReason::Guessable),
        }
    }
    if told.is_empty() {
        told.push(WeakReason::Guessable);
    }
    Ok(told)
}

/// One more than it has, and never less than the app itself asks for.
fn at_least(password: &str) -> u16 {
    let more = u16::try_from(password.chars().count()).unwrap_or(u16::MAX).saturating_add(1);
    more.max(PasswordRules::FLOOR.min_length)
}

/// The kinds of characters that it has none of; one of them is what the server wants.
fn missing(password: &str) -> Vec<WeakReason> {
    let has = |kind: fn(&char) -> bool| password.chars().any(|c| kind(&c));
    let kinds = [
        (has(char::is_ascii_lowercase), WeakReason::NeedsLowercase),
        (has(char::is_ascii_uppercase), WeakReason::NeedsUppercase),
        (has(char::is_ascii_digit), WeakReason::NeedsDigit),
        (has(char::is_ascii_punctuation), WeakReason::NeedsSymbol),
    ];
    kinds.into_iter().filter(|(has, _)| !has).map(|(_, reason)| reason).collect()
}

/// How many of its characters the server could take.
fn fitting(password: &str) -> u16 {
    let ends = password.char_indices().map(|(at, c)| at + c.len_utf8());
    u16::try_from(ends.take_while(|end| *end <= LONGEST).count()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_that_are_missing_are_named() {
        use WeakReason::{NeedsDigit, NeedsLowercase, NeedsSymbol, NeedsUppercase};
        assert_eq!(missing("onlysmall"), [NeedsUppercase, NeedsDigit, NeedsSymbol]);
        assert_eq!(missing("ДЛИННЫЙ7!"), [NeedsLowercase, NeedsUppercase]);
        assert_eq!(missing("aB3$"), []);
    }

    #[test]
    fn what_fits_is_counted_in_characters() {
        assert_eq!(fitting(&"я".repeat(50)), 36);
        assert_eq!(fitting(&"a".repeat(80)), 72);
    }

    #[test]
    fn a_password_that_is_too_short_needs_at_least_one_more() {
        assert_eq!(at_least("short"), 8);
        assert_eq!(at_least("ten-letter"), 11);
    }
}
