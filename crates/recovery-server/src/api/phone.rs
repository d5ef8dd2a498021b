//! The phone's pages: plain HTML that works without scripts; only passkeys need one. A GET changes nothing, because whoever sends a link
//! has it opened by previews; a POST comes from one of these pages, and is followed by a GET.

mod device;
mod enter;
mod layout;
mod link;
mod list;
mod not_me;
mod passkey;
mod revoke;
mod visitor;
mod words;

use crate::App;
use axum::Router;
use axum::routing::{get, post};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/device", get(device::show).post(device::letters))
        .route("/device/scan", post(device::scan))
        .route("/device/approve", post(device::approve))
        .route("/device/deny", post(device::deny))
        .route("/device/sign-in", post(enter::sign_in))
        .route("/device/second-factor", post(enter::second_factor))
        .route("/device/sign-out", post(enter::sign_out))
        .route("/device/sessions", get(list::show))
        .route("/device/end", post(list::end))
        .merge(passkey::router())
        .route("/link", get(link::show).post(link::letters))
        .route("/link/scan", post(link::scan))
        .route("/link/confirm", post(link::confirm))
        .route("/link/deny", post(link::deny))
        .route("/link/finish", post(link::finish))
        .route("/revoke", get(revoke::show).post(revoke::put_back))
        .route("/revoke/password", get(revoke::ask).post(revoke::finish))
        .route("/revoke/done", get(revoke::done))
        .route("/not-me", get(not_me::show).post(not_me::end))
}
