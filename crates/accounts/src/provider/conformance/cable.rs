//! The cable to a server, which can be cut so that what is asked arrives and what is answered does not.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A port of 127.0.0.1 that leads to a server.
pub struct Cable {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Cable {
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        Self::at(0, server).await
    }

    /// The same at a port of one's own choice: some servers must know beforehand how they are called.
    pub async fn at(port: u16, server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let cut = Arc::new(AtomicBool::new(false));
        let is_cut = cut.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let is_cut = is_cut.clone();
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        // A broken connection is what this is for.
                        let _ = carry(client, server, &is_cut).await;
                    }
                });
            }
        });
        Ok(Self { address, cut })
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on answers are lost.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

async fn carry(client: TcpStream, server: TcpStream, cut: &AtomicBool) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut part = vec![0; 16 * 1024];
    loop {
        let read = from_server.read(&mut part).await?;
        if read == 0 || cut.load(Ordering::SeqCst) {
            asking.abort();
            return Ok(());
        }
        to_client.write_all(&part[..read]).await?;
    }
}
