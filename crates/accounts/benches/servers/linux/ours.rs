//! The recovery server's program, from the release folder.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use serde_json::json;

use super::servers::load::{self, Ask, Loaded};
use super::servers::program::{Program, program};

pub async fn loaded(mail: u16) -> Result<Loaded> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("release");
    let server = folder.join("recovery-server");
    anyhow::ensure!(
        server.is_file(),
        "there is no recovery-server in {}: run `cargo xtask bench servers`",
        folder.display()
    );
    let binary = server.clone();
    let program = Program::new("/healthz", move |it| {
        let mut serve = program(&binary);
        serve.args(["serve", "--config", "s.toml"]).current_dir(it.path());
        serve
    })
    .await?
    .with_the_real_clock();
    let settings = format!(
        "public_url = \"http://127.0.0.1:{port}\"\nlisten = \"127.0.0.1:{port}\"\n[log]\nlevel = \"warn\"\n\
         [mail]\nfrom = \"accounts@server.test\"\nserver = \"127.0.0.1\"\nport = {mail}\nencryption = \"none\"\n\
         [limits]\nsign_ins_per_address_per_hour = 10000000\nrecoveries_per_address_per_hour = 10000000\n\
         codes_per_day = 10000000\nresends_per_hour = 10000000\n",
        port = program.port,
    );
    std::fs::write(program.path().join("s.toml"), settings)?;
    for person in 0..load::PEOPLE {
        let mut add = Command::new(&server)
            .args(["account", "add", "--config", "s.toml", "--password-stdin"])
            .args(["--identifier", &load::user(person), "--address", &load::mailbox(person)])
            .current_dir(program.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        add.stdin.take().context("a pipe")?.write_all(load::PASSWORD.as_bytes())?;
        anyhow::ensure!(add.wait()?.success(), "{} cannot be added", load::user(person));
    }
    program.start().await?;
    Ok(Loaded {
        name: "recovery server",
        way: "one process".into(),
        hash: "Argon2id, 19 MiB, t = 2",
        program,
        sign_in: |person| Ask {
            path: "/v1/sign-in",
            body: json!({ "identifier": load::user(person), "password": load::PASSWORD, "device": "load" }),
        },
        recover: |person, _| Ask {
            path: "/v1/recoveries",
            body: json!({ "identifier": load::user(person), "device": "load" }),
        },
        accepted: 202,
    })
}
