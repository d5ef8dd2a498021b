//! A connection that is cut when the other side takes too long.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Until the first byte of a connection has come.
const FIRST: Duration = Duration::from_secs(10);
/// Until another byte comes, between requests as well as within one.
const IDLE: Duration = Duration::from_secs(60);
/// Until the other side takes some of what is written.
const UNREAD: Duration = Duration::from_secs(10);

/// Reads and writes what `S` does, as long as it keeps moving.
pub(super) struct Patient<S> {
    stream: S,
    begun: bool,
    reading: Wait,
    writing: Wait,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, begun: false, reading: Wait(None), writing: Wait(None) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, into);
        let patience = if self.begun { IDLE } else { FIRST };
        let done = ready!(self.reading.unless_over(polled, patience, context));
        self.begun = true;
        Poll::Ready(done)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.writing.unless_over(polled, UNREAD, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.writing.unless_over(polled, UNREAD, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.writing.unless_over(polled, UNREAD, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.writing.unless_over(polled, UNREAD, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Runs from the first time that nothing moved.
struct Wait(Option<Pin<Box<Sleep>>>);

impl Wait {
    fn unless_over<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        patience: Duration,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.0 = None;
            return polled;
        }
        ready!(self.0.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_cut_after_ten_seconds_and_who_pauses_after_sixty() {
        let (ours, mut theirs) = duplex(64);
        let mut patient = Patient::new(ours);
        let begun = Instant::now();
        assert_eq!(patient.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), FIRST);

        theirs.write_u8(7).await.unwrap();
        assert_eq!(patient.read_u8().await.unwrap(), 7);
        let begun = Instant::now();
        assert_eq!(patient.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), IDLE);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_cut_after_ten_seconds() {
        let (ours, mut theirs) = duplex(8);
        let mut patient = Patient::new(ours);
        patient.write_all(&[0; 8]).await.unwrap();
        let begun = Instant::now();
        assert_eq!(patient.write_all(&[0; 8]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), UNREAD);

        theirs.read_exact(&mut [0; 8]).await.unwrap();
        patient.write_all(&[0; 8]).await.unwrap();
    }
}
