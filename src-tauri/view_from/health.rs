//! What passwords are worth, and what known leaks say of them.

use accounts::entropy::{Entropy, Worth as As};
use accounts::health::Exposed;

use crate::view::*;

impl From<Entropy> for EntropyView {
    fn from(entropy: Entropy) -> Self {
        let worth = match entropy.worth() {
            As::Weak => Worth::Weak,
            As::Good => Worth::Good,
            As::Strong => Worth::Strong,
        };
        // No password that is made has more than some hundred.
        Self { bits: entropy.bits().round() as u16, worth }
    }
}

impl From<Exposed> for ExposedView {
    fn from(exposed: Exposed) -> Self {
        match exposed {
            Exposed::NotChecked => Self::NotChecked,
            Exposed::Unknown(_) => Self::Unknown,
            Exposed::No => Self::No,
            Exposed::Times(times) => Self::Times { times: u32::try_from(times).unwrap_or(u32::MAX) },
        }
    }
}
