use super::counted::{looked_at, take};
use super::extract::{Body, Caller, device};
use super::problem::{Problem, ProblemDetails};
use super::sessions::{Signed, fresh_tokens};
use crate::audit::{Entry, Event};
use crate::hash::HashError;
use crate::identifier::Identifier;
use crate::limits::Limit;
use crate::mail::{Letter, Matter};
use crate::meters::SignedIn;
use crate::storage::{Account, MadeBy, Marks, Opened, Opening, SealedMail, Session, SignInTicket, Trace};
use crate::{App, mask, pairing, password, token};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Seconds a right password waits for its second factor.
pub(super) const TICKET_LIFE: i64 = 300;
/// A notice that could not be sent for this long is given up, seconds.
pub(crate) const NOTICE_LIFE: i64 = 86_400;

#[derive(Deserialize, ToSchema)]
pub(super) struct SignIn {
    /// An identifier or the account's address.
    identifier: String,
    #[schema(value_type = String)]
    password: Zeroizing<String>,
    /// What the device calls itself, such as "Regain on Linux"; cut to 80 characters.
    device: String,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum SignInAnswer {
    SignedIn {
        #[serde(flatten)]
        signed: Signed,
    },
    SecondFactor {
        ticket: String,
        ways: [&'static str; 2],
        expires_in: i64,
    },
}

/// Sign in with a password.
#[utoipa::path(post, path = "/v1/sign-in", request_body = SignIn, responses(
    (status = 200, body = SignInAnswer),
    (status = 401, description = "`wrong_credentials`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(super) async fn sign_in(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<SignIn>,
) -> Result<Json<SignInAnswer>, Problem> {
    let checked = check(&app, &caller, &ask.identifier, &ask.password, device(&ask.device)).await?;
    if checked.account.totp_secret.is_some() {
        return Ok(Json(SignInAnswer::SecondFactor {
            ticket: ask_second_factor(&app, checked).await?,
            ways: ["totp", "recovery_code"],
            expires_in: TICKET_LIFE,
        }));
    }
    let (opening, signed) = checked.open(&app, &caller);
    enter(&app, &opening).await?;
    Ok(Json(SignInAnswer::SignedIn { signed }))
}

/// Somebody whose name and password were right.
pub(super) struct Checked {
    pub(super) account: Account,
    device: String,
    /// It was signed in with before, from this network.
    is_known: bool,
    /// What the attempt was counted under: whoever goes on has it forgiven in the same transaction.
    spent: Vec<Limit>,
}

impl Checked {
    /// A session for the account.
    pub(super) fn open(self, app: &App, caller: &Caller) -> (Opening, Signed) {
        let Self { account, device, is_known, spent } = self;
        let start = Start { is_known, forgives: spent, ..Start::new(device, MadeBy::Password) };
        open(app, &account, start, caller)
    }
}

/// Whose name and password these are.
pub(super) async fn check(
    app: &App,
    caller: &Caller,
    identifier: &str,
    typed: &str,
    device: String,
) -> Result<Checked, Problem> {
    let checked = check_uncounted(app, caller, identifier, typed, device).await;
    app.meters().sign_in(match &checked {
        Ok(checked) if checked.account.totp_secret.is_some() => SignedIn::SecondFactor,
        Ok(_) => SignedIn::Ok,
        Err(Problem::RateLimited { .. }) => SignedIn::RateLimited,
        Err(Problem::Busy) => SignedIn::Busy,
        Err(Problem::Internal) => SignedIn::Failed,
        Err(_) => SignedIn::Wrong,
    });
    checked
}

async fn check_uncounted(
    app: &App,
    caller: &Caller,
    identifier: &str,
    typed: &str,
    device: String,
) -> Result<Checked, Problem> {
    let name = Identifier::read(identifier).ok_or(Problem::BadIdentifier)?;
    let marks = |owner: &str| marks(app, owner, &device, caller.network.as_deref());
    let (account, known) = app.storage().account_and_marks(name.as_str(), &marks).await?;

    let limits = app.limits();
    let mut rules =
        vec![limits.sign_ins_from(&caller.line), limits.passwords_from(name.as_str(), &caller.line)];
    // Who guesses from elsewhere must not lock the owner out at home.
    if !known.network {
        rules.push(limits.passwords(name.as_str()));
    }
    take(app, &rules).await?;

    let typed = password::normal(typed);
    let stored = account.as_ref().map(|account| account.password_hash.as_str());
    let stored = stored.filter(|_| password::is_plausible(&typed));
    let guess = if password::is_plausible(&typed) { typed.as_str() } else { "" };
    let verdict = app.hasher().verify(guess, stored).await.map_err(Problem::from);
    let verdict = looked_at(app, &rules, verdict).await?;
    let Some(account) = account.filter(|_| verdict.fits) else {
        let entry = app.entry(Event::SignIn, "wrong", None, caller.network.as_deref());
        app.storage().write_audit(&entry).await?;
        return Err(Problem::WrongCredentials);
    };
    if verdict.outdated {
        let salt = crate::rng::bytes(app.random());
        match app.hasher().hash(&typed, salt).await {
            Ok(new) => app.storage().rehash(&account.id, &account.password_hash, &new).await?,
            // Another time: the person is not to wait for it.
            Err(HashError::Busy) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // The address goes on being counted.
    let spent = rules.split_off(1);
    Ok(Checked { account, device, is_known: known.device, spent })
}

/// Opens the session; a password that was changed since it was checked is a wrong one by now.
pub(super) async fn enter(app: &App, opening: &Opening) -> Result<(), Problem> {
    match app.storage().open_session(opening).await? {
        Opened::Refused => {
            let entry = Entry { result: "wrong".to_owned(), ..opening.trace.audit.clone() };
            app.storage().write_audit(&entry).await?;
            return Err(Problem::WrongCredentials);
        }
        Opened::Known => {}
        Opened::New => app.bell().ring(),
    }
    Ok(())
}

/// A ticket for the second factor of the account.
pub(super) async fn ask_second_factor(app: &App, checked: Checked) -> Result<String, Problem> {
    let Checked { account, device, spent, .. } = checked;
    let ticket = token::opaque(app.random());
    let waiting = SignInTicket { account_id: account.id.clone(), device };
    let until = app.clock().now() + TICKET_LIFE;
    let version = account.password_version;
    if !app.storage().add_ticket(&token::hash(&ticket), &waiting, version, until, &spent).await? {
        return Err(Problem::WrongCredentials);
    }
    Ok(ticket)
}

/// What a session is begun with.
pub(super) struct Start {
    pub(super) device: String,
    /// The account remembers it, with its network.
    pub(super) is_known: bool,
    pub(super) made_by: MadeBy,
    /// The key it is bound to.
    pub(super) jkt: Option<String>,
    /// What was counted on the way.
    pub(super) forgives: Vec<Limit>,
}

impl Start {
    /// On a device that may be new, with nothing more to say of it.
    pub(super) fn new(device: String, made_by: MadeBy) -> Self {
        Self { device, is_known: false, made_by, jkt: None, forgives: Vec::new() }
    }
}

/// A session for `account`: with a notice in case its device or network is new, if its owner opens it; one that another device
/// let in is weak for a day, and its notice is up to the caller.
pub(super) fn open(app: &App, account: &Account, start: Start, caller: &Caller) -> (Opening, Signed) {
    let Start { device, is_known, made_by, jkt, forgives } = start;
    let now = app.clock().now();
    let by_owner = matches!(made_by, MadeBy::Password | MadeBy::Passkey);
    let (tokens, secrets) = fresh_tokens(app);
    let session = Session {
        id: token::id(app.random()),
        account_id: account.id.clone(),
        device,
        network: caller.network.clone(),
        created_at: now,
        last_used_at: now,
        ends_at: now + super::sessions::SESSION_LIFE,
        made_by,
        weak_until: if by_owner { 0 } else { now + pairing::WEAK },
        jkt,
    };
    let mail = match made_by {
        MadeBy::Password | MadeBy::Passkey if !is_known => {
            notices(app, account, now, &session.device, caller.network.as_deref(), &Matter::NewDevice)
        }
        _ => Vec::new(),
    };
    let opening = Opening {
        marks: (!is_known).then(|| marks(app, &account.id, &session.device, caller.network.as_deref())),
        trace: Trace {
            audit: app.entry(Event::SignIn, "ok", Some(&account.id), caller.network.as_deref()),
            mail,
        },
        session,
        tokens,
        password_version: account.password_version,
        forgives,
    };
    let signed = Signed::new(account, secrets.of(&opening.session.id));
    (opening, signed)
}

/// A letter to the owner of `account`.
pub(crate) fn letter(
    account: &Account,
    at: i64,
    device: &str,
    network: Option<&str>,
    matter: Matter,
) -> Letter {
    Letter {
        to: account.address.clone(),
        person: account.person.clone(),
        identifier: account.identifier.clone(),
        language: account.language,
        at,
        device: device.to_owned(),
        network: network.map(str::to_owned),
        matter,
    }
}

/// The same letter to each of the account's addresses (NIST SP 800-63B-4 section 4.6), sealed for the queue.
pub(super) fn notices(
    app: &App,
    account: &Account,
    at: i64,
    device: &str,
    network: Option<&str>,
    matter: &Matter,
) -> Vec<SealedMail> {
    let to = std::iter::once(&account.address).chain(&account.second_address);
    to.map(|to| {
        let letter = letter(account, at, device, network, matter.clone());
        app.seal(&Letter { to: to.clone(), ..letter }, at + NOTICE_LIFE)
    })
    .collect()
}

pub(super) fn device_mark(app: &App, account_id: &str, device: &str, network: Option<&str>) -> Vec<u8> {
    let parts = [account_id, device, network.unwrap_or_default()].map(str::as_bytes);
    app.pepper().mac("device", &parts)[..16].to_vec()
}

fn marks(app: &App, account_id: &str, device: &str, network: Option<&str>) -> Marks {
    let place = [account_id, network.unwrap_or_default()].map(str::as_bytes);
    Marks {
        device: device_mark(app, account_id, device, network),
        network: app.pepper().mac("network", &place)[..16].to_vec(),
    }
}

/// What clients are told about an account.
#[derive(Serialize, ToSchema)]
pub(super) struct AccountInfo {
    id: String,
    identifier: String,
    /// Where mail goes, masked.
    sent_to: String,
    second_factor: bool,
}

impl From<&Account> for AccountInfo {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.clone(),
            identifier: account.identifier.clone(),
            sent_to: mask::address(&account.address).unwrap_or_default(),
            second_factor: account.totp_secret.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Deps, NewAccount};

    #[tokio::test]
    async fn a_server_that_is_too_busy_to_look_counts_no_guess() {
        let (deps, _outbox) = Deps::in_memory(Config::loopback("Dorfladen")).await.unwrap();
        let app = App::new(deps).await.unwrap();
        let password = "quiet lamp behind the door";
        app.add_account(NewAccount::new("jana", "jana@example.org", password)).await.unwrap();
        let caller = Caller { line: "192.0.2.1".to_owned(), network: None };
        let crowd = app.hasher().crowd();
        for _ in 0..20 {
            let told = check(&app, &caller, "jana", password, "a test".to_owned()).await;
            assert!(matches!(told, Err(Problem::Busy)));
        }
        drop(crowd);
        assert!(check(&app, &caller, "jana", password, "a test".to_owned()).await.is_ok());
    }
}
