//! The same for what gets a person back in at the server.

use std::time::Duration;

use accounts::provider::{
    RecoverySettings, Revocable, SetUpAsk, SettingChange as Change, SettingChanged as Changed,
};
use accounts::qr::Drawing;
use accounts::recovery_codes::RecoveryCodes;

use super::seconds;
use crate::view::*;

/// How far the clocks of server and computer may be apart before a change counts as a later one.
const CLOCKS: Duration = Duration::from_secs(300);

pub fn recovery_settings(settings: &RecoverySettings, kept: &RecoveryCodes) -> RecoverySettingsView {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let renewed = settings.revocable.iter().filter(|change| change.what == Changed::CodesRenewed);
    let newest = renewed.map(|change| change.at).max();
    let address = |address: &accounts::provider::RecoveryAddress| RecoveryAddressView {
        id: address.id.clone(),
        address: address.address.clone(),
        confirmed: address.confirmed,
        bounced_at: address.bounced_at.map(seconds),
    };
    RecoverySettingsView {
        addresses: settings.addresses.iter().map(address).collect(),
        most_addresses: count(settings.most_addresses),
        authenticator: settings.authenticator,
        codes_left: count(settings.codes_left),
        codes_kept: count(kept.left()),
        codes_replaced: kept
            .current()
            .zip(newest)
            .is_some_and(|(held, newest)| newest.duration_since(held.at).is_ok_and(|apart| apart > CLOCKS)),
        revocable: settings.revocable.iter().map(RevocableView::from).collect(),
    }
}

pub fn set_up(ask: &SetUpAsk) -> SetUpView {
    SetUpView {
        digits: u8::try_from(ask.authenticator.digits).unwrap_or(6),
        valid_until: seconds(ask.valid_until),
    }
}

/// What another app takes it from. Errors: `Protocol` for one that fits into no picture.
pub fn set_up_code(ask: &SetUpAsk) -> Result<SetUpCode, ErrorView> {
    let drawing = Drawing::of(ask.authenticator.to_uri().expose()).map_err(|_| ErrorView::Protocol)?;
    let secret = ask.authenticator.secret();
    let letters: Vec<char> = secret.expose().chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(SetUpCode {
        svg: drawing.svg().expose().to_owned(),
        smallest_side: u16::try_from(drawing.smallest_side()).unwrap_or(u16::MAX),
        secret: groups.join(" "),
    })
}

impl From<&Revocable> for RevocableView {
    fn from(change: &Revocable) -> Self {
        Self { what: change.what.into(), at: seconds(change.at), until: seconds(change.until) }
    }
}

impl From<Changed> for SettingChanged {
    fn from(what: Changed) -> Self {
        match what {
            Changed::AddressAdded => Self::AddressAdded,
            Changed::AddressRemoved => Self::AddressRemoved,
            Changed::AddressFirst => Self::AddressFirst,
            Changed::AuthenticatorOn => Self::AuthenticatorOn,
            Changed::AuthenticatorOff => Self::AuthenticatorOff,
            Changed::CodesRenewed => Self::CodesRenewed,
        }
    }
}

impl From<SettingChange> for Change {
    fn from(change: SettingChange) -> Self {
        match change {
            SettingChange::AddAddress { address } => Self::AddAddress { address: address.trim().to_owned() },
            SettingChange::RemoveAddress { id } => Self::RemoveAddress { id },
            SettingChange::PutFirst { id } => Self::PutFirst { id },
            SettingChange::TurnOn => Self::TurnOn,
            SettingChange::TurnOff => Self::TurnOff,
            SettingChange::RenewCodes => Self::RenewCodes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use accounts::Secret;
    use std::time::{SystemTime, UNIX_EPOCH};

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn codes_that_were_replaced_elsewhere_are_known() {
        let renewed = |seconds| RecoverySettings {
            addresses: Vec::new(),
            most_addresses: 2,
            authenticator: false,
            codes_left: 10,
            revocable: vec![Revocable {
                what: Changed::CodesRenewed,
                at: at(seconds),
                until: at(seconds + 604_800),
            }],
        };
        let mut kept = RecoveryCodes::default();
        assert!(!recovery_settings(&renewed(10_000), &kept).codes_replaced, "none are kept");
        kept.replace(vec![Secret::new("7K2M-9QXA")], at(10_000));
        assert!(!recovery_settings(&renewed(10_010), &kept).codes_replaced, "these are the new ones");
        let later = recovery_settings(&renewed(20_000), &kept);
        assert!(later.codes_replaced);
        assert_eq!((later.codes_kept, later.codes_left), (1, 10));
        let other = RecoverySettings {
            revocable: vec![Revocable { what: Changed::AddressAdded, at: at(20_000), until: at(30_000) }],
            ..renewed(10_000)
        };
        assert!(!recovery_settings(&other, &kept).codes_replaced);
    }
}
