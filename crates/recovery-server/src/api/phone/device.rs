//! A phone lets a computer in.

use super::enter;
use super::layout::{Form, Page, or_trouble, see, trouble_on};
use super::passkey;
use super::visitor::{Sent, Signed, Visitor, check_csrf, csrf};
use super::words::Pair;
use crate::App;
use crate::api::counted::take;
use crate::api::extract::line_mac;
use crate::api::password::{check_current, refuse_weak};
use crate::api::problem::Problem;
use crate::audit::{Event, Step};
use crate::mail::moment;
use crate::pairing::{self, Pointer};
use crate::storage::{Direction, Pairing, PairingKey, PairingState, Scan};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use zeroize::Zeroizing;

/// What the form with the letters is about.
const LETTERS: &str = "letters";

/// Which pairing a page is about: what a QR code said, the letters that were typed, or the one in hand.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Place {
    q: Option<String>,
    letters: Option<String>,
    p: Option<String>,
}

impl Place {
    /// Carries it through a form.
    pub(super) fn keep(&self, form: Form) -> Form {
        let members = [("q", &self.q), ("letters", &self.letters), ("p", &self.p)];
        members.into_iter().fold(form, |form, (name, value)| match value {
            Some(value) => form.hidden(name, value),
            None => form,
        })
    }

    /// The one in hand.
    pub(super) fn pairing(&self) -> &str {
        self.p.as_deref().unwrap_or_default()
    }

    pub(super) fn path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", &self.q), ("letters", &self.letters), ("p", &self.p)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { "/device".to_owned() } else { format!("/device?{query}") }
    }
}

/// What is said at each end.
pub(super) fn ending(words: &super::words::Words, state: PairingState) -> Pair {
    match state {
        PairingState::Denied => words.denied,
        PairingState::Cancelled => words.cancelled,
        PairingState::Expired => words.over,
        _ => words.nothing,
    }
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    place: Result<Query<Place>, QueryRejection>,
) -> Response {
    let page = match place {
        Ok(Query(place)) => page(&app, &visitor, &place).await,
        Err(_) => Err(Problem::BadRequest),
    };
    or_trouble(&app, &visitor, page)
}

async fn page(app: &App, visitor: &Visitor, place: &Place) -> Result<Response, Problem> {
    let words = visitor.words();
    if let Some(q) = &place.q {
        return pointed(app, visitor, q).await;
    }
    let Some(signed) = &visitor.signed else {
        let page = match (&place.letters, &place.p) {
            (None, None) => letters_page(app, visitor, ""),
            _ => enter::page(app, visitor, place, ""),
        };
        return Ok(page.show(app, visitor));
    };
    let Some(p) = &place.p else {
        return Ok(
            letters_page(app, visitor, place.letters.as_deref().unwrap_or_default()).show(app, visitor)
        );
    };
    match held(app, signed, p).await {
        Ok(pairing) => Ok(standing(app, visitor, signed, &pairing).await?.show(app, visitor)),
        Err(Problem::NotFound) => {
            Ok(Page::of(words.nothing).with_status(StatusCode::NOT_FOUND).show(app, visitor))
        }
        Err(problem) => Err(problem),
    }
}

/// The page behind a QR code.
async fn pointed(app: &App, visitor: &Visitor, q: &str) -> Result<Response, Problem> {
    let words = visitor.words();
    let now = app.clock().now();
    let said = |pair| Ok(Page::of(pair).show(app, visitor));
    let Some(pairing) = behind(app, q, Direction::Computer).await? else {
        return said(words.nothing);
    };
    let (pointer, pairing) = pairing;
    if pairing.state != PairingState::Pending {
        let Some(signed) = &visitor.signed else {
            return said(if pairing.state.is_open() { words.taken } else { ending(words, pairing.state) });
        };
        return match pairing.is_held_by(signed.session.id.as_bytes()) {
            true => Ok(see(&in_hand(&pairing))),
            false if pairing.state.is_open() || pairing.state == PairingState::Consumed => said(words.taken),
            false => said(ending(words, pairing.state)),
        };
    }
    if !pointer.works(&pairing, now) {
        return said(words.qr_over);
    }
    // From here on the reader has a place: who has to sign in first does not race against the QR code.
    let kept = if pointer.is_place() { pointer } else { Pointer::place(&pairing, now) };
    let place = Place { q: Some(kept.write(app.pepper())), ..Place::default() };
    let Some(signed) = &visitor.signed else {
        return Ok(enter::page(app, visitor, &place, "").show(app, visitor));
    };
    if now < signed.session.weak_until {
        let when = moment(visitor.language, signed.session.weak_until, &app.config().zone());
        return Ok(Page::new(words.weak).lead(&(words.weak_until)(&when)).show(app, visitor));
    }
    let token = csrf(app, signed.session.id.as_bytes(), &pairing.id);
    let page = Page::of(words.asking)
        .facts(&facts(app, visitor, &pairing))
        .form(place.keep(Form::to("/device/deny")).hidden("csrf", &token).button(words.deny))
        .form(place.keep(Form::to("/device/scan")).hidden("csrf", &token).quiet(words.show_code));
    Ok(page.show(app, visitor))
}

