//! The items of the Secret Service, on a connection that is ours to choose.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use keyring_core::api::{Credential, CredentialApi, CredentialStoreApi};
use keyring_core::{Entry, Error, Result};
use secret_service::Error as ServiceError;
use secret_service::blocking::{Item, SecretService};
use zbus::zvariant::OwnedObjectPath;

#[derive(Clone)]
pub(super) struct SecretItems(pub Arc<SecretService<'static>>);

impl CredentialStoreApi for SecretItems {
    fn vendor(&self) -> String {
        "org.freedesktop.secrets".into()
    }

    fn id(&self) -> String {
        "Regain".into()
    }

    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let label = modifiers.and_then(|modifiers| modifiers.get("label")).unwrap_or(&service);
        Ok(Entry::new_with_credential(Arc::new(Named {
            secrets: self.0.clone(),
            service: service.to_owned(),
            user: user.to_owned(),
            label: (*label).to_owned(),
        })))
    }

    fn search(&self, attributes: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        Ok(find(&self.0, attributes)?.into_iter().map(|path| found(&self.0, path)).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretItems")
    }
}

/// The one item with these attributes, if it is there.
struct Named {
    secrets: Arc<SecretService<'static>>,
    service: String,
    user: String,
    label: String,
}

impl Named {
    /// The names that other programs of the keyring family use too.
    fn attributes(&self) -> HashMap<&str, &str> {
        HashMap::from([("service", self.service.as_str()), ("username", self.user.as_str())])
    }

    fn only(&self) -> Result<Found> {
        let mut paths = find(&self.secrets, &self.attributes())?;
        match (paths.pop(), paths.is_empty()) {
            (None, _) => Err(Error::NoEntry),
            (Some(path), true) => Ok(Found { secrets: self.secrets.clone(), path }),
            (Some(path), false) => {
                paths.push(path);
                Err(Error::Ambiguous(paths.into_iter().map(|path| found(&self.secrets, path)).collect()))
            }
        }
    }
}

impl CredentialApi for Named {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        match self.only() {
            Ok(item) => item.set_secret(secret),
            Err(Error::NoEntry) => {
                let collection = self.secrets.get_default_collection().map_err(failure)?;
                let made =
                    collection.create_item(&self.label, self.attributes(), secret, true, CONTENT).map(drop);
                made.map_err(failure)
            }
            Err(error) => Err(error),
        }
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.only()?.get_secret()
    }

    fn delete_credential(&self) -> Result<()> {
        self.only()?.delete_credential()
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(Some(Arc::new(self.only()?)))
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((self.service.clone(), self.user.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Named")
    }
}

/// An item that was there a moment ago.
struct Found {
    secrets: Arc<SecretService<'static>>,
    path: OwnedObjectPath,
}

/// What every program shows as a password; KeePassXC takes anything else for an attachment.
const CONTENT: &str = "text/plain";

impl Found {
    fn item(&self) -> Result<Item<'_>> {
        self.secrets.get_item_by_path(self.path.clone()).map_err(failure)
    }
}

impl CredentialApi for Found {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        self.item()?.set_secret(secret, CONTENT).map_err(failure)
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.item()?.get_secret().map_err(failure)
    }

    fn delete_credential(&self) -> Result<()> {
        self.item()?.delete().map_err(failure)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        let mut attributes = self.item().ok()?.get_attributes().ok()?;
        Some((attributes.remove("service")?, attributes.remove("username")?))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Found")
    }
}

fn find(secrets: &SecretService<'_>, attributes: &HashMap<&str, &str>) -> Result<Vec<OwnedObjectPath>> {
    let found = secrets.search_items(attributes.clone()).map_err(failure)?;
    if !found.locked.is_empty() {
        return Err(failure(ServiceError::Locked));
    }
    Ok(found.unlocked.into_iter().map(|item| item.item_path).collect())
}

fn found(secrets: &Arc<SecretService<'static>>, path: OwnedObjectPath) -> Entry {
    Entry::new_with_credential(Arc::new(Found { secrets: secrets.clone(), path }))
}

/// An object that is gone was deleted by another process between two calls.
fn failure(error: ServiceError) -> Error {
    let gone = match &error {
        ServiceError::Zbus(zbus::Error::MethodError(name, ..)) => {
            name.as_str() == "org.freedesktop.Secret.Error.NoSuchObject"
        }
        _ => false,
    };
    if gone { Error::NoEntry } else { Error::PlatformFailure(Box::new(error)) }
}
