//! The recovery server beside account servers that others wrote, in one run: sign-ins and recoveries a second, memory, start.
//!
//! `cargo xtask bench servers`. Each is run as its makers say, as far as that is one machine with SQLite, with its own
//! password hash; its limits are switched off by its own settings, and its mail goes to one mailbox over SMTP. The table
//! that is printed stands in `docs/performance.md`.

#[cfg(target_os = "linux")]
mod linux;

fn main() -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    linux::run()?;
    Ok(())
}
