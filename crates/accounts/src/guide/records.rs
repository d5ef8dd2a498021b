//! The form of a guide's file.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use toml::value::Datetime;
use url::Url;

use super::{BadGuide, Guide, GuideStep, Route, StepKind, Words};

const FORMAT: u32 = 1;
/// From the first of March of the year 0 to the first of January 1970.
const UNIX_EPOCH_DAYS: u64 = 719_468;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuideFile {
    format: u32,
    id: String,
    name: String,
    #[serde(default)]
    hosts: Vec<String>,
    languages: Vec<String>,
    rules: Option<String>,
    /// A day alone.
    checked: Datetime,
    source: BTreeMap<String, String>,
    #[serde(default)]
    recover: Vec<StepFile>,
    #[serde(default)]
    change: Vec<StepFile>,
    #[serde(default)]
    sign_in: Vec<StepFile>,
    #[serde(default)]
    phone: Vec<StepFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    kind: String,
    again: Option<u64>,
    address: Option<Url>,
    name: BTreeMap<String, String>,
    title: BTreeMap<String, String>,
    todo: Vec<BTreeMap<String, String>>,
    see: Option<BTreeMap<String, String>>,
    #[serde(default)]
    hints: Vec<BTreeMap<String, String>>,
}

pub fn read(text: &str) -> Result<Guide, BadGuide> {
    let file: GuideFile = toml::from_str(text).map_err(|error| BadGuide(error.to_string()))?;
    if file.format != FORMAT {
        return Err(BadGuide(format!("{}: format {} is not known", file.id, file.format)));
    }
    let checked =
        date(&file.checked).ok_or_else(|| BadGuide(format!("{}: {} is no day", file.id, file.checked)))?;
    let routes = [
        (Route::Recover, file.recover),
        (Route::Change, file.change),
        (Route::SignIn, file.sign_in),
        (Route::Phone, file.phone),
    ];
    let routes = routes.into_iter().map(|(route, steps)| {
        let steps: Result<Vec<_>, _> = steps.into_iter().map(step).collect();
        steps.map(|steps| (route.as_str(), steps))
    });
    Ok(Guide {
        id: file.id,
        name: file.name,
        hosts: file.hosts,
        languages: file.languages,
        rules: file.rules,
        source: Words(file.source),
        checked,
        routes: routes.collect::<Result<_, _>>()?,
    })
}

fn step(file: StepFile) -> Result<GuideStep, BadGuide> {
    let kind = match (file.kind.as_str(), file.again) {
        ("page", None) => StepKind::Page,
        ("code", Some(again)) => StepKind::Code { again: Duration::from_secs(again) },
        ("new_password", None) => StepKind::NewPassword,
        ("password", None) => StepKind::Password,
        ("check", None) => StepKind::Check,
        (kind, _) => {
            return Err(BadGuide(format!("a step of the kind {kind}, as it stands there, is not known")));
        }
    };
    Ok(GuideStep {
        kind,
        name: Words(file.name),
        title: Words(file.title),
        todo: file.todo.into_iter().map(Words).collect(),
        see: file.see.map(Words),
        hints: file.hints.into_iter().map(Words).collect(),
        address: file.address,
    })
}

fn date(of: &Datetime) -> Option<SystemTime> {
    let Datetime { date: Some(date), time: None, offset: None } = of else { return None };
    // Years begin in March here, so that the day of a leap year is the last one (proleptic Gregorian calendar).
    let (month, day) = (u64::from(date.month), u64::from(date.day));
    let year = u64::from(date.year).checked_sub(u64::from(month <= 2))?;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days =
        (365 * year + year / 4 - year / 100 + year / 400 + day_of_year).checked_sub(UNIX_EPOCH_DAYS)?;
    Some(UNIX_EPOCH + Duration::from_secs(days * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_from_1970() {
        let days = |text: &str| {
            let at = date(&text.parse().unwrap())?;
            Some(at.duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400)
        };
        assert_eq!(days("1970-01-01"), Some(0));
        assert_eq!(days("2000-02-29"), Some(11_016));
        assert_eq!(days("2023-02-02"), Some(19_390));
        assert_eq!(days("2026-11-28"), Some(20_785));
        assert_eq!(days("1969-12-31"), None);
        assert_eq!(days("2026-11-28T10:00:00"), None);
        assert!("2023-02-31".parse::<Datetime>().is_err());
    }
}
