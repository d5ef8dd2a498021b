//! The languages mail is written in.

use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;

/// A language the server writes mail in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Ru,
    De,
    Es,
}

impl Language {
    /// The language tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
            Self::De => "de",
            Self::Es => "es",
        }
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(tag: &str) -> Result<Self, String> {
        [Self::En, Self::Ru, Self::De, Self::Es]
            .into_iter()
            .find(|language| language.tag() == tag)
            .ok_or_else(|| format!("{tag:?} is not one of en, ru, de, es"))
    }
}
