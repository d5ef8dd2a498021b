//! The recovery server's own package for Debian: a tree of files, and `dpkg-deb` over it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::shell::{Shell, which};

const PACKAGING: &str = "crates/recovery-server/packaging";
const SAMPLE: &str = "crates/recovery-server/recovery-server.sample.toml";
const MANUAL: &str = "docs/server.md";
const SERVICE: &str = "recovery-server.service";
/// What `systemd-analyze security` may say about the unit, out of 10.
const EXPOSURE: f64 = 2.0;
/// Settings that are paths, and where a packaged server has them: it is started in no particular folder.
const PLACES: [(&str, &str); 2] = [
    ("# database = \"accounts.sqlite\"", "database = \"/var/lib/recovery-server/accounts.sqlite\""),
    ("# pepper_file = \"pepper\"", "pepper_file = \"/var/lib/recovery-server/pepper\""),
];

/// Builds it, and says where it is.
pub fn build(shell: &Shell) -> Result<()> {
    if which("dpkg-deb").is_none() {
        bail!("the package is made by dpkg-deb, which only Debian and its relatives have");
    }
    examine_service(shell)?;
    shell.run(&mut shell.cargo(&["build", "--release", "--locked", "--package", "recovery-server"]))?;
    let program = shell.target().join("release/recovery-server");
    let tree = shell.target().join("server-package");
    let package = make(shell, &program, &tree)?;
    println!("\nThe package is {}.", package.display());
    Ok(())
}

fn make(shell: &Shell, program: &Path, tree: &Path) -> Result<PathBuf> {
    if tree.exists() {
        fs::remove_dir_all(tree)?;
    }
    let packaging = shell.path(PACKAGING);
    let read = |name: &str| {
        let path = packaging.join(name);
        fs::read_to_string(&path).with_context(|| format!("{} is missing", path.display()))
    };
    let version = ask(shell, &program.to_string_lossy(), &["--version"])?;
    let version = version.rsplit(' ').next().unwrap_or_default().to_owned();

    fs::create_dir_all(tree.join("usr/bin"))?;
    fs::copy(program, tree.join("usr/bin/recovery-server"))?;
    set_mode(&tree.join("usr/bin/recovery-server"), 0o755)?;
    put(tree, &format!("usr/lib/systemd/system/{SERVICE}"), read(SERVICE)?.as_bytes(), 0o644)?;
    let settings = settings(&fs::read_to_string(shell.path(SAMPLE))?)?;
    put(tree, "etc/recovery-server/recovery-server.toml", settings.as_bytes(), 0o644)?;
    let folder = "usr/share/doc/recovery-server";
    put(tree, &format!("{folder}/copyright"), read("debian/copyright")?.as_bytes(), 0o644)?;
    put(tree, &format!("{folder}/server.md"), fs::read(shell.path(MANUAL))?.as_slice(), 0o644)?;
    let maintainer = ask(shell, "git", &["log", "-1", "--format=%an <%ae>"])?;
    let date = ask(shell, "git", &["log", "-1", "--format=%cD"])?;
    let changes = format!(
        "recovery-server ({version}) stable; urgency=medium\n\n  * See CHANGELOG.md of Regain.\n\n -- {maintainer}  {date}\n"
    );
    put_packed(shell, tree, &format!("{folder}/changelog"), changes.as_bytes())?;
    let page = ask(shell, &program.to_string_lossy(), &["man"])?;
    put_packed(shell, tree, "usr/share/man/man8/recovery-server.8", format!("{page}\n").as_bytes())?;

    let size = ask(shell, "du", &["-sk", &tree.to_string_lossy()])?;
    let glibc = ask(shell, "getconf", &["GNU_LIBC_VERSION"])?;
    let architecture = ask(shell, "dpkg", &["--print-architecture"])?;
    let mut control = read("debian/control")?;
    for (name, value) in [
        ("{VERSION}", version.as_str()),
        ("{ARCHITECTURE}", &architecture),
        ("{MAINTAINER}", &maintainer),
        ("{SIZE}", size.split_whitespace().next().unwrap_or("0")),
        ("{GLIBC}", glibc.rsplit(' ').next().unwrap_or_default()),
    ] {
        control = control.replace(name, value);
    }
    put(tree, "DEBIAN/control", control.as_bytes(), 0o644)?;
    put(tree, "DEBIAN/conffiles", b"/etc/recovery-server/recovery-server.toml\n", 0o644)?;
    for script in ["postinst", "prerm", "postrm"] {
        put(tree, &format!("DEBIAN/{script}"), read(&format!("debian/{script}"))?.as_bytes(), 0o755)?;
    }
    checksums(shell, tree)?;

    let package = shell.target().join(format!("recovery-server_{version}_{architecture}.deb"));
    let (from, to) = (tree.to_string_lossy(), package.to_string_lossy());
    shell.run(&mut shell.command("dpkg-deb", &["--root-owner-group", "-Zxz", "--build", &from, &to]))?;
    Ok(package)
}

