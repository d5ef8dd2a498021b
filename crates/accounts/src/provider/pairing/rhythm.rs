//! How often a server is asked what the phone has done.

use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::provider::Problem;

/// The longest wait between two looks while the network is away.
pub const FURTHEST: Duration = Duration::from_secs(60);

/// Looks at even intervals, and more and more rarely while nothing is answered.
pub struct Rhythm {
    pub interval: Duration,
    /// Looks in a row that failed.
    failures: u32,
    last: Option<SystemTime>,
}

/// What a look has led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// The person sees all that there is.
    GoOn,
    Show(Option<Problem>),
}

impl Rhythm {
    pub fn every(interval: Duration) -> Self {
        Self { interval, failures: 0, last: None }
    }

    /// Waits until it is time to look.
    pub async fn pause(&self, clock: &dyn Clock) {
        let pause = match self.failures {
            0 => self.interval,
            failures => (self.interval * 2_u32.saturating_pow(failures.min(8))).min(FURTHEST),
        };
        // A computer that slept, or a clock that was set, must not wait for a moment that is long past or far away.
        let since =
            self.last.map_or(Duration::ZERO, |last| clock.now().duration_since(last).unwrap_or(pause));
        clock.wait(pause.saturating_sub(since)).await;
    }

    /// After a look, which says whether there is something new to show. Errors: those that do not pass by themselves;
    /// `Expired` when nothing was answered until the end of what is asked.
    pub fn judge(
        &mut self,
        looked: Result<bool>,
        now: SystemTime,
        ends_at: Option<SystemTime>,
    ) -> Result<Next> {
        self.last = Some(now);
        match looked {
            Ok(new) => {
                let was_away = std::mem::take(&mut self.failures) > 0;
                Ok(if new || was_away { Next::Show(None) } else { Next::GoOn })
            }
            Err(error) if !passes(&error) => Err(error),
            Err(_) if ends_at.is_some_and(|end| now >= end) => Err(ErrorKind::Expired.into()),
            Err(_) => {
                self.failures += 1;
                Ok(if self.failures == 1 { Next::Show(Some(Problem::StillTrying)) } else { Next::GoOn })
            }
        }
    }
}

/// What goes away by itself: the pairing is still there when it has.
fn passes(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Offline | ErrorKind::ServerTrouble | ErrorKind::RateLimited { .. })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::clock::ManualClock;

    fn away() -> Result<bool> {
        Err(ErrorKind::Offline.into())
    }

    #[tokio::test]
    async fn while_nothing_is_answered_it_asks_more_and_more_rarely() {
        let clock = ManualClock::at(0);
        let mut rhythm = Rhythm::every(Duration::from_secs(5));
        let mut gaps = Vec::new();
        for _ in 0..6 {
            let before = clock.now();
            rhythm.pause(&clock).await;
            gaps.push(clock.now().duration_since(before).unwrap().as_secs());
            rhythm.judge(away(), clock.now(), None).unwrap();
        }
        assert_eq!(gaps, [5, 10, 20, 40, 60, 60]);
        rhythm.judge(Ok(false), clock.now(), None).unwrap();
        let before = clock.now();
        rhythm.pause(&clock).await;
        assert_eq!(clock.now().duration_since(before).unwrap().as_secs(), 5);
    }

    #[tokio::test]
    async fn a_computer_that_slept_asks_at_once() {
        let clock = ManualClock::at(0);
        let mut rhythm = Rhythm::every(Duration::from_secs(5));
        rhythm.judge(Ok(false), clock.now(), None).unwrap();
        clock.advance(Duration::from_secs(3_600));
        let before = clock.now();
        rhythm.pause(&clock).await;
        assert_eq!(clock.now(), before);
    }

    #[test]
    fn the_person_is_told_once_that_it_keeps_trying_and_once_that_it_is_over() {
        let mut rhythm = Rhythm::every(Duration::from_secs(5));
        let (now, end) = (UNIX_EPOCH, UNIX_EPOCH + Duration::from_secs(60));
        let mut judge = |looked, now| rhythm.judge(looked, now, Some(end)).map_err(|error| error.kind());
        assert_eq!(judge(Ok(false), now), Ok(Next::GoOn));
        assert_eq!(judge(away(), now), Ok(Next::Show(Some(Problem::StillTrying))));
        assert_eq!(judge(away(), now), Ok(Next::GoOn));
        assert_eq!(judge(Ok(false), now), Ok(Next::Show(None)));
        assert_eq!(judge(Ok(true), now), Ok(Next::Show(None)));
        assert_eq!(judge(Err(ErrorKind::Refused.into()), now), Err(ErrorKind::Refused));
        assert_eq!(judge(away(), end), Err(ErrorKind::Expired));
    }
}
