//! The desktop portal (org.freedesktop.portal.Screenshot), on Wayland and X11.

use std::collections::HashMap;

use tauri::Url;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{MatchRule, Message};

use super::NotTaken;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SCREENSHOT: &str = "org.freedesktop.portal.Screenshot";
const REQUEST: &str = "org.freedesktop.portal.Request";

pub fn is_possible() -> bool {
    let version = Connection::session()
        .and_then(|bus| Proxy::new(&bus, PORTAL, PATH, SCREENSHOT)?.get_property::<u32>("version"));
    version.is_ok_and(|version| version > 0)
}

/// Waits for as long as the person takes. `None`: they cancelled.
pub fn take() -> Result<Option<Vec<u8>>, NotTaken> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "the portal gave no picture of the screen");
        NotTaken
    };
    let Some(file) = ask().map_err(|error| failed(&error))? else { return Ok(None) };
    let path = Url::parse(&file).ok().and_then(|url| url.to_file_path().ok()).ok_or(NotTaken)?;
    let bytes = std::fs::read(&path).map_err(|error| failed(&error))?;
    // It was made for us alone, and shows a secret.
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!(%error, "the picture of the screen could not be removed");
    }
    Ok(Some(bytes))
}

/// Address of the file.
fn ask() -> zbus::Result<Option<String>> {
    let bus = Connection::session()?;
    let rule = MatchRule::builder().msg_type(Type::Signal).interface(REQUEST)?.member("Response")?.build();
    // Heard from before it is asked: the answer may be there at once.
    let answers = MessageIterator::for_match_rule(rule, &bus, None)?;
    let options = HashMap::from([("interactive", Value::from(true)), ("modal", Value::from(true))]);
    let proxy = Proxy::new(&bus, PORTAL, PATH, SCREENSHOT)?;
    let request: OwnedObjectPath = proxy.call("Screenshot", &("", options))?;
    for answer in answers {
        let answer = answer?;
        if answer.header().path().is_some_and(|path| path.as_str() == request.as_str()) {
            return read(&answer);
        }
    }
    Err(zbus::Error::InvalidReply)
}

/// 0: done, 1: cancelled, 2: it ended in another way.
fn read(answer: &Message) -> zbus::Result<Option<String>> {
    let (outcome, mut results): (u32, HashMap<String, OwnedValue>) = answer.body().deserialize()?;
    match outcome {
        0 => {
            let file = results.remove("uri").ok_or(zbus::Error::InvalidReply)?;
            Ok(Some(String::try_from(file)?))
        }
        1 => Ok(None),
        _ => Err(zbus::Error::InvalidReply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(outcome: u32, uri: Option<&str>) -> Message {
        let results: HashMap<&str, Value<'_>> =
            uri.into_iter().map(|uri| ("uri", Value::from(uri))).collect();
        let message = Message::signal(PATH, REQUEST, "Response").unwrap();
        message.build(&(outcome, results)).unwrap()
    }

    #[test]
    fn the_portals_answers() {
        assert_eq!(read(&answer(0, Some("file:///a.png"))).unwrap().as_deref(), Some("file:///a.png"));
        assert_eq!(read(&answer(1, None)).unwrap(), None);
        assert!(read(&answer(2, None)).is_err());
        assert!(read(&answer(0, None)).is_err());
    }
}
