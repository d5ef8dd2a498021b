//! `wrk`, Debian's load generator that takes the least of the machine, and what it has seen.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::server::{JSON, NAMES, PASSWORD};

/// Sign-ins that all went well.
pub struct Enters {
    /// In a second.
    pub rate: f64,
    /// Milliseconds.
    pub median: f64,
    pub p99: f64,
}

/// Signs in at `url` from `clients` at once, for `span`: each time somebody else, from another address. The script is left in
/// `folder`.
pub fn sign_ins(url: &str, clients: usize, span: Duration, folder: &Path) -> Enters {
    let body = json!({"identifier": "NAME", "password": PASSWORD, "device": "bench"}).to_string();
    let (before, after) = body.split_once("NAME").unwrap();
    let script = format!(
        "local n = 0
request = function()
  n = n + 1
  local address = '198.18.' .. math.floor(n / 250) % 250 .. '.' .. n % 250 + 1
  local headers = {{ ['Content-Type'] = '{JSON}', ['X-Forwarded-For'] = address }}
  return wrk.format('POST', nil, headers, '{before}jana' .. n % {NAMES} .. '{after}')
end
done = function(seen, took)
  local e = seen.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  print('seen', seen.requests, seen.duration, failed, took:percentile(50), took:percentile(99))
end
"
    );
    let file = folder.join("sign-in.lua");
    std::fs::write(&file, script).unwrap();
    let out = Command::new("wrk")
        .args(["-t1", &format!("-c{clients}"), &format!("-d{}s", span.as_secs()), "-s"])
        .args([file.as_os_str(), url.as_ref()])
        .output()
        .unwrap_or_else(|error| panic!("wrk: {error}; Debian's package wrk brings it"));
    let out = String::from_utf8_lossy(&out.stdout);
    let line = out.lines().find_map(|line| line.strip_prefix("seen")).unwrap_or_else(|| panic!("{out}"));
    let seen: Vec<f64> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [requests, micros, failed, median, p99] = seen[..] else { panic!("{out}") };
    assert_eq!(failed, 0.0, "{out}");
    Enters { rate: requests / micros * 1e6, median: median / 1e3, p99: p99 / 1e3 }
}

impl std::fmt::Display for Enters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rate, median, p99 } = self;
        write!(f, "{rate:.1}/s, median {median:.0} ms, p99 {p99:.0} ms")
    }
}
