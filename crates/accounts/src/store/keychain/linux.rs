//! The Secret Service of the session bus: gnome-keyring, KWallet, KeePassXC.
//!
//! Opening asks the service to unlock without letting it prompt: gnome-keyring calls a collection with a blank
//! password locked until it is asked. What is wrong is told by types and D-Bus error names, never by words.
//!
//! One connection is kept as long as the service lives: services remember whom they trust by it, and gnome-keyring
//! has died of programs that make one for every call.

use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use keyring_core::Error as KeyringError;
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use zbus::DBusError as _;
use zbus::blocking::{Connection, Proxy, connection, fdo::DBusProxy};
use zbus::names::{BusName, OwnedUniqueName};
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use self::items::SecretItems;
use super::System;
use super::items::{Habits, Items};
use crate::error::{Error, ErrorKind, Result};

#[path = "linux/items.rs"]
mod items;

const HABITS: Habits = Habits {
    longest: usize::MAX,
    search: |service| ("service", service.to_owned()),
    modifier: |label| Some(("label", label.to_owned())),
};

const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";
/// Shorter than the caller's own limit, so that a hanging service does not keep the thread.
const ANSWER: Duration = Duration::from_secs(20);
const PERSON: Duration = Duration::from_secs(115);

pub(super) struct Platform(Mutex<Option<Link>>);

/// A connection to one life of the service.
#[derive(Clone)]
struct Link {
    bus: Connection,
    owner: OwnedUniqueName,
    secrets: Arc<SecretService<'static>>,
}

impl System for Platform {
    fn open(&self, namespace: &str) -> Result<Items> {
        let link = self.link()?;
        if let Some(prompt) = unlock_quietly(&link.bus, namespace)? {
            // Left alone, it would stay with the service for as long as the connection lasts.
            let _ = link.bus.call_method(Some(SERVICE), &prompt, Some(PROMPT), "Dismiss", &());
            return Err(ErrorKind::Locked.into());
        }
        Ok(Items::new(Arc::new(SecretItems(link.secrets)), HABITS, kind))
    }

    fn unlock(&self, namespace: &str) -> Result<()> {
        let bus = self.link()?.bus;
        if default_collection(&bus)?.is_none() {
            let label = ("org.freedesktop.Secret.Collection.Label", Value::from("Login"));
            let (made, prompt): (OwnedObjectPath, OwnedObjectPath) =
                call(&bus, "CreateCollection", &(HashMap::from([label]), "default"))?;
            return if is_none(&made) { ask(&bus, prompt) } else { Ok(()) };
        }
        match unlock_quietly(&bus, namespace)? {
            Some(prompt) => ask(&bus, prompt),
            None => Ok(()),
        }
    }
}

impl Platform {
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn link(&self) -> Result<Link> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = known.as_ref()
            && owner(&link.bus, SERVICE).as_ref() == Some(&link.owner)
        {
            return Ok(link.clone());
        }
        *known = None;
        let link = Link::new()?;
        *known = Some(link.clone());
        Ok(link)
    }
}

impl Link {
    fn new() -> Result<Self> {
        let connected = connection::Builder::session().and_then(|bus| bus.method_timeout(ANSWER).build());
        let bus = connected.map_err(|error| Error::new(ErrorKind::NoKeychain, error))?;
        // gnome-keyring may handle the first message of a connection before it has noted who sent it, and then does
        // not find its own collections, or dies of opening a session. Reading this property needs no sender.
        let property = (INTERFACE, "Collections");
        bus.call_method(Some(SERVICE), PATH, Some("org.freedesktop.DBus.Properties"), "Get", &property)
            .map_err(broken)?;
        let owner = owner(&bus, SERVICE).ok_or(ErrorKind::NoKeychain)?;
        let secrets = SecretService::connect_with_existing(EncryptionType::Dh, bus.clone())
            .map_err(|error| Error::new(service_kind(&error), error))?;
        Ok(Self { bus, owner, secrets: Arc::new(secrets) })
    }
}

fn kind(error: &KeyringError) -> ErrorKind {
    match error {
        KeyringError::PlatformFailure(source) | KeyringError::NoStorageAccess(source) => {
            source.downcast_ref().map_or(ErrorKind::StoreBroken, service_kind)
        }
        KeyringError::Invalid(..) | KeyringError::TooLong(..) | KeyringError::NotSupportedByStore(_) => {
            ErrorKind::Bug
        }
        _ => ErrorKind::StoreBroken,
    }
}

fn service_kind(error: &secret_service::Error) -> ErrorKind {
    match error {
        secret_service::Error::Unavailable => ErrorKind::NoKeychain,
        secret_service::Error::Locked | secret_service::Error::NoResult => ErrorKind::Locked,
        secret_service::Error::Prompt => ErrorKind::Dismissed,
        secret_service::Error::Zbus(error) => bus_kind(error),
        secret_service::Error::ZbusFdo(error) => fdo_kind(error),
        _ => ErrorKind::StoreBroken,
    }
}

