use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    recovery_server::cli::run()
}
