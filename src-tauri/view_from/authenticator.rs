//! The same for QR codes and authenticators.

use accounts::Authenticator;
use accounts::authenticator::NotAnAuthenticator as Not;
use accounts::qr::NotRead;
use accounts::store::{KeptAuthenticator, PastAuthenticator, WhyAuthenticator};

use super::seconds;
use crate::view::*;

pub fn named(it: &Authenticator) -> NamedAuthenticator {
    NamedAuthenticator {
        issuer: it.issuer.clone(),
        account: it.account.clone(),
        digits: u8::try_from(it.digits).unwrap_or(u8::MAX),
        period: u16::try_from(it.period).unwrap_or(u16::MAX),
    }
}

/// Errors: the current one cannot be understood.
pub fn authenticator(
    current: Option<KeptAuthenticator>,
    earlier: Vec<PastAuthenticator>,
) -> Result<AuthenticatorView, ErrorView> {
    let current = current.map(|kept| {
        let it = Authenticator::parse(kept.uri.expose()).map_err(|_| ErrorView::Unreadable)?;
        Ok::<_, ErrorView>(AuthenticatorFacts { named: named(&it), since: seconds(kept.at) })
    });
    let earlier = earlier.into_iter().map(|past| PastAuthenticatorView {
        named: Authenticator::parse(past.uri.expose()).ok().as_ref().map(named),
        at: seconds(past.at),
        removed: past.why == WhyAuthenticator::Removed,
    });
    Ok(AuthenticatorView { current: current.transpose()?, earlier: earlier.collect() })
}

impl From<Not> for UnusableWhy {
    fn from(why: Not) -> Self {
        match why {
            Not::CounterBased => Self::CountsUses,
            Not::Unsupported => Self::Unsupported,
            Not::NoSecret => Self::NoSecret,
            Not::ShortSecret => Self::ShortSecret,
            Not::Other | Not::TooLong | Not::NoName | Not::Garbled => Self::Garbled,
        }
    }
}

impl From<NotRead> for ErrorView {
    fn from(why: NotRead) -> Self {
        let why = match why {
            NotRead::TooLarge => PictureProblem::TooLarge,
            NotRead::NotAPicture => PictureProblem::NotAPicture,
            NotRead::Damaged => PictureProblem::Damaged,
            NotRead::NothingFound => PictureProblem::NothingFound,
            NotRead::TextTooLong => PictureProblem::TextTooLong,
        };
        Self::Picture { why }
    }
}