fn bus_kind(error: &zbus::Error) -> ErrorKind {
    match error {
        zbus::Error::MethodError(name, ..) => named_kind(name.as_str()),
        zbus::Error::FDO(error) => fdo_kind(error),
        _ => ErrorKind::StoreBroken,
    }
}

fn fdo_kind(error: &zbus::fdo::Error) -> ErrorKind {
    match error {
        zbus::fdo::Error::ZBus(error) => bus_kind(error),
        error => named_kind(error.name().as_str()),
    }
}

fn named_kind(name: &str) -> ErrorKind {
    match name.strip_prefix("org.freedesktop.DBus.Error.") {
        // `AccessDenied` is how a sandbox keeps the service from us.
        Some("ServiceUnknown" | "NameHasNoOwner" | "AccessDenied") => ErrorKind::NoKeychain,
        Some(spawn) if spawn.starts_with("Spawn.") => ErrorKind::NoKeychain,
        Some(_) => ErrorKind::StoreBroken,
        None if name == "org.freedesktop.Secret.Error.IsLocked" => ErrorKind::Locked,
        None => ErrorKind::StoreBroken,
    }
}

/// Unlocks what can be unlocked without a prompt; gives the prompt that it would take otherwise.
fn unlock_quietly(bus: &Connection, namespace: &str) -> Result<Option<OwnedObjectPath>> {
    // A new collection takes a prompt too, but of another kind.
    let default = default_collection(bus)?.ok_or(ErrorKind::Locked)?;
    let attributes = HashMap::from([("service", namespace)]);
    let (_, mut objects): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
        call(bus, "SearchItems", &(attributes,))?;
    objects.push(default);
    let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) = call(bus, "Unlock", &(objects,))?;
    Ok((!is_none(&prompt)).then_some(prompt))
}

/// The one new items go to, unless it ends with the session.
fn default_collection(bus: &Connection) -> Result<Option<OwnedObjectPath>> {
    let path: OwnedObjectPath = call(bus, "ReadAlias", &("default",))?;
    Ok((!is_none(&path) && !path.ends_with("/session")).then_some(path))
}

/// Lets the service ask the person.
fn ask(bus: &Connection, prompt: OwnedObjectPath) -> Result<()> {
    let proxy = Proxy::new(bus, SERVICE, prompt, PROMPT).map_err(broken)?;
    let mut completed = proxy.receive_signal("Completed").map_err(broken)?;
    let (answer, answered) = channel();
    thread::Builder::new()
        .name("keychain prompt".into())
        .spawn(move || answer.send(completed.next()))
        .map_err(|error| Error::new(ErrorKind::StoreBroken, error))?;
    proxy.call_method("Prompt", &("",)).map_err(broken)?;
    match answered.recv_timeout(PERSON) {
        Ok(Some(signal)) => {
            let (dismissed, _): (bool, OwnedValue) = signal.body().deserialize().map_err(broken)?;
            match dismissed {
                false => Ok(()),
                true if nobody_could_ask(bus) => Err(ErrorKind::Locked.into()),
                true => Err(ErrorKind::Dismissed.into()),
            }
        }
        Ok(None) | Err(RecvTimeoutError::Disconnected) => Err(ErrorKind::StoreBroken.into()),
        Err(RecvTimeoutError::Timeout) => {
            let _ = proxy.call_method("Dismiss", &());
            Err(ErrorKind::Locked.into())
        }
    }
}

/// gnome-keyring says "dismissed" too when there is no program to show its prompt.
fn nobody_could_ask(bus: &Connection) -> bool {
    let provider = owner(bus, "org.gnome.keyring");
    provider.is_some()
        && provider == owner(bus, SERVICE)
        && owner(bus, "org.gnome.keyring.SystemPrompter").is_none()
}

fn owner(bus: &Connection, name: &'static str) -> Option<OwnedUniqueName> {
    let names = DBusProxy::new(bus).ok()?;
    names.get_name_owner(BusName::from_static_str(name).ok()?).ok()
}

fn call<B, R>(bus: &Connection, method: &str, body: &B) -> Result<R>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
    R: for<'de> serde::Deserialize<'de> + zbus::zvariant::Type,
{
    let path = ObjectPath::from_static_str_unchecked(PATH);
    let reply = bus.call_method(Some(SERVICE), path, Some(INTERFACE), method, body).map_err(broken)?;
    reply.body().deserialize().map_err(broken)
}

fn is_none(path: &OwnedObjectPath) -> bool {
    path.as_str() == "/"
}

fn broken(error: zbus::Error) -> Error {
    Error::new(bus_kind(&error), error)
}
