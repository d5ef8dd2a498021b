//! `RECOVERY_SERVER_MAIL_PORT=587` in place of `port = 587` under `[mail]`.

use super::ConfigError;
use toml::{Table, Value};

const PREFIX: &str = "RECOVERY_SERVER_";

const KEYS: &[&str] = &[
    "public_url",
    "name",
    "listen",
    "database",
    "database_password_file",
    "database_connections",
    "pepper_file",
    "language",
    "time_zone",
    "trusted_proxies",
    "stop_notice_seconds",
    "tls.certificate",
    "tls.key",
    "metrics.listen",
    "bounds.connections",
    "bounds.connections_per_address",
    "bounds.requests",
    "log.level",
    "log.json",
    "mail.from",
    "mail.server",
    "mail.port",
    "mail.encryption",
    "mail.ca_file",
    "mail.user",
    "mail.password_file",
    "mail.password",
    "mail.dkim.selector",
    "mail.dkim.key_file",
    "mail.dkim.domain",
    "codes.life_seconds",
    "codes.resend_seconds",
    "limits.resends_per_hour",
    "limits.codes_per_day",
    "limits.recoveries_per_address_per_hour",
    "limits.wrong_codes_per_day",
    "limits.sign_ins_per_address_per_hour",
    "sign_up.open",
    "sign_up.domains",
];

/// Variables that belong to the command line, not to the settings.
const OTHERS: &[&str] = &["RECOVERY_SERVER_CONFIG"];

pub(super) fn apply(
    table: &mut Table,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    for (variable, text) in variables {
        if !variable.starts_with(PREFIX) || OTHERS.contains(&variable.as_str()) {
            continue;
        }
        let Some(key) = KEYS.iter().find(|key| variable_of(key) == variable) else {
            return Err(ConfigError::Value(format!(
                "the environment variable {variable} is not a setting of this server"
            )));
        };
        let value = value_of(key, &variable, &text)?;
        let mut sections: Vec<&str> = key.split('.').collect();
        let name = sections.pop().unwrap_or_default();
        let mut table = &mut *table;
        for section in sections {
            table = table
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()))
                .as_table_mut()
                .ok_or_else(|| ConfigError::Value(format!("{section} must be a section: [{section}]")))?;
        }
        table.insert(name.to_owned(), value);
    }
    Ok(())
}

fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

fn value_of(key: &str, variable: &str, text: &str) -> Result<Value, ConfigError> {
    let refuse = |kind: &str| ConfigError::Value(format!("{variable} must be {kind}"));
    match key {
        "trusted_proxies" | "sign_up.domains" => Ok(Value::Array(
            text.split([',', ' '])
                .filter(|part| !part.is_empty())
                .map(|part| Value::String(part.to_owned()))
                .collect(),
        )),
        "log.json" | "sign_up.open" => text.parse().map(Value::Boolean).map_err(|_| refuse("true or false")),
        "mail.port" | "stop_notice_seconds" | "database_connections" => {
            text.parse().map(Value::Integer).map_err(|_| refuse("a whole number"))
        }
        numbers if ["codes.", "limits.", "bounds."].iter().any(|section| numbers.starts_with(section)) => {
            text.parse().map(Value::Integer).map_err(|_| refuse("a whole number"))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}
