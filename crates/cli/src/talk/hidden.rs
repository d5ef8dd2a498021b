//! Typing without echo. The echo is off before the prompt is shown, so that nothing is typed into the gap; and it is on
//! again whatever ends the wait.

#[cfg(unix)]
pub use self::unix::Hidden;
#[cfg(windows)]
pub use self::windows::Hidden;

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions};
    use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};

    use accounts::Secret;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use zeroize::Zeroizing;

    /// The terminal, without echo until this is dropped.
    pub struct Hidden {
        terminal: File,
        before: Termios,
    }

    impl Hidden {
        pub fn prompt(text: &str) -> io::Result<Self> {
            let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
            let before = tcgetattr(&terminal)?;
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            // The end of the line is seen.
            quiet.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
            tcsetattr(&terminal, OptionalActions::Now, &quiet)?;
            let hidden = Self { terminal: terminal.try_clone()?, before };
            terminal.write_all(text.as_bytes())?;
            Ok(hidden)
        }

        /// What waits for the line, on a thread that may stand still.
        pub fn reader(&self) -> io::Result<impl FnOnce() -> io::Result<Secret> + Send + 'static + use<>> {
            let terminal = self.terminal.try_clone()?;
            Ok(move || {
                let mut line = Zeroizing::new(String::new());
                match BufReader::new(terminal).read_line(&mut line)? {
                    0 => Err(ErrorKind::UnexpectedEof.into()),
                    _ => Ok(Secret::new(line.trim_end_matches(['\n', '\r']))),
                }
            })
        }
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            if let Err(error) = tcsetattr(&self.terminal, OptionalActions::Now, &self.before) {
                tracing::warn!(%error, "the terminal's echo could not be turned on again");
            }
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::io;

    use accounts::Secret;

    pub struct Hidden(String);

    impl Hidden {
        pub fn prompt(text: &str) -> io::Result<Self> {
            Ok(Self(text.to_owned()))
        }

        pub fn reader(&self) -> io::Result<impl FnOnce() -> io::Result<Secret> + Send + 'static + use<>> {
            let text = self.0.clone();
            Ok(move || rpassword::prompt_password(text).map(Secret::new))
        }
    }
}