/// Who asks, from where, and since when.
fn facts(app: &App, visitor: &Visitor, pairing: &Pairing) -> Vec<(&'static str, String)> {
    let words = visitor.words();
    let own = match pairing.line_mac == line_mac(app, &visitor.caller) {
        true => words.own_network,
        false => words.other_network,
    };
    let network = match &pairing.network {
        Some(network) => format!("{network}, {own}"),
        None => words.this_machine.to_owned(),
    };
    vec![
        (words.app, "Regain".to_owned()),
        (words.computer, pairing.device.clone()),
        (words.network, network),
        (words.asked, (words.seconds_ago)(app.clock().now() - pairing.created_at)),
    ]
}

/// The page of a pairing that this phone has in hand.
pub(super) async fn standing(
    app: &App,
    visitor: &Visitor,
    signed: &Signed,
    pairing: &Pairing,
) -> Result<Page, Problem> {
    let words = visitor.words();
    let handle = handle(pairing);
    let token = csrf(app, signed.session.id.as_bytes(), &pairing.id);
    let to = |action: &str| Form::to(action).hidden("p", &handle).hidden("csrf", &token);
    Ok(match pairing.state {
        PairingState::Scanned => Page::of(words.code)
            .digits(&pairing::confirmation_code(app.pepper(), pairing))
            .facts(&facts(app, visitor, pairing))
            .meta(words.goes_on)
            .form(to("/device/deny").quiet(words.deny))
            .refreshing(),
        PairingState::Confirmed => {
            let page = Page::new(&(words.approve)(&signed.account.identifier))
                .lead(words.approve_lead)
                .facts(&facts(app, visitor, pairing))
                .form(to("/device/deny").quiet(words.deny));
            let page = match passkey::approval_form(app, visitor, signed).await? {
                Some(form) => page.passkey(form.hidden("p", &handle).hidden("csrf", &token)),
                None => page,
            };
            page.form(to("/device/approve").password(words.password_again).button(words.approve_button))
        }
        PairingState::Approved => {
            Page::of(words.approved).form(to("/device/deny").quiet(words.deny)).refreshing()
        }
        PairingState::Consumed => {
            let session = pairing.session_id.as_deref().unwrap_or_default();
            let token = csrf(app, signed.session.id.as_bytes(), session);
            Page::of(words.done).form(
                Form::to("/device/end")
                    .hidden("session", session)
                    .hidden("csrf", &token)
                    .quiet(words.end_again),
            )
        }
        state => Page::of(ending(words, state)),
    })
}

#[derive(Deserialize)]
pub(super) struct Letters {
    letters: String,
    csrf: Option<String>,
}

fn letters_page(app: &App, visitor: &Visitor, value: &str) -> Page {
    let words = visitor.words();
    let form = Form::to("/device").letters(words.letters_label, value).button(words.go_on);
    let form = match &visitor.signed {
        Some(signed) => form.hidden("csrf", &csrf(app, signed.session.id.as_bytes(), LETTERS)),
        None => form,
    };
    Page::of(words.letters).form(form)
}

