//! The desktop portal (org.freedesktop.portal.Screenshot), on Wayland and X11; where there is none, X11 itself.

use std::collections::HashMap;

use tauri::Url;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{MatchRule, Message};

use super::{NotTaken, x11};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SCREENSHOT: &str = "org.freedesktop.portal.Screenshot";
const REQUEST: &str = "org.freedesktop.portal.Request";

pub fn is_possible() -> bool {
    has_portal() || x11::is_possible()
}

fn has_portal() -> bool {
    Connection::session().is_ok_and(|bus| is_there(&bus))
}

fn is_there(bus: &Connection) -> bool {
    let version = Proxy::new(bus, PORTAL, PATH, SCREENSHOT).and_then(|it| it.get_property::<u32>("version"));
    version.is_ok_and(|version| version > 0)
}

/// Waits for as long as the person takes. `None`: they cancelled.
pub fn take() -> Result<Option<Vec<u8>>, NotTaken> {
    if !has_portal() && x11::is_possible() {
        return x11::take().map(Some);
    }
    take_over(Connection::session())
}

fn take_over(bus: zbus::Result<Connection>) -> Result<Option<Vec<u8>>, NotTaken> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "the portal gave no picture of the screen");
        NotTaken
    };
    let asked = bus.and_then(|bus| ask(&bus)).map_err(|error| failed(&error))?;
    let Some(file) = asked else { return Ok(None) };
    let path = Url::parse(&file).ok().and_then(|url| url.to_file_path().ok()).ok_or(NotTaken)?;
    let bytes = std::fs::read(&path).map_err(|error| failed(&error))?;
    // It was made for us alone, and shows a secret.
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!(%error, "the picture of the screen could not be removed");
    }
    Ok(Some(bytes))
}

/// Address of the file.
fn ask(bus: &Connection) -> zbus::Result<Option<String>> {
    let rule = MatchRule::builder().msg_type(Type::Signal).interface(REQUEST)?.member("Response")?.build();
    // Heard from before it is asked: the answer may be there at once.
    let answers = MessageIterator::for_match_rule(rule, bus, None)?;
    let options = HashMap::from([("interactive", Value::from(true)), ("modal", Value::from(true))]);
    let proxy = Proxy::new(bus, PORTAL, PATH, SCREENSHOT)?;
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
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};

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

    /// Answers as the portal does, somebody else's request first.
    struct Portal {
        uri: Option<String>,
    }

    #[zbus::interface(name = "org.freedesktop.portal.Screenshot")]
    impl Portal {
        #[zbus(property, name = "version")]
        fn version(&self) -> u32 {
            2
        }

        async fn screenshot(
            &self,
            _window: &str,
            options: HashMap<String, OwnedValue>,
            #[zbus(connection)] bus: &zbus::Connection,
        ) -> zbus::fdo::Result<OwnedObjectPath> {
            assert!(bool::try_from(&options["interactive"]).unwrap(), "the person chooses");
            let request = format!("{PATH}/request/1_1/t");
            let other = format!("{PATH}/request/1_1/other");
            let mut results = HashMap::new();
            if let Some(uri) = &self.uri {
                results.insert("uri", Value::from(uri.as_str()));
            }
            let outcome = u32::from(self.uri.is_none());
            let none: HashMap<&str, Value<'_>> = HashMap::new();
            bus.emit_signal(None::<&str>, other, REQUEST, "Response", &(2_u32, none)).await?;
            bus.emit_signal(None::<&str>, request.as_str(), REQUEST, "Response", &(outcome, results)).await?;
            Ok(OwnedObjectPath::try_from(request).map_err(zbus::Error::from)?)
        }
    }

    struct Bus {
        program: Child,
        address: String,
    }

    impl Bus {
        fn start() -> Self {
            let mut command = Command::new("dbus-daemon");
            command
                .args(["--session", "--nofork", "--print-address"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            let mut program = command.spawn().unwrap();
            let mut address = String::new();
            BufReader::new(program.stdout.take().unwrap()).read_line(&mut address).unwrap();
            Self { program, address: address.trim().to_owned() }
        }

        fn connect(&self) -> Connection {
            zbus::blocking::connection::Builder::address(self.address.as_str()).unwrap().build().unwrap()
        }

        fn with_portal(&self, uri: Option<String>) -> Connection {
            let builder = zbus::blocking::connection::Builder::address(self.address.as_str()).unwrap();
            builder.serve_at(PATH, Portal { uri }).unwrap().name(PORTAL).unwrap().build().unwrap()
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.program.kill();
            let _ = self.program.wait();
        }
    }

    #[test]
    fn a_picture_is_taken_over_the_bus_and_does_not_stay_on_the_disk() {
        let bus = Bus::start();
        assert!(!is_there(&bus.connect()));
        assert_eq!(take_over(Ok(bus.connect())), Err(NotTaken));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a b.png");
        std::fs::write(&file, b"picture").unwrap();
        let _portal = bus.with_portal(Some(Url::from_file_path(&file).unwrap().to_string()));
        assert!(is_there(&bus.connect()));
        assert_eq!(take_over(Ok(bus.connect())), Ok(Some(b"picture".to_vec())));
        assert!(!file.exists());
    }

    #[test]
    fn who_cancels_gives_no_picture() {
        let bus = Bus::start();
        let _portal = bus.with_portal(None);
        assert_eq!(take_over(Ok(bus.connect())), Ok(None));
    }
}
