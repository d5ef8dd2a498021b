fn main() -> anyhow::Result<()> {
    recovery_server::cli::run()
}
