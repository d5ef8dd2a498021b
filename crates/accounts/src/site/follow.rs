//! Following a site's redirects by our own rules: by https, from one host of the internet to another, five times.

use std::time::Duration;

use url::Url;

use super::host::Host;
use crate::error::{Error, ErrorKind};
use crate::http::outside::was_inside;
use crate::http::{Call, Http, Reply};

/// Redirects that are followed; browsers give up at 20, but a page for a person is never that far.
const MOST_REDIRECTS: usize = 5;
/// Longest address that is gone to, in bytes.
const LONGEST_URL: usize = 4_096;

/// Where it ended.
pub(super) struct End {
    pub url: Url,
    pub reply: Reply,
}

/// Why it ended nowhere.
#[derive(Debug)]
pub(super) enum Stop {
    /// A redirect to where we do not go, or too many of them.
    LedAstray,
    Failed(Error),
}

/// Asks for an address and follows where it leads. Reads up to `most` bytes of the last answer.
pub(super) async fn follow(http: &Http, from: Url, most: usize, each: Duration) -> Result<End, Stop> {
    let mut url = from;
    for _ in 0..=MOST_REDIRECTS {
        if Host::of(&url).is_none() || url.as_str().len() > LONGEST_URL {
            return Err(Stop::LedAstray);
        }
        let reply = http.send(Call::get(url.clone()).at_most(most).within(each)).await.map_err(stop)?;
        if !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(End { url, reply });
        }
        let Some(next) = reply.header("location").and_then(|to| url.join(to).ok()) else {
            return Ok(End { url, reply });
        };
        url = next;
    }
    Err(Stop::LedAstray)
}

fn stop(error: Error) -> Stop {
    // Only the first host can have been named by a person; where that is inside, it leads astray, too.
    if was_inside(&error) { Stop::LedAstray } else { Stop::Failed(error) }
}

impl Stop {
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::LedAstray => None,
            Self::Failed(error) => Some(error.kind()),
        }
    }
}