/// The letters, typed. Who is not signed in learns nothing about them.
pub(super) async fn letters(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Letters>) -> Response {
    let words = visitor.words();
    let Some(signed) = &visitor.signed else {
        return enter::to_sign_in(&Place { letters: Some(ask.letters), ..Place::default() });
    };
    let found = async {
        check_csrf(&app, signed.session.id.as_bytes(), LETTERS, ask.csrf.as_deref().unwrap_or_default())?;
        let limits = app.limits();
        let rules = [limits.letters_from(&visitor.caller.line), limits.letters_by(&signed.account.id)];
        lettered(&app, &ask.letters, Direction::Computer, &rules).await
    };
    match found.await {
        Ok(Some(q)) => see(&Place { q: Some(q), ..Place::default() }.path()),
        Ok(None) => {
            let (what, to_do) = words.wrong_letters;
            let page = letters_page(&app, &visitor, &ask.letters).wrong(what, to_do, StatusCode::BAD_REQUEST);
            page.show(&app, &visitor)
        }
        Err(problem) => or_trouble(&app, &visitor, Err(problem)),
    }
}

/// A place beside the pairing with these letters; wrong ones count against `rules`.
pub(super) async fn lettered(
    app: &App,
    typed: &str,
    direction: Direction,
    rules: &[crate::limits::Limit],
) -> Result<Option<String>, Problem> {
    let now = app.clock().now();
    let Some(letters) = pairing::read_user_code(typed) else { return Ok(None) };
    take(app, rules).await?;
    let mac = pairing::user_code_mac(app.pepper(), &letters);
    let found = app.storage().pairing(PairingKey::UserCode(&mac), now).await?;
    let Some(pairing) = found.filter(|pairing| pairing.direction == direction) else { return Ok(None) };
    app.storage().give_back(rules).await?;
    Ok(Some(Pointer::place(&pairing, now).write(app.pepper())))
}

#[derive(Deserialize)]
pub(super) struct Act {
    csrf: String,
    password: Option<Zeroizing<String>>,
    #[serde(flatten)]
    place: Place,
}

pub(super) async fn scan(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Act>) -> Response {
    let done = async {
        let Some(signed) = &visitor.signed else { return Ok(enter::to_sign_in(&ask.place)) };
        let q = ask.place.q.as_deref().unwrap_or_default();
        let (pointer, pairing) = behind(&app, q, Direction::Computer).await?.ok_or(Problem::NotFound)?;
        let now = app.clock().now();
        check_csrf(&app, signed.session.id.as_bytes(), &pairing.id, &ask.csrf)?;
        if pointer.works(&pairing, now) && now >= signed.session.weak_until {
            let scan = Scan {
                holder: signed.session.id.as_bytes().to_vec(),
                phone_device: visitor.device.clone(),
                phone_network: visitor.caller.network.clone(),
                at: now,
            };
            let audit = entry(&app, &visitor, Step::Scanned, Some(&signed.account.id));
            let until = now + pairing::SCANNED_LIFE;
            if app.storage().scan(&pairing.id, Some(&signed.account.id), &scan, until, &audit).await? {
                app.meters().pairing(Direction::Computer, Step::Scanned);
            }
        }
        // Whether it worked or somebody else was faster, the page says.
        Ok(see(&ask.place.path()))
    };
    or_trouble(&app, &visitor, done.await)
}

pub(super) async fn approve(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Act>) -> Response {
    let done = async {
        let Some(signed) = &visitor.signed else { return Ok(enter::to_sign_in(&ask.place)) };
        let pairing = held(&app, signed, ask.place.p.as_deref().unwrap_or_default()).await?;
        check_csrf(&app, signed.session.id.as_bytes(), &pairing.id, &ask.csrf)?;
        if pairing.state != PairingState::Confirmed {
            return Ok(see(&in_hand(&pairing)));
        }
        let now = app.clock().now();
        refuse_weak(&signed.session, now).map_err(|_| Problem::NotFound)?;
        let typed = ask.password.as_deref().map(String::as_str).unwrap_or_default();
        let event = Event::Pairing(Step::Approved);
        if let Err(problem) = check_current(&app, &signed.account, typed, event, &visitor.caller).await {
            let page = standing(&app, &visitor, signed, &pairing).await?;
            return Ok(trouble_on(page, &visitor, &problem).show(&app, &visitor));
        }
        approved(&app, &visitor, signed, &pairing).await
    };
    or_trouble(&app, &visitor, done.await)
}

