//! Moments and spans, as they are said.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub fn wait(wait: Duration) -> String {
    format!("Try again in {}.", span(wait))
}

/// Rounded up: a countdown never ends before its time.
pub fn span(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match seconds {
        1 => "1 second".into(),
        0..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// A moment that may not be known.
pub fn day_if_any(at: Option<SystemTime>) -> String {
    at.map_or_else(|| "–".into(), day)
}

pub fn day(at: SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(
        |_| "?".into(),
        |at| at.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

pub fn clock(at: SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(
        |_| "?".into(),
        |at| at.to_zoned_datetime(TimeZone::system()).strftime("%H:%M").to_string(),
    )
}
