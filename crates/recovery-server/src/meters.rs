//! What the server counts about itself, for Prometheus. No label names a person, an address or a code.

mod text;

use crate::audit::Step;
use crate::hash::Load;
use crate::storage::{Direction, Figures, PairingState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use text::{Counters, Durations, Page};

/// Everything that is counted by this process since its start.
pub(crate) struct Meters {
    requests: Counters<3>,
    durations: Durations,
    requests_refused: AtomicU64,
    requests_running: AtomicI64,
    sign_ins: Counters<1>,
    recoveries: Counters<1>,
    wrong_codes: Counters<1>,
    pairings: Counters<2>,
    mail: Counters<1>,
    connections: AtomicI64,
    connections_refused: AtomicU64,
    handshakes_failed: AtomicU64,
}

/// What became of a sign-in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SignedIn {
    Ok,
    /// The password fits, and a second factor is asked for.
    SecondFactor,
    /// Nobody has this name and this password.
    Wrong,
    RateLimited,
    Busy,
    /// It was the server's own fault.
    Failed,
}

/// How far a recovery has come.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Recovering {
    Asked,
    SentAgain,
    Verified,
    PasswordSet,
}

/// Where a wrong code was typed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WrongCode {
    Recovery,
    /// In a sign-up, or for an address that is added.
    Address,
    SecondFactor,
    Pairing,
    Link,
}

/// What became of an attempt at a letter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Letters {
    Sent,
    /// Not taken, and tried again.
    Later,
    /// Given up.
    Dead,
}

/// What stands elsewhere and is asked for when the page is made.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `None` if the database does not answer.
    pub(crate) figures: Option<Figures>,
    /// Seconds that the letter has waited which waits longest; 0 without one.
    pub(crate) oldest_mail: i64,
    pub(crate) hashes: Load,
    pub(crate) ready: bool,
}

impl Meters {
    pub(crate) fn new() -> Self {
        let of = |values: &[&'static str]| {
            Counters::starting_with(&values.iter().map(|value| [*value]).collect::<Vec<_>>())
        };
        let directions = [Direction::Computer, Direction::Phone];
        let steps: Vec<[&str; 2]> =
            directions.iter().flat_map(|direction| STEPS.map(|step| [direction.name(), step])).collect();
        Self {
            requests: Counters::starting_with(&[]),
            durations: Durations::default(),
            requests_refused: AtomicU64::new(0),
            requests_running: AtomicI64::new(0),
            sign_ins: of(&["ok", "second_factor", "wrong", "rate_limited", "busy", "failed"]),
            recoveries: of(&["asked", "sent_again", "verified", "password_set"]),
            wrong_codes: of(&["recovery", "second_factor", "pairing", "link"]),
            pairings: Counters::starting_with(&steps),
            mail: of(&["sent", "later", "dead"]),
            connections: AtomicI64::new(0),
            connections_refused: AtomicU64::new(0),
            handshakes_failed: AtomicU64::new(0),
        }
    }

    pub(crate) fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let method = match method {
            known @ ("GET" | "POST" | "DELETE" | "HEAD" | "PUT" | "PATCH" | "OPTIONS") => known,
            _ => "other",
        };
        let class = match status {
            100..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        self.requests.add([route, method, class]);
        self.durations.add(route, took);
    }

    pub(crate) fn sign_in(&self, result: SignedIn) {
        self.sign_ins.add([match result {
            SignedIn::Ok => "ok",
            SignedIn::SecondFactor => "second_factor",
            SignedIn::Wrong => "wrong",
            SignedIn::RateLimited => "rate_limited",
            SignedIn::Busy => "busy",
            SignedIn::Failed => "failed",
        }]);
    }

    pub(crate) fn recovery(&self, step: Recovering) {
        self.recoveries.add([match step {
            Recovering::Asked => "asked",
            Recovering::SentAgain => "sent_again",
            Recovering::Verified => "verified",
            Recovering::PasswordSet => "password_set",
        }]);
    }

    pub(crate) fn wrong_code(&self, place: WrongCode) {
        self.wrong_codes.add([match place {
            WrongCode::Recovery => "recovery",
            WrongCode::Address => "address",
            WrongCode::SecondFactor => "second_factor",
            WrongCode::Pairing => "pairing",
            WrongCode::Link => "link",
        }]);
    }