/// Whoever does it has just shown that it is them.
pub(super) async fn approved(
    app: &App,
    visitor: &Visitor,
    signed: &Signed,
    pairing: &Pairing,
) -> Result<Response, Problem> {
    let now = app.clock().now();
    let audit = entry(app, visitor, Step::Approved, Some(&signed.account.id));
    let holder = signed.session.id.as_bytes();
    if app.storage().approve(&pairing.id, holder, now, now + pairing::APPROVED_LIFE, &audit).await? {
        app.meters().pairing(Direction::Computer, Step::Approved);
    }
    Ok(see(&in_hand(pairing)))
}

pub(super) async fn deny(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Act>) -> Response {
    let done = async {
        let Some(signed) = &visitor.signed else { return Ok(enter::to_sign_in(&ask.place)) };
        let pairing = match (&ask.place.p, &ask.place.q) {
            (Some(p), _) => of_account(&app, signed, p).await?,
            (None, Some(q)) => {
                let found = behind(&app, q, Direction::Computer).await?;
                let (_, pairing) = found.ok_or(Problem::NotFound)?;
                // Once somebody has scanned it, only they and their account may.
                if pairing.state != PairingState::Pending && !pairing.is_held_by(signed.session.id.as_bytes())
                {
                    return Ok(see(&ask.place.path()));
                }
                pairing
            }
            (None, None) => return Err(Problem::NotFound),
        };
        check_csrf(&app, signed.session.id.as_bytes(), &pairing.id, &ask.csrf)?;
        let audit = entry(&app, &visitor, Step::Denied, Some(&signed.account.id));
        let now = app.clock().now();
        if app.storage().close_pairing(&pairing.id, PairingState::Denied, now, &audit).await? {
            app.meters().pairing(Direction::Computer, Step::Denied);
        }
        // Another phone of the account denies from its list.
        let from_list = ask.place.p.is_some() && !pairing.is_held_by(signed.session.id.as_bytes());
        Ok(if from_list { see("/device/sessions") } else { see(&ask.place.path()) })
    };
    or_trouble(&app, &visitor, done.await)
}

fn entry(app: &App, visitor: &Visitor, step: Step, account_id: Option<&str>) -> crate::audit::Entry {
    app.entry(Event::Pairing(step), "ok", account_id, visitor.caller.network.as_deref())
}

/// What a pointer of ours leads to.
pub(super) async fn behind(
    app: &App,
    q: &str,
    direction: Direction,
) -> Result<Option<(Pointer, Pairing)>, Problem> {
    let Some(pointer) = Pointer::read(app.pepper(), q) else { return Ok(None) };
    let found = app.storage().pairing(PairingKey::Handle(&pointer.handle), app.clock().now()).await?;
    Ok(found.filter(|pairing| pairing.direction == direction).map(|pairing| (pointer, pairing)))
}

async fn by_handle(app: &App, p: &str) -> Result<Pairing, Problem> {
    let handle = URL_SAFE_NO_PAD.decode(p).map_err(|_| Problem::NotFound)?;
    let found = app.storage().pairing(PairingKey::Handle(&handle), app.clock().now()).await?;
    found.filter(|pairing| pairing.direction == Direction::Computer).ok_or(Problem::NotFound)
}

/// The one that this very phone scanned.
pub(super) async fn held(app: &App, signed: &Signed, p: &str) -> Result<Pairing, Problem> {
    let pairing = by_handle(app, p).await?;
    if pairing.is_held_by(signed.session.id.as_bytes()) { Ok(pairing) } else { Err(Problem::NotFound) }
}

/// One that a phone of this account scanned.
async fn of_account(app: &App, signed: &Signed, p: &str) -> Result<Pairing, Problem> {
    let pairing = by_handle(app, p).await?;
    let own = pairing.account_id.as_deref() == Some(signed.account.id.as_str());
    if own { Ok(pairing) } else { Err(Problem::NotFound) }
}

pub(super) fn handle(pairing: &Pairing) -> String {
    URL_SAFE_NO_PAD.encode(&pairing.handle)
}

pub(super) fn in_hand(pairing: &Pairing) -> String {
    Place { p: Some(handle(pairing)), ..Place::default() }.path()
}
