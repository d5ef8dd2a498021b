//! A server under load, asked over loopback: sign-ins, reads, too much of it, computers that wait to be let in, and two
//! nodes of which one is killed.
//!
//! `cargo bench -p recovery-server --bench load`, or one part of it with `-- steady`, `-- pairings` or `-- nodes` behind it. `wrk` and
//! `hey` ask where every request is the same. `REGAIN_DATABASE=postgres://…` takes another database than SQLite for `steady`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a benchmark measures with the real clock, prints, and stops at a surprise"
)]

mod asked;
mod computer;
mod hey;
#[cfg(target_os = "linux")]
mod nodes;
mod pairings;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "TLS is for the tests")]
#[path = "../../tests/post/mod.rs"]
mod post;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "what a test does to it")]
#[path = "../../tests/common/postgres.rs"]
mod postgres;
mod server;
mod steady;
mod wrk;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    if wanted("steady") {
        steady::run();
    }
    if wanted("pairings") {
        pairings::run("SQLite", server::FILE);
        #[cfg(target_os = "linux")]
        {
            let cluster = postgres::Cluster::make_synced("pairings");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            pairings::run("PostgreSQL", &runtime.block_on(cluster.schema()));
        }
    }
    #[cfg(target_os = "linux")]
    if wanted("nodes") {
        nodes::run();
    }
}
