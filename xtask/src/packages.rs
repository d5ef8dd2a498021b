//! What Regain needs from the system, and what each package manager calls it.

use std::path::Path;

use crate::shell::{Shell, which};

/// One thing that must be there.
pub struct Need {
    pub what: &'static str,
    pub purpose: Purpose,
    probe: Probe,
    names: Names,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Build,
    Test,
    /// What our speed is compared with.
    Peer,
}

enum Probe {
    Program(&'static str),
    PkgConfig(&'static str),
    /// `python3` with what makes environments of its own.
    Python,
    /// Debian keeps its programs out of the way of other versions'.
    PostgreSql,
    /// A library that programs are made to load.
    Library(&'static str),
    /// Any font at all: without one the window shows boxes.
    Font,
}

/// Empty: we are not sure of the name there.
struct Names {
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
    zypper: &'static str,
}

/// A package manager we know how to drive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PackageManager {
    Apt,
    Dnf,
    Pacman,
    Zypper,
}

impl PackageManager {
    pub fn of_this_system() -> Option<Self> {
        [("apt-get", Self::Apt), ("dnf", Self::Dnf), ("pacman", Self::Pacman), ("zypper", Self::Zypper)]
            .into_iter()
            .find_map(|(program, manager)| which(program).map(|_| manager))
    }

    /// The commands that install these packages without a question, in order.
    pub fn install(self, packages: &[&str]) -> Vec<Vec<String>> {
        let with = |words: &[&str]| words.iter().chain(packages).map(|word| (*word).to_owned()).collect();
        match self {
            Self::Apt => vec![
                vec!["apt-get".into(), "update".into()],
                with(&["apt-get", "install", "-y", "--no-install-recommends"]),
            ],
            Self::Dnf => vec![with(&["dnf", "install", "-y"])],
            Self::Pacman => vec![with(&["pacman", "-S", "--needed", "--noconfirm"])],
            Self::Zypper => vec![with(&["zypper", "--non-interactive", "install"])],
        }
    }
}

impl Need {
    pub fn is_met(&self, shell: &Shell) -> bool {
        match self.probe {
            Probe::Program(name) => which(name).is_some(),
            Probe::PkgConfig(module) => shell.ask("pkg-config", &["--exists", module]).is_some(),
            Probe::Library(name) => {
                let by_machine = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
                let folders = by_machine.map(|it| it.path()).chain(["/usr/lib64".into(), "/usr/lib".into()]);
                folders.map(|folder| folder.join(name)).any(|file| file.is_file())
            }
            Probe::Python => shell.ask("python3", &["-c", "import venv, ensurepip"]).is_some(),
            Probe::PostgreSql => {
                let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
                which("initdb").is_some()
                    || debian.into_iter().any(|it| it.path().join("bin/initdb").is_file())
            }
            Probe::Font => [
                "/usr/share/fonts/truetype",
                "/usr/share/fonts/TTF",
                "/usr/share/fonts/opentype",
                "/usr/share/fonts/noto",
                "/usr/share/fonts/dejavu-sans-fonts",
            ]
            .iter()
            .any(|folder| Path::new(folder).is_dir()),
        }
    }

    /// Its packages under that manager; `None` where we are not sure of the name.
    pub fn packages(&self, manager: PackageManager) -> Option<impl Iterator<Item = &'static str> + use<>> {
        let names = match manager {
            PackageManager::Apt => self.names.apt,
            PackageManager::Dnf => self.names.dnf,
            PackageManager::Pacman => self.names.pacman,
            PackageManager::Zypper => self.names.zypper,
        };
        (!names.is_empty()).then(|| names.split(' '))
    }
}

/// Everything Linux must have; the other systems bring their own web view and keychain.
pub const LINUX: &[Need] = &[
    build(
        "a C compiler",
        Probe::Program("cc"),
        "build-essential",
        "gcc gcc-c++ make",
        "base-devel",
        "gcc gcc-c++ make",
    ),
    build(
        "pkg-config",
        Probe::Program("pkg-config"),
        "pkg-config",
        "pkgconf-pkg-config",
        "pkgconf",
        "pkgconf-pkg-config",
    ),
    build(
        "WebKitGTK 4.1",
        Probe::PkgConfig("webkit2gtk-4.1"),
        "libwebkit2gtk-4.1-dev",
        "webkit2gtk4.1-devel",
        "webkit2gtk-4.1",
        "webkit2gtk3-devel",
    ),
    build("file", Probe::Program("file"), "file", "file", "file", "file"),
    build("patchelf", Probe::Program("patchelf"), "patchelf", "patchelf", "patchelf", "patchelf"),
    test("a virtual display", Probe::Program("Xvfb"), "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb", ""),
    test("keys for it", Probe::Program("xdotool"), "xdotool", "xdotool", "xdotool", "xdotool"),
    test("a private message bus", Probe::Program("dbus-daemon"), "dbus", "dbus-daemon", "dbus", "dbus-1"),
    test("its letter box", Probe::Program("dbus-send"), "dbus", "dbus-tools", "dbus", "dbus-1"),
    test(
        "a keychain",
        Probe::Program("gnome-keyring-daemon"),
        "gnome-keyring",
        "gnome-keyring",
        "gnome-keyring",
        "gnome-keyring",
    ),
    test(
        "secret-tool",
        Probe::Program("secret-tool"),
        "libsecret-tools",
        "libsecret",
        "libsecret",
        "libsecret-tools",
    ),
    // dnf installs by the path of a file as well as by name.
    test(
        "WebKitWebDriver",
        Probe::Program("WebKitWebDriver"),
        "webkit2gtk-driver",
        "/usr/bin/WebKitWebDriver",
        "",
        "",
    ),
    test("Python with venv", Probe::Python, "python3 python3-venv", "python3", "python", "python3"),
    test(
        "a clock that can be moved",
        Probe::Program("faketime"),
        "faketime",
        "libfaketime",
        "libfaketime",
        "libfaketime",
    ),
    test(
        "names of servers for one program alone",
        Probe::Library("libnss_wrapper.so"),
        "libnss-wrapper",
        "nss_wrapper",
        "nss_wrapper",
        "nss_wrapper",
    ),
    test(
        "Chromium, which plays the phone",
        Probe::Program("chromium"),
        "chromium",
        "chromium",
        "chromium",
        "chromium",
    ),
    test(
        "its driver",
        Probe::Program("chromedriver"),
        "chromium-driver",
        "chromedriver",
        "chromium",
        "chromedriver",
    ),
    test(
        "PostgreSQL",
        Probe::PostgreSql,
        "postgresql",
        "postgresql-server",
        "postgresql",
        "postgresql-server",
    ),
    test("zbarimg", Probe::Program("zbarimg"), "zbar-tools", "zbar", "zbar", "zbar"),
    test("a font", Probe::Font, "fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu", "dejavu-fonts"),
];

/// What `bench` compares with.
pub const PEERS: &[Need] = &[
    peer("KeePassXC", Probe::Program("keepassxc-cli"), "keepassxc", "keepassxc", "keepassxc", "keepassxc"),
    peer("Argon2's own program", Probe::Program("argon2"), "argon2", "argon2", "argon2", "argon2"),
];

const fn build(
    what: &'static str,
    probe: Probe,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
    zypper: &'static str,
) -> Need {
    Need { what, purpose: Purpose::Build, probe, names: Names { apt, dnf, pacman, zypper } }
}

const fn test(
    what: &'static str,
    probe: Probe,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
    zypper: &'static str,
) -> Need {
    Need { purpose: Purpose::Test, ..build(what, probe, apt, dnf, pacman, zypper) }
}

const fn peer(
    what: &'static str,
    probe: Probe,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
    zypper: &'static str,
) -> Need {
    Need { purpose: Purpose::Peer, ..build(what, probe, apt, dnf, pacman, zypper) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_has_a_name_under_apt() {
        for need in LINUX.iter().chain(PEERS) {
            assert!(need.packages(PackageManager::Apt).is_some(), "{}", need.what);
        }
    }

    #[test]
    fn apt_learns_the_news_first() {
        let commands = PackageManager::Apt.install(&["xvfb", "file"]);
        assert_eq!(commands[0], ["apt-get", "update"]);
        assert_eq!(commands[1], ["apt-get", "install", "-y", "--no-install-recommends", "xvfb", "file"]);
    }
}
