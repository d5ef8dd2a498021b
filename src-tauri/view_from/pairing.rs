//! The same for phones.

use accounts::provider::{Abilities as Able, ConfirmAsk, Paired, Phone, QrAsk, QrFor, Reach, ShowAsk};
use accounts::qr::Drawing;

use super::seconds;
use crate::view::{AllowPhoneView, ConfirmView, ErrorView, PairedView, QrView, Reaches, ShowCodeView};

pub fn qr(ask: &QrAsk, able: Able) -> Result<QrView, ErrorView> {
    // A link that fits into no picture is one that no honest server sends.
    let drawing = Drawing::of(&ask.link).map_err(|_| ErrorView::Protocol)?;
    Ok(QrView {
        svg: drawing.svg().expose().to_owned(),
        smallest_side: u16::try_from(drawing.smallest_side()).unwrap_or(u16::MAX),
        address: ask.address.clone(),
        letters: ask.letters.clone(),
        shown_at: seconds(ask.shown_at),
        renews_at: ask.renews_at.map(seconds),
        valid_until: seconds(ask.valid_until),
        guarded: ask.guarded,
        reach: match ask.who {
            QrFor::ThisComputer => able.pair.map(Reaches::from),
            QrFor::ThePhone => None,
        },
    })
}

pub fn confirm(ask: &ConfirmAsk) -> ConfirmView {
    ConfirmView {
        digits: ask.digits,
        scanned_at: seconds(ask.scanned_at),
        valid_until: seconds(ask.valid_until),
        tries_left: ask.tries_left,
    }
}

pub fn paired(paired: &Paired, listed: bool) -> PairedView {
    PairedView {
        identifier: paired.identifier.clone(),
        mailbox: paired.mailbox.clone(),
        reach: paired.reach.into(),
        weak_until: paired.weak_until.map(seconds),
        listed,
    }
}

pub fn show(ask: &ShowAsk) -> ShowCodeView {
    ShowCodeView {
        code: ask.code.expose().to_owned(),
        phone: ask.phone.name.clone(),
        network: ask.phone.network.clone(),
        valid_until: seconds(ask.valid_until),
    }
}

pub fn allow(phone: &Phone, saved: bool) -> AllowPhoneView {
    AllowPhoneView { phone: phone.name.clone(), network: phone.network.clone(), saved }
}

impl From<Reach> for Reaches {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Full => Self::Full,
            Reach::IdentityOnly => Self::IdentityOnly,
            Reach::Browser => Self::Browser,
        }
    }
}
