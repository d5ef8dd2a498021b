//! A Secret Service that does what a test wants.

use std::collections::HashMap;

use zbus::blocking::{Connection, connection};
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{fdo, interface};

use super::session::SECRETS;

/// Locked, and its prompt is dismissed by the person.
pub fn dismissing() -> Connection {
    let bus = connection::Builder::session().unwrap().name(SECRETS).unwrap();
    let bus = bus.serve_at("/org/freedesktop/secrets", Locked).unwrap();
    bus.serve_at("/prompt", Dismissing).unwrap().build().unwrap()
}

/// There, but never answers.
pub fn hanging() -> Connection {
    connection::Builder::session().unwrap().name(SECRETS).unwrap().build().unwrap()
}

/// There, but knows nothing of secrets.
pub fn foreign() -> Connection {
    let bus = connection::Builder::session().unwrap().name(SECRETS).unwrap();
    bus.serve_at("/elsewhere", Dismissing).unwrap().build().unwrap()
}

struct Locked;

#[interface(name = "org.freedesktop.Secret.Service")]
impl Locked {
    #[zbus(property)]
    fn collections(&self) -> Vec<OwnedObjectPath> {
        vec![path("/collection")]
    }

    /// Any number will do for a public key: no secret is ever exchanged.
    fn open_session(&self, _algorithm: &str, _input: Value<'_>) -> (OwnedValue, OwnedObjectPath) {
        (OwnedValue::try_from(Value::from(vec![2_u8; 128])).unwrap(), path("/session"))
    }

    fn read_alias(&self, _name: &str) -> OwnedObjectPath {
        path("/collection")
    }

    fn search_items(
        &self,
        _attributes: HashMap<String, String>,
    ) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        (vec![], vec![])
    }

    fn unlock(&self, _objects: Vec<OwnedObjectPath>) -> (Vec<OwnedObjectPath>, OwnedObjectPath) {
        (vec![], path("/prompt"))
    }
}

struct Dismissing;

#[interface(name = "org.freedesktop.Secret.Prompt")]
impl Dismissing {
    async fn prompt(&self, _window: &str, #[zbus(signal_emitter)] out: SignalEmitter<'_>) -> fdo::Result<()> {
        Ok(Self::completed(&out, true, Value::from("")).await?)
    }

    fn dismiss(&self) {}

    #[zbus(signal)]
    async fn completed(out: &SignalEmitter<'_>, dismissed: bool, result: Value<'_>) -> zbus::Result<()>;
}

fn path(text: &str) -> OwnedObjectPath {
    OwnedObjectPath::try_from(text).unwrap()
}
