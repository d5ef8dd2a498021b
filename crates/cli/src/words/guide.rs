//! What is said on the way through a guide.

use accounts::guide::Words;
use accounts::provider::GuideAsk;

use crate::out;

pub const NOT_TAKEN: (&str, &str) = (
    "The site didn't take that password.",
    "It stays among the earlier ones, for 30 days. Make another one.",
);
pub const NO_PASSWORD_HERE: &str = "There is no password here.";

/// One step, as it is read from top to bottom.
pub fn guide(ask: &GuideAsk, identifier: &str, site: &str) -> String {
    let put = |words: &Words| out::plain(&words.with(identifier, site).of("en").replace("**", ""));
    let mut lines = vec![format!("{} ({} of {})", put(&ask.title), ask.at + 1, ask.steps.len())];
    lines.extend(ask.page.iter().map(|page| format!("  Page: {page}")));
    lines.extend(ask.todo.iter().enumerate().map(|(n, words)| format!("  {}. {}", n + 1, put(words))));
    lines.extend(ask.see.iter().map(|words| format!("  Then you should see: {}", put(words))));
    lines.extend(ask.hints.iter().map(|words| format!("  Nothing comes? {}", put(words))));
    lines.join("\n")
}

/// `may_fail`: the site may say no, and there may be a password to show.
pub fn guide_prompt(may_fail: bool) -> &'static str {
    if may_fail {
        "Did the site take it? y = yes, n = no, s = show the password: "
    } else {
        "Enter when that is done (b = back): "
    }
}
