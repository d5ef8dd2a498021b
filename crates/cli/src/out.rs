//! Standard output, which may be a pipe whose reader has gone; and what is said beside it.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use zeroize::Zeroizing;

use crate::stop::{Result, Stop};

/// Writes a line of the result, and sees that it arrives.
pub fn line(text: &str) -> Result<()> {
    write(text.as_bytes(), true)
}

pub fn bytes(bytes: &[u8]) -> Result<()> {
    write(bytes, false)
}

fn write(bytes: &[u8], end: bool) -> Result<()> {
    // One buffer, one write: lines of two processes on one pipe do not mix.
    let mut whole = Zeroizing::new(Vec::with_capacity(bytes.len() + 1));
    whole.extend_from_slice(bytes);
    if end {
        whole.push(b'\n');
    }
    let mut out = io::stdout().lock();
    out.write_all(&whole).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Stop::pipe(),
        _ => Stop::bug(error),
    })
}

/// Says something beside the result. That nobody hears it changes nothing.
pub fn say(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.write_all(b"\n"));
}

pub fn prompt(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// Text that stands out, on a terminal that may have colours (<https://no-color.org>).
pub fn strong(text: &str, on: &impl io::IsTerminal) -> String {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if on.is_terminal() && !set("NO_COLOR") && !dumb {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.into()
    }
}

/// What was typed by somebody else must not steer the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Columns that line up; the last one is not filled.
pub fn table(rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (number, (cell, width)) in row.iter().zip(&widths).enumerate() {
            line.push_str(cell);
            if number + 1 < row.len() {
                line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
            }
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

pub fn err_is_terminal() -> bool {
    io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".to_owned(), "bb".into()], vec!["ccc".into(), "d".into()]];
        assert_eq!(table(&rows), "a    bb\nccc  d");
    }

    #[test]
    fn a_server_cannot_steer_the_terminal() {
        assert_eq!(plain("Shop\u{1b}[2J\n"), "Shop\u{fffd}[2J\u{fffd}");
    }
}
