//! logind says when the session is locked and when the computer is about to sleep; screen savers say so, too.

use std::thread;
use std::time::Duration;

use tauri::{AppHandle, Manager as _};
use zbus::blocking::{Connection, MessageIterator, Proxy, fdo::DBusProxy};
use zbus::message::Type;
use zbus::zvariant::OwnedFd;
use zbus::{MatchRule, Message};

use crate::app::App;

const LOGIN: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const LOGIN_PATH: &str = "/org/freedesktop/login1";
const SAVERS: [&str; 4] = [
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
];

/// How long the page may take to save what is being typed.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn watch(handle: &AppHandle) {
    let (for_login, for_savers) = (handle.clone(), handle.clone());
    listen("logind", move || login(&for_login));
    listen("screen savers", move || savers(&for_savers));
}

/// Without the service the window locks after its minutes all the same.
fn listen(what: &'static str, run: impl FnOnce() -> zbus::Result<()> + Send + 'static) {
    thread::spawn(move || {
        if let Err(error) = run() {
            tracing::info!(%error, what, "cannot be listened to");
        }
    });
}

fn login(handle: &AppHandle) -> zbus::Result<()> {
    let bus = Connection::system()?;
    hear(&bus, MANAGER, "PrepareForSleep")?;
    hear(&bus, SESSION, "Lock")?;
    // Other people may have sessions of their own on this computer.
    let own = manager(&bus)?
        .call::<_, _, zbus::zvariant::OwnedObjectPath>("GetSessionByPID", &(std::process::id(),));
    let own = own.ok();
    let mut delay = put_off(&bus);
    for message in MessageIterator::from(&bus) {
        let message = message?;
        if is(&message, SESSION, "Lock") {
            let path = message.header().path().map(ToString::to_string);
            if own.as_ref().is_none_or(|own| path.as_deref() == Some(own.as_str())) {
                lock(handle);
            }
        } else if is(&message, MANAGER, "PrepareForSleep") {
            if begins(&message) {
                lock(handle);
                drop(delay.take());
            } else {
                delay = put_off(&bus);
            }
        }
    }
    Ok(())
}

fn savers(handle: &AppHandle) -> zbus::Result<()> {
    let bus = Connection::session()?;
    for saver in SAVERS {
        hear(&bus, saver, "ActiveChanged")?;
    }
    for message in MessageIterator::from(&bus) {
        let message = message?;
        if SAVERS.iter().any(|saver| is(&message, saver, "ActiveChanged")) && begins(&message) {
            lock(handle);
        }
    }
    Ok(())
}

/// Keeps the computer awake until the window has locked; logind waits for five seconds at most.
fn put_off(bus: &Connection) -> Option<OwnedFd> {
    let asked = manager(bus).and_then(|it| it.call("Inhibit", &("sleep", "Regain", "Locking", "delay")));
    asked
        .inspect_err(|error| tracing::info!(%error, "sleep cannot be put off until the window has locked"))
        .ok()
}

fn manager(bus: &Connection) -> zbus::Result<Proxy<'static>> {
    Proxy::new(bus, LOGIN, LOGIN_PATH, MANAGER)
}

fn hear(bus: &Connection, interface: &str, member: &str) -> zbus::Result<()> {
    let rule = MatchRule::builder().msg_type(Type::Signal).interface(interface)?.member(member)?.build();
    Ok(DBusProxy::new(bus)?.add_match_rule(rule)?)
}

fn is(message: &Message, interface: &str, member: &str) -> bool {
    let header = message.header();
    header.message_type() == Type::Signal
        && header.interface().is_some_and(|name| name.as_str() == interface)
        && header.member().is_some_and(|name| name.as_str() == member)
}

/// The one argument: whether it begins or has ended.
fn begins(message: &Message) -> bool {
    message.body().deserialize::<bool>().unwrap_or(false)
}

/// Returns when everything is locked. The page is told first, so that it can save what is being typed; a page that
/// does not answer is not waited for.
fn lock(handle: &AppHandle) {
    let app = handle.state::<App>();
    if app.is_first_start() || app.is_locked() {
        return;
    }
    tauri::async_runtime::block_on(async {
        let shut = app.shut.notified();
        app.away.notify_one();
        if tokio::time::timeout(PATIENCE, shut).await.is_err() {
            app.lock().await;
        }
    });
}
