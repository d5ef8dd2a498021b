//! Where `/proc` says what a process takes, and the servers of the tests run.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a benchmark measures with the real clock, prints, and stops at a surprise"
)]

#[path = "../../../recovery-server/benches/load/asked.rs"]
mod asked;
mod crowd;
mod ours;
mod sink;

#[path = "../../../../xtask/src/processes.rs"]
mod processes;
#[path = "../../../../tests/servers/mod.rs"]
mod servers;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use asked::Asked;
use crowd::Crowd;
use processes::{pss_kib, tree};
use servers::load::Loaded;
use sink::Sink;

/// At once, as one caller after the other behind a proxy.
const CLIENTS: usize = 8;
const SPAN: Duration = Duration::from_secs(15);
/// How long letters are waited for that a server still has to send.
const MAIL: Duration = Duration::from_secs(20);

const HEAD: &str = "\
| Server | run as | password hash | start | memory at rest / under load | sign-ins, p99 | recoveries asked for, p99 | letters |
|---|---|---|---|---|---|---|---|";

pub fn run() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let sink = Sink::open().await?;
        println!("{CLIENTS} callers at once, {} s each", SPAN.as_secs());
        let mut rows = vec![measure(ours::loaded(sink.port).await?, &sink).await?];
        rows.push(measure(servers::allauth::loaded(sink.port).await?, &sink).await?);
        rows.push(measure(servers::better_auth::loaded(sink.port).await?, &sink).await?);
        rows.push(measure(servers::matrix::loaded(sink.port).await?, &sink).await?);
        println!("{HEAD}\n{}", rows.join("\n"));
        Ok(())
    })
}

/// One row.
async fn measure(server: Loaded, sink: &Sink) -> Result<String> {
    println!("{} …", server.name);
    // Not the first start, which makes the tables.
    let started_in = server.program.restart().await?;
    let at_rest = memory(&server)?;
    let (crowd, sign_in) = (Crowd::new(server.program.port), server.sign_in);
    let sign_ins = crowd.ask(CLIENTS, SPAN, move |person, _| sign_in(person)).await;
    let signed_in = memory(&server)?;
    let letters = sink.count();
    let recoveries = crowd.ask(CLIENTS, SPAN, server.recover).await;
    let under_load = memory(&server)?.max(signed_in);
    let accepted = recoveries.count(server.accepted);
    let arrived = sink.wait(letters + accepted, MAIL).await - letters;
    for (what, others) in
        [("sign-ins", odd(&sign_ins, 200)), ("recoveries", odd(&recoveries, server.accepted))]
    {
        if !others.is_empty() {
            println!("  {what} that were answered otherwise: {others:?}");
        }
    }
    Ok(format!(
        "| {} | {} | {} | {:.0} ms | {at_rest} / {under_load} MiB | {} | {} | {arrived} of {accepted} |",
        server.name,
        server.way,
        server.hash,
        started_in.as_secs_f64() * 1e3,
        shown(&sign_ins, 200),
        shown(&recoveries, server.accepted),
    ))
}

/// MiB of all its processes.
fn memory(server: &Loaded) -> Result<u64> {
    let first = server.program.process().context("it runs")?;
    Ok(tree(first).into_iter().filter_map(pss_kib).sum::<u64>() / 1024)
}

fn odd(asked: &Asked, usual: u16) -> BTreeMap<u16, usize> {
    let odd = asked.by_status.iter().filter(|(status, _)| **status != usual);
    odd.map(|(status, all)| (*status, all.len())).collect()
}

fn shown(asked: &Asked, status: u16) -> String {
    format!("{:.1} / s, {:.0} ms", asked.rate(status), asked.at(status, 0.99))
}
