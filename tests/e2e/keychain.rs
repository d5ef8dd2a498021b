//! What is in the desk's keychain, as other programs see it.

use anyhow::{Context as _, Result, ensure};

use crate::desk::Desk;

/// An item that `secret-tool` found.
#[derive(Debug)]
pub struct Item {
    pub label: String,
    pub secret: String,
    pub username: String,
}

impl Desk {
    /// `secret-tool search service …`
    pub fn find_in_keychain(&self, service: &str) -> Result<Vec<Item>> {
        let out =
            self.command("secret-tool").args(["search", "--all", "--unlock", "service", service]).output()?;
        // It prints secrets on one stream and attributes on the other, both in the order of the items.
        let secrets = String::from_utf8_lossy(&out.stdout).into_owned();
        let attributes = format!("{}\n{secrets}", String::from_utf8_lossy(&out.stderr));
        let values = |text: &str, name: &str| -> Vec<String> {
            let prefix = format!("{name} = ");
            text.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
        };
        let found = values(&secrets, "secret");
        let (labels, names) = (values(&attributes, "label"), values(&attributes, "attribute.username"));
        ensure!(labels.len() == found.len() && names.len() == found.len(), "secret-tool says:\n{attributes}");
        let items = found.into_iter().zip(labels).zip(names);
        Ok(items.map(|((secret, label), username)| Item { label, secret, username }).collect())
    }

    /// The one password that Regain keeps as current.
    pub fn password_in_keychain(&self) -> Result<String> {
        let found = self.find_in_keychain("Regain")?;
        ensure!(found.len() == 1, "one current password, and not {found:?}");
        found.into_iter().next().map(|item| item.secret).context("a password in the keychain")
    }

    /// Every secret of Regain's that holds these words, whatever it is kept for.
    pub fn keychain_holds(&self, words: &str) -> Result<bool> {
        for service in self.keychain_services()? {
            if self.find_in_keychain(&service)?.iter().any(|item| item.secret.contains(words)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Deletes the current password of an account, as a person may do with the keychain's own program.
    pub fn delete_from_keychain(&self, username: &str) -> Result<()> {
        let status = self
            .command("secret-tool")
            .args(["clear", "service", "Regain", "username", username])
            .status()?;
        ensure!(status.success(), "secret-tool clear ended with {status}");
        Ok(())
    }

    /// The `service` attribute of every item there is; `secret-tool` cannot list them.
    fn keychain_services(&self) -> Result<Vec<String>> {
        let service = "/org/freedesktop/secrets";
        let items = self
            .ask_keychain(service, &["org.freedesktop.Secret.Service.SearchItems", "dict:string:string:"])?;
        let mut services = Vec::new();
        for path in items.split("object path \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let question = [
                "org.freedesktop.DBus.Properties.Get",
                "string:org.freedesktop.Secret.Item",
                "string:Attributes",
            ];
            let attributes = self.ask_keychain(path, &question)?;
            let quoted: Vec<&str> = attributes.split('"').skip(1).step_by(2).collect();
            let service = quoted.windows(2).find(|pair| pair[0] == "service").map(|pair| pair[1].to_owned());
            services.extend(service);
        }
        services.sort();
        services.dedup();
        Ok(services)
    }

    fn ask_keychain(&self, path: &str, question: &[&str]) -> Result<String> {
        let mut ask = self.command("dbus-send");
        let out = ask
            .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", path])
            .args(question)
            .output()?;
        ensure!(out.status.success(), "the keychain says: {}", String::from_utf8_lossy(&out.stderr));
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }
}
