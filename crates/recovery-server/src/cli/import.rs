//! People of another server, from a file.

use super::{Settings, deps, say, use_database};
use crate::{App, Config, Language, NewAccount, hash};
use anyhow::Context as _;
use clap::Args;
use std::path::PathBuf;

/// The columns that it knows; the first two and the last one must be there.
const COLUMNS: [&str; 5] = ["identifier", "address", "name", "language", "password_hash"];

#[derive(Args)]
pub(super) struct Import {
    #[command(flatten)]
    settings: Settings,
    /// Read the file and say what is wrong with it, and add nobody
    #[arg(long)]
    check: bool,
    /// CSV with a first line of column names: identifier, address, name, language, password_hash
    file: PathBuf,
}

pub(super) async fn import(import: Import) -> anyhow::Result<()> {
    let config = Config::load(&import.settings.config)?;
    let file = import.file.display().to_string();
    let mut reader =
        csv::Reader::from_path(&import.file).with_context(|| format!("{file} cannot be read"))?;
    let headers = reader.headers().with_context(|| format!("{file} is no CSV"))?.clone();
    let unknown = headers.iter().find(|name| !COLUMNS.contains(&name.trim()));
    if let Some(unknown) = unknown {
        anyhow::bail!("{file} has a column {unknown:?}: known are {}", COLUMNS.join(", "));
    }
    let column = |name: &str| headers.iter().position(|header| header.trim() == name);
    let (Some(identifier), Some(address), Some(hash)) =
        (column("identifier"), column("address"), column("password_hash"))
    else {
        anyhow::bail!("{file} needs the columns identifier, address and password_hash");
    };
    let (name, language) = (column("name"), column("language"));
    let _in_use = use_database(&config)?;
    let app = App::new(deps(config).await?).await?;
    let (mut added, mut left_out) = (0_u32, 0_u32);
    for record in reader.records() {
        let record = record.with_context(|| format!("{file} cannot be read"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let field =
            |place: Option<usize>| place.and_then(|place| record.get(place)).unwrap_or_default().trim();
        let person = || -> Result<(NewAccount, String), String> {
            let language = match field(language) {
                "" => None,
                tag => Some(tag.parse::<Language>().map_err(|_| format!("{tag:?} is no language of ours"))?),
            };
            let hash = hash::imported(field(Some(hash))).map_err(|error| format!("the hash: {error}"))?;
            let new = NewAccount {
                name: field(name).to_owned(),
                language,
                ..NewAccount::new(field(Some(identifier)), field(Some(address)), "")
            };
            Ok((new, hash))
        };
        let done = match person() {
            Err(why) => Err(why),
            Ok(_) if import.check => Ok(()),
            Ok((new, hash)) => app.import_account(new, hash).await.map_err(|error| error.to_string()),
        };
        match done {
            Ok(()) => added += 1,
            Err(why) => {
                left_out += 1;
                say(&format!("line {line} is left out: {why}"))?;
            }
        }
    }
    let what = if import.check { "can be" } else { "were" };
    say(&format!("Accounts that {what} imported: {added}."))?;
    if left_out > 0 {
        anyhow::bail!("{left_out} lines of {file} were left out: mend them, and import the file again");
    }
    Ok(())
}
