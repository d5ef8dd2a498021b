//! One range: all hashes that begin alike, without their beginning, in order.

use super::{count, is_hex, unreadable};
use crate::error::Result;

const SUFFIX: usize = 40 - super::LEAVING;

/// How often the hash with this ending stands there.
pub(super) fn times(text: &str, rest: &str) -> Result<u64> {
    let lines = read(text)?;
    Ok(lines.into_iter().find(|(suffix, _)| *suffix == rest).map_or(0, |(_, times)| times))
}

/// The lines of a range, each looked at.
pub(super) fn read(text: &str) -> Result<Vec<(&str, u64)>> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let (suffix, times) = line.split_once(':').ok_or_else(|| unreadable("a line without a count"))?;
        if !is_hex(suffix, SUFFIX) {
            return Err(unreadable("a line that is no hash"));
        }
        lines.push((suffix, count(times)?));
    }
    // The smallest range has hundreds of them: one that does not go from 0… to F… was cut off.
    let ends = |start| lines.iter().any(|(suffix, times)| suffix.starts_with(start) && *times > 0);
    if ends('0') && ends('F') { Ok(lines) } else { Err(unreadable("a range that is not whole")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const FIRST: &str = "0018A45C4D1DEF81644B54AB7F969B88D65:10";
    const LAST: &str = "FFE0000000000000000000000000000000F:2";
    const WANTED: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";

    fn text(lines: &[&str]) -> String {
        lines.join("\r\n")
    }

    #[test]
    fn the_count_is_that_of_the_line() {
        let wanted = format!("{WANTED}:3861493");
        let text = text(&[FIRST, &wanted, LAST]);
        assert_eq!(times(&text, WANTED).unwrap(), 3_861_493);
        assert_eq!(times(&text, &WANTED.replace('1', "2")).unwrap(), 0);
    }

    #[test]
    fn padding_is_no_leak() {
        let padding = format!("{WANTED}:0");
        assert_eq!(times(&text(&[FIRST, &padding, LAST]), WANTED).unwrap(), 0);
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_an_error() {
        let wanted = format!("{WANTED}:3");
        let short = format!("{}:3", &WANTED[1..]);
        for lines in [
            vec![],
            vec![FIRST, &wanted],
            vec![&wanted, LAST],
            vec![FIRST, WANTED, LAST],
            vec![FIRST, &short, LAST],
            vec![FIRST, "<html>", LAST],
            vec![FIRST, "", LAST],
            vec![FIRST, &wanted[..36], LAST],
            vec![FIRST, &wanted.to_lowercase(), LAST],
        ] {
            let error = times(&text(&lines), WANTED).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unreadable, "{lines:?}");
        }
    }
}
