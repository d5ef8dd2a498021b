//! The cable to a server: it can be cut, so that what is asked arrives and what is answered does not; and something on
//! the way can refuse to carry what is asked, as a limiter in front of a server does.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A port of 127.0.0.1 that leads to a server.
pub struct Cable {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    /// The next answer is lost, and those after it are not.
    loses_next: bool,
    /// What the next request is answered with, in place of being carried.
    refusal: Option<String>,
}

impl Cable {
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        Self::at(0, server).await
    }

    /// The same at a port of one's own choice: some servers must know beforehand how they are called.
    pub async fn at(port: u16, server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = shared.clone();
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        // A broken connection is what this is for.
                        let _ = carry(client, server, &state).await;
                    }
                });
            }
        });
        Ok(Self { address, state })
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on answers are lost.
    pub fn cut(&self) {
        lock(&self.state).cut = true;
    }

    /// The next answer is lost.
    pub fn lose_next(&self) {
        lock(&self.state).loses_next = true;
    }

    pub fn mend(&self) {
        lock(&self.state).cut = false;
    }

    /// The next request does not arrive: it is answered with this status and these lines of headers.
    pub fn refuse(&self, status: u16, headers: &str) {
        let refusal = format!(
            "HTTP/1.1 {status} Refused\r\n{headers}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        lock(&self.state).refusal = Some(refusal);
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_lost(state: &Mutex<State>) -> bool {
    let mut state = lock(state);
    state.cut | std::mem::take(&mut state.loses_next)
}

async fn carry(client: TcpStream, server: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut asked, mut answered) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    let mut asks = true;
    loop {
        tokio::select! {
            read = from_client.read(&mut asked), if asks => {
                let read = read?;
                let refusal = lock(state).refusal.take_if(|_| read > 0);
                match refusal {
                    Some(refusal) => return refuse(&asked[..read], &refusal, &mut from_client, &mut to_client).await,
                    None if read == 0 => {
                        asks = false;
                        to_server.shutdown().await?;
                    }
                    None => to_server.write_all(&asked[..read]).await?,
                }
            }
            read = from_server.read(&mut answered) => {
                let read = read?;
                if read == 0 || is_lost(state) {
                    return Ok(());
                }
                to_client.write_all(&answered[..read]).await?;
            }
        }
    }
}

/// Hears the request out first: closing on one that is still being sent would lose the answer, too.
async fn refuse(
    head: &[u8],
    refusal: &str,
    from_client: &mut OwnedReadHalf,
    to_client: &mut OwnedWriteHalf,
) -> io::Result<()> {
    let mut request = head.to_vec();
    while !is_whole(&request) {
        if from_client.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    to_client.write_all(refusal.as_bytes()).await?;
    to_client.shutdown().await
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
