//! A server under a name of its own and with TLS, as its manual has it, and mail that comes back.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use recovery_server::Config;
use recovery_server::config::Tls;

use crate::desk::Desk;
use crate::server::{AccountServer, FORGOTTEN};
use crate::steps::{confirm, find_server_at, first_start, open_account, sign_in};
use crate::window::Window;

const NAME: &str = "konto.dorfladen.example";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_server_is_found_by_its_name_and_says_whose_mail_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let machine = machine(folder.path()).unwrap();
    Desk::play_with("domain", machine, async |desk| {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let server = AccountServer::serve(settings(folder.path(), port)?, |_| {}).await?;
        let window = &desk.window;
        first_start(window).await?;
        find_server_at(window, &format!("{NAME}:{port}")).await?;
        sign_in(window, FORGOTTEN).await?;
        open_account(window).await?;
        window.press("recovery-open").await?;
        window.await_text("recovery-address", "jana@example.com").await?;
        ensure!(window.find_all("recovery-bounced").await?.is_empty(), "nothing has come back yet");

        // The notice about new codes is refused for good.
        server.mailbox.fill();
        window.press("recovery-renew").await?;
        confirm(window).await?;
        window.await_screen("done").await?;
        window.press("done").await?;
        await_bounced(window).await?;
        window.await_text("recovery-bounced", "The last mail came back, today").await?;
        window.has_no_violations().await
    })
    .await;
}

/// The server tries to send once it has answered.
async fn await_bounced(window: &Window) -> Result<()> {
    for _ in 0..50 {
        window.await_text("recovery-address", "jana@example.com").await?;
        if !window.find_all("recovery-bounced").await?.is_empty() {
            return Ok(());
        }
        window.press("back").await?;
        window.await_screen("account").await?;
        window.press("recovery-open").await?;
        window.await_screen("recovery-settings").await?;
    }
    bail!("the address is not said to be of no use")
}

/// What makes a machine know the name, and who vouches for it.
fn machine(folder: &Path) -> Result<Vec<(&'static str, OsString)>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec![NAME.to_owned()])?.signed_by(&key, &authority)?;
    let (roots, names) = (folder.join("roots.pem"), folder.join("hosts"));
    fs::write(&roots, authority.pem())?;
    fs::write(&names, format!("127.0.0.1 {NAME}\n"))?;
    fs::write(folder.join("own.pem"), certificate.pem())?;
    fs::write(folder.join("own.key"), key.serialize_pem())?;
    fs::set_permissions(folder.join("own.key"), fs::Permissions::from_mode(0o600))?;
    Ok(vec![
        ("SSL_CERT_FILE", roots.into()),
        ("LD_PRELOAD", "libnss_wrapper.so".into()),
        ("NSS_WRAPPER_HOSTS", names.into()),
    ])
}

fn settings(folder: &Path, port: u16) -> Result<Config> {
    let mut config = Config::loopback("Dorfladen");
    config.public_url = format!("https://{NAME}:{port}").parse()?;
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    config.tls = Some(Tls { certificate: folder.join("own.pem"), key: folder.join("own.key") });
    Ok(config)
}