    pub(crate) fn pairing(&self, direction: Direction, step: Step) {
        self.pairings.add([direction.name(), step_word(step)]);
    }

    pub(crate) fn mail(&self, result: Letters) {
        self.mail.add([match result {
            Letters::Sent => "sent",
            Letters::Later => "later",
            Letters::Dead => "dead",
        }]);
    }

    pub(crate) fn request_refused(&self) {
        self.requests_refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connection_refused(&self) {
        self.connections_refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn handshake_failed(&self) {
        self.handshakes_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// One more until it is dropped.
    pub(crate) fn connection(&self) -> Running<'_> {
        Running::count(&self.connections)
    }

    pub(crate) fn request_begins(&self) {
        self.requests_running.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn request_ends(&self) {
        self.requests_running.fetch_sub(1, Ordering::Relaxed);
    }

    /// The page in Prometheus' text format 0.0.4.
    pub(crate) fn page(&self, asked: &Asked) -> String {
        let mut page = Page::default();
        let version = env!("CARGO_PKG_VERSION");
        page.begin("build_info", "What runs here.", "gauge");
        page.line("build_info", &[("version", version)], &1);
        page.gauge("ready", "Whether /readyz says yes.", i64::from(asked.ready));
        let names = ["route", "method", "status"];
        page.counters("requests_total", "Requests answered.", names, &self.requests);
        page.durations("request_seconds", "From the head of a request to its answer.", &self.durations);
        let refused = count(&self.requests_refused);
        page.counter("requests_refused_total", "Requests beyond bounds.requests.", refused);
        let running = self.requests_running.load(Ordering::Relaxed);
        page.gauge("requests_running", "Requests whose answers have not been read.", running);
        let connections = self.connections.load(Ordering::Relaxed);
        page.gauge("connections", "Connections that are open.", connections);
        let refused = count(&self.connections_refused);
        page.counter("connections_refused_total", "Connections beyond the bounds.", refused);
        let failed = count(&self.handshakes_failed);
        page.counter("tls_handshakes_failed_total", "TLS handshakes that failed or took too long.", failed);

        page.counters(
            "sign_ins_total",
            "Passwords and passkeys that were checked.",
            ["result"],
            &self.sign_ins,
        );
        page.counters("recoveries_total", "Steps of recoveries.", ["step"], &self.recoveries);
        page.counters("wrong_codes_total", "Codes that did not fit.", ["place"], &self.wrong_codes);
        page.counters("pairing_steps_total", "Steps of pairings.", ["direction", "step"], &self.pairings);

        page.counters("mail_total", "Attempts at letters.", ["result"], &self.mail);
        page.gauge("mail_oldest_seconds", "Age of the oldest waiting letter.", asked.oldest_mail);
        page.gauge("hashes_running", "Passwords being hashed.", whole(asked.hashes.running));
        page.gauge("hashes_waiting", "Passwords waiting for a core.", whole(asked.hashes.waiting));
        let refused = u64::try_from(asked.hashes.refused).unwrap_or(u64::MAX);
        page.counter("hashes_refused_total", "Passwords turned away: too many at once.", refused);

        page.gauge("database_up", "Whether the database answers.", i64::from(asked.figures.is_some()));
        if let Some(figures) = &asked.figures {
            page.gauge("mail_waiting", "Letters in the queue.", figures.mail_waiting);
            page.begin("pairings", "Pairings that are open.", "gauge");
            for direction in [Direction::Computer, Direction::Phone] {
                for state in PairingState::ALL.into_iter().filter(|state| state.is_open()) {
                    let labels = [("direction", direction.name()), ("state", state.name())];
                    page.line("pairings", &labels, &figures.open(direction, state));
                }
            }
        }
        page.text()
    }
}

/// Counted as long as it lives.
pub(crate) struct Running<'a>(&'a AtomicI64);

impl<'a> Running<'a> {
    fn count(counter: &'a AtomicI64) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

const STEPS: [&str; 8] =
    ["asked", "scanned", "confirmed", "wrong_code", "approved", "denied", "cancelled", "consumed"];

fn step_word(step: Step) -> &'static str {
    match step {
        Step::Asked => "asked",
        Step::Scanned => "scanned",
        Step::Confirmed => "confirmed",
        Step::WrongCode => "wrong_code",
        Step::Approved => "approved",
        Step::Denied => "denied",
        Step::Cancelled => "cancelled",
        Step::Consumed => "consumed",
    }
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
