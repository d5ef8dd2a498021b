//! logind's side of the conversation: it puts the computer to sleep and locks the session.

use anyhow::Result;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedFd, OwnedObjectPath};
use zbus::{Connection, connection, interface};

use crate::desk::Desk;

const PATH: &str = "/org/freedesktop/login1";
const SESSION_PATH: &str = "/org/freedesktop/login1/session/_31";

pub struct Login {
    bus: Connection,
}

struct Manager;
struct Session;

#[interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    #[zbus(name = "GetSessionByPID")]
    #[expect(clippy::unused_self, reason = "the interface's form")]
    fn get_session_by_pid(&self, _pid: u32) -> zbus::fdo::Result<OwnedObjectPath> {
        OwnedObjectPath::try_from(SESSION_PATH).map_err(|error| zbus::fdo::Error::Failed(error.to_string()))
    }

    #[expect(clippy::unused_self, reason = "the interface's form")]
    fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> zbus::fdo::Result<OwnedFd> {
        if (what, mode) != ("sleep", "delay") {
            return Err(zbus::fdo::Error::InvalidArgs(format!("{what} {mode}")));
        }
        let file =
            std::fs::File::open("/dev/null").map_err(|error| zbus::fdo::Error::Failed(error.to_string()))?;
        Ok(std::os::fd::OwnedFd::from(file).into())
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, start: bool) -> zbus::Result<()>;
}

#[interface(name = "org.freedesktop.login1.Session")]
impl Session {
    #[zbus(signal)]
    async fn lock(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

impl Desk {
    /// Starts it on the desk's bus, which is its system bus, too.
    pub async fn login_service(&self) -> Result<Login> {
        let bus = connection::Builder::address(self.bus_address())?
            .name("org.freedesktop.login1")?
            .serve_at(PATH, Manager)?
            .serve_at(SESSION_PATH, Session)?
            .build()
            .await?;
        Ok(Login { bus })
    }
}

impl Login {
    pub async fn prepare_for_sleep(&self, start: bool) -> Result<()> {
        Ok(Manager::prepare_for_sleep(&SignalEmitter::new(&self.bus, PATH)?, start).await?)
    }

    pub async fn lock_session(&self) -> Result<()> {
        Ok(Session::lock(&SignalEmitter::new(&self.bus, SESSION_PATH)?).await?)
    }
}
