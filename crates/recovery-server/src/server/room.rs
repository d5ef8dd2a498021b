//! How many connections there may be, all in all and from one address.

use crate::config::Bounds;
use crate::network::{self, Network};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections beyond the bound that are at least told so; those beyond this are dropped.
const TOLD: usize = 64;

pub(super) struct Room {
    seats: Arc<Semaphore>,
    told: Arc<Semaphore>,
    most_per_line: usize,
    lines: Arc<Mutex<HashMap<String, usize>>>,
    trusted: Vec<Network>,
}

/// A place that is free again when this is dropped.
pub(super) struct Seat {
    _permit: OwnedSemaphorePermit,
    _line: Option<Line>,
    /// There is no room: it is to be told so, and nothing else.
    pub(super) refused: bool,
}

impl Room {
    pub(super) fn new(bounds: &Bounds, trusted: &[Network]) -> Self {
        Self {
            seats: Arc::new(Semaphore::new(bounds.connections)),
            told: Arc::new(Semaphore::new(TOLD)),
            most_per_line: bounds.connections_per_address,
            lines: Arc::default(),
            trusted: trusted.to_vec(),
        }
    }

    /// `None` if it cannot even be told.
    pub(super) fn seat(&self, peer: IpAddr) -> Option<Seat> {
        let granted = match self.line(peer) {
            Ok(line) => self.seats.clone().try_acquire_owned().ok().map(|permit| (permit, line)),
            Err(Full) => None,
        };
        match granted {
            Some((permit, line)) => Some(Seat { _permit: permit, _line: line, refused: false }),
            None => {
                let permit = self.told.clone().try_acquire_owned().ok()?;
                Some(Seat { _permit: permit, _line: None, refused: true })
            }
        }
    }

    fn line(&self, peer: IpAddr) -> Result<Option<Line>, Full> {
        let peer = peer.to_canonical();
        if peer.is_loopback() || network::is_trusted(peer, &self.trusted) {
            return Ok(None);
        }
        let name = network::line(Some(peer));
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let count = lines.entry(name.clone()).or_default();
        if *count >= self.most_per_line {
            return Err(Full);
        }
        *count += 1;
        Ok(Some(Line { name, lines: self.lines.clone() }))
    }
}

struct Full;

struct Line {
    name: String,
    lines: Arc<Mutex<HashMap<String, usize>>>,
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = lines.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                lines.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(connections: usize, connections_per_address: usize) -> Room {
        let bounds = Bounds { connections, connections_per_address, ..Bounds::default() };
        Room::new(&bounds, &["10.0.0.0/8".parse().unwrap()])
    }

    fn seat(room: &Room, peer: &str) -> Option<Seat> {
        room.seat(peer.parse().unwrap())
    }

    #[test]
    fn beyond_the_bound_some_are_told_and_the_rest_dropped() {
        let room = room(2, 100);
        let mut seats: Vec<Seat> = (0..2).map(|_| seat(&room, "127.0.0.1").unwrap()).collect();
        assert!(seats.iter().all(|seat| !seat.refused));
        let told: Vec<Seat> = (0..TOLD).map(|_| seat(&room, "127.0.0.1").unwrap()).collect();
        assert!(told.iter().all(|seat| seat.refused));
        assert!(seat(&room, "127.0.0.1").is_none());
        seats.pop();
        assert!(!seat(&room, "127.0.0.1").unwrap().refused);
    }

    #[test]
    fn one_address_cannot_take_all_the_room() {
        let room = room(100, 2);
        let first = [seat(&room, "203.0.113.7"), seat(&room, "::ffff:203.0.113.7")].map(Option::unwrap);
        assert!(first.iter().all(|seat| !seat.refused));
        assert!(seat(&room, "203.0.113.7").unwrap().refused);
        assert!(!seat(&room, "203.0.113.8").unwrap().refused);
        drop(first);
        assert!(!seat(&room, "203.0.113.7").unwrap().refused);
        assert!(room.lines.lock().unwrap().is_empty(), "nothing is kept of who has gone");
    }

    #[test]
    fn proxies_and_this_machine_may_take_as_many_as_there_are() {
        let room = room(10, 1);
        let peers = ["10.1.2.3", "10.1.2.3", "127.0.0.1", "::1", "127.0.0.1"];
        let seats = peers.map(|peer| seat(&room, peer).unwrap());
        assert!(seats.iter().all(|seat| !seat.refused));
    }
}