/// The sample with the places of a packaged server.
fn settings(sample: &str) -> Result<String> {
    let mut settings = sample.to_owned();
    for (usual, packaged) in PLACES {
        if !settings.contains(&format!("\n{usual}\n")) {
            bail!("{SAMPLE} has no line `{usual}`");
        }
        settings = settings.replace(usual, packaged);
    }
    Ok(settings)
}

fn examine_service(shell: &Shell) -> Result<()> {
    if which("systemd-analyze").is_none() {
        println!("The unit was not examined: systemd-analyze is missing.");
        return Ok(());
    }
    let unit = shell.path(PACKAGING).join(SERVICE);
    let said = ask(
        shell,
        "systemd-analyze",
        &["security", "--offline=true", "--no-pager", &unit.to_string_lossy()],
    )?;
    let exposure = exposure(&said).context("systemd-analyze says no exposure level")?;
    println!("The unit's exposure level is {exposure} of 10.");
    if exposure >= EXPOSURE {
        bail!("the unit is more exposed than {EXPOSURE}:\n{said}");
    }
    Ok(())
}

/// From its last line: `→ Overall exposure level for x.service: 1.2 OK 🙂`.
fn exposure(said: &str) -> Option<f64> {
    let line = said.lines().rev().find(|line| line.contains("exposure level"))?;
    line.rsplit_once(": ")?.1.split(' ').next()?.parse().ok()
}

fn checksums(shell: &Shell, tree: &Path) -> Result<()> {
    let list = "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum";
    let said = shell.command("sh", &["-c", list]).current_dir(tree).output()?;
    put(tree, "DEBIAN/md5sums", &said.stdout, 0o644)
}

fn ask(shell: &Shell, program: &str, words: &[&str]) -> Result<String> {
    let said = shell.ask(program, words).filter(|said| !said.is_empty());
    said.with_context(|| format!("`{program} {}` said nothing", words.join(" ")))
}

fn put(tree: &Path, inside: &str, bytes: &[u8], mode: u32) -> Result<()> {
    let path = tree.join(inside);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, bytes)?;
    set_mode(&path, mode)
}

/// As Debian wants pages and changes.
fn put_packed(shell: &Shell, tree: &Path, inside: &str, bytes: &[u8]) -> Result<()> {
    put(tree, inside, bytes, 0o644)?;
    shell.run(&mut shell.command("gzip", &["-9nf", &tree.join(inside).to_string_lossy()]))
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_gets_the_places_of_a_packaged_server() {
        let sample = fs::read_to_string(Shell::new().unwrap().path(SAMPLE)).unwrap();
        let settings = settings(&sample).unwrap();
        assert!(settings.contains("\ndatabase = \"/var/lib/recovery-server/accounts.sqlite\"\n"));
        assert!(settings.contains("\npepper_file = \"/var/lib/recovery-server/pepper\"\n"));
        assert!(super::settings("public_url = \"x\"").is_err());
    }

    #[test]
    fn the_exposure_is_read_from_the_last_line() {
        let said = "  PrivateTmp=  0.2\n\n→ Overall exposure level for x.service: 1.3 OK 🙂";
        assert_eq!(exposure(said), Some(1.3));
        assert_eq!(exposure("nothing"), None);
    }
}
