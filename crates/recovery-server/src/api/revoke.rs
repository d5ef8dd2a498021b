//! The link in the mail about a change of recovery settings. It puts back what was before the change, undoes what came
//! after it, and ends all that is open, the password, too: whoever made the change knew it. Then a code goes to the
//! address that the link was sent to, and sets a new one (NIST SP 800-63B-4 section 4.2.1.2).

use super::counted::take;
use super::extract::Caller;
use super::password::{about, changed};
use super::problem::Problem;
use super::recovery::{mac, owner, under_way};
use super::sign_in::{NOTICE_LIFE, device_mark, letter};
use crate::audit::Event;
use crate::identifier::Identifier;
use crate::mail::{Access, Letter, Matter};
use crate::meters::WrongCode;
use crate::storage::{
    Account, Address, Attempt, Change, Checked, Proof, Recovery, Revocation, SealedMail, Secret, Told,
};
use crate::{App, password, token};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

/// What the code is stored as: it fits nowhere else, and no other code fits here.
const WAY: &str = "put_back";
/// Wrong codes.
const TRIES: u32 = 5;
/// Seconds between code and password, which come in one call.
const VERIFIED_LIFE: i64 = 60;

/// Which change of whose the link would revoke, and which of the addresses then it was sent to.
pub(super) struct Target {
    account_id: String,
    change_id: String,
    place: usize,
}

/// What there was, and a keyed hash over it. How long it works is up to the change.
pub(crate) fn token(app: &App, account_id: &str, change_id: &str, place: usize) -> String {
    let said = format!("{account_id}.{change_id}.{place}");
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(keyed(app, &said)))
}

/// `None` for a link that is not ours.
pub(super) fn read(app: &App, token: &str) -> Option<Target> {
    let (said, hash) = token.rsplit_once('.')?;
    let hash = URL_SAFE_NO_PAD.decode(hash).ok()?;
    if !bool::from(hash.as_slice().ct_eq(&keyed(app, said))) {
        return None;
    }
    let mut parts = said.split('.');
    let (account_id, change_id, place) = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
    Some(Target { account_id: account_id.to_owned(), change_id: change_id.to_owned(), place })
}

/// What would be put back, and for whom; `None` if it was, or is too old.
pub(super) async fn look(app: &App, target: &Target) -> Result<Option<(Account, Change, Address)>, Problem> {
    let now = app.clock().now();
    let Some((change, before)) = app.storage().change(&target.account_id, &target.change_id, now).await?
    else {
        return Ok(None);
    };
    let account = app.storage().account(&target.account_id).await?;
    let address = before.into_iter().nth(target.place);
    Ok(account.zip(address).map(|(account, address)| (account, change, address)))
}

/// Puts it back, and gives the ticket that the mailed code belongs to; `None` if there is nothing to put back.
pub(super) async fn revoke(
    app: &App,
    caller: &Caller,
    target: &Target,
    device: &str,
) -> Result<Option<String>, Problem> {
    let Some((account, change, address)) = look(app, target).await? else { return Ok(None) };
    let now = app.clock().now();
    let until = now + app.config().codes.life_seconds;
    let nobodys = token::opaque(app.random());
    let password_hash = app.hasher().hash(&nobodys, crate::rng::bytes(app.random())).await?;
    let (ticket, code) = (token::opaque(app.random()), token::code(app.random()));
    let recovery = Recovery {
        id: token::id(app.random()),
        account_id: Some(account.id.clone()),
        name_sealed: app.pepper().seal(app.random(), address.address.as_bytes()),
        language: account.language,
        device: device.to_owned(),
        network: caller.network.clone(),
        last_sent_at: now,
        until,
    };
    let network = caller.network.as_deref();
    let revocation = Revocation {
        account_id: account.id.clone(),
        change_id: change.id,
        password_hash,
        ticket_hash: token::hash(&ticket),
        secret: Secret { way: WAY, mac: mac(app, &recovery.id, &code), until },
        recovery,
        now,
        audit: app.entry(Event::ChangeRevoked, "ok", Some(&account.id), network),
    };
    let to = |to: &str, matter: Matter, drop_at: i64| {
        let letter = letter(&account, now, device, network, matter);
        app.seal(&Letter { to: to.to_owned(), ..letter }, drop_at)
    };
    let letters = |told: &[Told]| -> Vec<SealedMail> {
        let notices =
            told.iter().map(|told| to(&told.address, Matter::Access(Access::PutBack), now + NOTICE_LIFE));
        let code = to(&address.address, Matter::Code { code: code.clone(), until }, until);
        std::iter::once(code).chain(notices).collect()
    };
    if !app.storage().revoke(&revocation, &letters).await? {
        return Ok(None);
    }
    // Codes that somebody else wasted do not keep the owner out.
    let limits = app.limits();
    let mut spent = vec![
        limits.mails(&format!("account {}", account.id)),
        limits.wrong_codes_silent(&format!("account {}", account.id)),
    ];
    let names = [&account.identifier, &address.address].into_iter().filter_map(|name| Identifier::read(name));
    spent.extend(names.flat_map(|name| [limits.codes(name.as_str()), limits.wrong_codes(name.as_str())]));
    app.storage().forgive(&spent).await?;
    app.bell().ring();
    Ok(Some(ticket))
}

/// Sets the new password with the mailed code.
pub(super) async fn finish(
    app: &App,
    caller: &Caller,
    ticket: &str,
    typed: &str,
    new: &str,
) -> Result<(), Problem> {
    let now = app.clock().now();
    let recovery = under_way(app, ticket).await?;
    let account = owner(app, &recovery).await?.ok_or(Problem::Expired)?;
    take(app, &[app.limits().new_passwords(&recovery.id)]).await?;
    // First, so that the code is not spent for a password that is refused.
    let new = password::normal(new);
    let reasons = password::reasons(&new, &about(&account), app.config());
    if !reasons.is_empty() {
        return Err(Problem::WeakPassword(reasons));
    }
    let new = app.hasher().hash(&new, crate::rng::bytes(app.random())).await?;

    let network = caller.network.as_deref();
    let verified_hash = token::hash(&token::opaque(app.random()));
    let entry = |result| app.entry(Event::RecoveryCheck, result, Some(&account.id), network);
    let code = token::read_code(typed, token::CODE_DIGITS);
    let attempt = Attempt {
        id: recovery.id.clone(),
        proof: code
            .map_or(Proof::Unreadable, |code| Proof::Mailed { way: WAY, mac: mac(app, &recovery.id, &code) }),
        may_pass: true,
        most_tries: TRIES,
        now,
        verified_hash: verified_hash.clone(),
        verified_until: now + VERIFIED_LIFE,
        passed: entry("ok"),
        missed: entry("wrong"),
    };
    match app.storage().check(&attempt).await? {
        Checked::Verified => {}
        Checked::Over => return Err(Problem::Expired),
        Checked::Wrong { left } => {
            app.meters().wrong_code(WrongCode::Recovery);
            return Err(if left == 0 { Problem::Expired } else { Problem::WrongCode { tries_left: left } });
        }
    }
    let change = changed(app, &account, new, Event::PasswordReset, &recovery.device, network).await?;
    let known = device_mark(app, &account.id, &recovery.device, network);
    app.storage().reset_password(&verified_hash, &change, &known).await?.ok_or(Problem::Expired)?;
    app.bell().ring();
    Ok(())
}

fn keyed(app: &App, said: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&app.pepper().mac("revoke", &[said.as_bytes()])[..16]);
    short
}
