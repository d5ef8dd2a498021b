//! Servers that are not run here: every name that their adapters and fakes use stands in what their makers published.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::servers::install;

/// Paths, headers, fields and words of Ory Kratos.
const KRATOS: Names = Names {
    paths: &[
        "/sessions",
        "/sessions/{id}",
        "/sessions/whoami",
        "/self-service/login",
        "/self-service/login/api",
        "/self-service/logout/api",
        "/self-service/recovery",
        "/self-service/recovery/api",
        "/self-service/settings",
        "/self-service/settings/api",
    ],
    fields: &[
        "action",
        "attributes",
        "authenticated_at",
        "authenticator_assurance_level",
        "code",
        "context",
        "continue_with",
        "count",
        "details",
        "devices",
        "email",
        "error",
        "expires_at",
        "flow",
        "group",
        "id",
        "identifier",
        "identity",
        "ip_address",
        "issued_at",
        "label",
        "lookup_secret",
        "maxlength",
        "messages",
        "meta",
        "method",
        "name",
        "node_type",
        "nodes",
        "ory_session_token",
        "password",
        "recovery_address",
        "recovery_addresses",
        "recovery_confirm_address",
        "recovery_select_address",
        "redirect_browser_to",
        "request_url",
        "schema_id",
        "screen",
        "session",
        "session_token",
        "text",
        "totp_code",
        "type",
        "ui",
        "use_flow_id",
        "user_agent",
        "value",
        "via",
    ],
    words: &[
        "X-Session-Token",
        "aal",
        "aal2",
        "browser_location_change_required",
        "choose_method",
        "email",
        "passed_challenge",
        "previous",
        "refresh",
        "self_service_flow_expired",
        "session_aal1_required",
        "session_aal2_required",
        "session_already_available",
        "session_inactive",
        "session_refresh_required",
        "set_ory_session_token",
        "show_recovery_ui",
        "show_settings_ui",
        "totp",
    ],
};

/// Numbers of Kratos's messages, with a part of what they say.
const KRATOS_MESSAGES: &[(u32, &str)] = &[
    (4_000_002, "enter the {property} and try again"),
    (4_000_006, "credentials are invalid"),
    (4_000_008, "authentication code is invalid"),
    (4_000_010, "not active yet"),
    (4_000_012, "already been used"),
    (4_000_016, "backup recovery code is not valid"),
    (4_000_031, "too similar to the identifier"),
    (4_000_032, "at least {min_length} characters long, but got {actual_length}"),
    (4_000_033, "at most {max_length} characters long, but got {actual_length}"),
    (4_000_034, "data breaches"),
    (4_000_039, "different"),
    (4_060_006, "recovery code is invalid or has already been used"),
];

/// The same of Supabase Auth.
const GOTRUE: Names = Names {
    paths: &[
        "/factors/${params.factorId}/challenge",
        "/factors/${params.factorId}/verify",
        "/logout?scope=${scope}",
        "/reauthenticate",
        "/recover",
        "/token?grant_type=password",
        "/token?grant_type=refresh_token",
        "/user",
        "/verify",
    ],
    fields: &[
        "access_token",
        "challenge_id",
        "code",
        "current_password",
        "email",
        "expires_at",
        "expires_in",
        "factor_type",
        "factors",
        "id",
        "nonce",
        "password",
        "phone",
        "reasons",
        "refresh_token",
        "status",
        "token",
        "token_hash",
        "token_type",
        "type",
        "user",
        "weak_password",
    ],
    words: &[
        "bad_jwt",
        "captcha_failed",
        "characters",
        "email_address_invalid",
        "email_address_not_authorized",
        "email_not_confirmed",
        "email_provider_disabled",
        "error_code",
        "grant_type",
        "insufficient_aal",
        "invalid_credentials",
        "length",
        "local",
        "mfa_factor_not_found",
        "mfa_verification_failed",
        "mfa_verification_rejected",
        "no_authorization",
        "others",
        "otp_expired",
        "over_email_send_rate_limit",
        "phone_not_confirmed",
        "phone_provider_disabled",
        "pwned",
        "reauthentication_needed",
        "reauthentication_not_valid",
        "recovery",
        "refresh_token_already_used",
        "refresh_token_not_found",
        "same_password",
        "session_expired",
        "session_not_found",
        "totp",
        "unexpected_failure",
        "user_banned",
        "user_not_found",
        "user_sso_managed",
        "validation_failed",
        "verified",
        "weak_password",
    ],
};

/// What the client of today does not say: the name under `/health`, which the server's own README has, and errors of
/// before there were codes; and what the gateway says in front of it.
const NOT_IN_THE_CLIENT: [&str; 5] = ["name", "error", "error_description", "invalid_grant", "message"];

struct Names {
    /// As they stand in the source of the client.
    paths: &'static [&'static str],
    /// Properties of its types.
    fields: &'static [&'static str],
    /// Anything else that is compared or sent.
    words: &'static [&'static str],
}

#[test]
fn what_the_adapters_say_is_listed() {
    KRATOS.cover("kratos");
    GOTRUE.cover("gotrue");
}

#[test]
#[ignore = "downloads the published client"]
fn kratos_published() {
    let folder = published("kratos", &["@ory/kratos-client@26.2.0", "@ory/elements-react@1.2.1"]).unwrap();
    let text = fs::read_to_string(folder.join("@ory/kratos-client/package/api.ts")).unwrap();
    KRATOS.look_into(&text, |path| format!("`{path}`"));

    // The client has no numbers of messages; Ory's own pages do, in English among others.
    let pages =
        fs::read_to_string(folder.join("@ory/elements-react/package/dist/theme/default/index.mjs")).unwrap();
    for (id, part) in KRATOS_MESSAGES {
        let key = format!("\"identities.messages.{id}\":");
        let mut said = pages.split(&key).skip(1).filter_map(|rest| rest.lines().next());
        assert!(said.any(|line| line.contains(part)), "no message {id} says “{part}”");
    }
}

#[test]
#[ignore = "downloads the published client"]
fn gotrue_published() {
    let folder = published("gotrue", &["@supabase/auth-js@2.109.0"]).unwrap();
    let source = folder.join("@supabase/auth-js/package/src");
    let mut text = String::new();
    for file in ["GoTrueClient.ts", "GoTrueAdminApi.ts", "lib/types.ts", "lib/error-codes.ts", "lib/fetch.ts"]
    {
        text.push_str(&fs::read_to_string(source.join(file)).unwrap());
    }
    GOTRUE.look_into(&text, |path| format!("`${{this.url}}{path}`"));
}

impl Names {
    /// Fails with every name that an adapter uses and this list has not.
    fn cover(&self, adapter: &str) {
        let listed: BTreeSet<&str> =
            self.fields.iter().chain(self.words).copied().chain(NOT_IN_THE_CLIENT).collect();
        // What a message is about stands in its text.
        let in_messages =
            |name: &str| KRATOS_MESSAGES.iter().any(|(_, part)| part.contains(&format!("{{{name}}}")));
        let used = used(adapter);
        assert!(used.len() > 20, "the names are found: {used:?}");
        let known = |name: &str| listed.contains(name) || in_messages(name);
        let missing: Vec<&String> = used.iter().filter(|name| !known(name)).collect();
        assert!(missing.is_empty(), "{adapter} says what is not listed: {missing:?}");
    }

    /// Fails with everything that is missing.
    fn look_into(&self, text: &str, in_source: impl Fn(&str) -> String) {
        let properties: BTreeSet<&str> = text.lines().filter_map(property).collect();
        // By whole words, so that one name is not found inside another.
        let part = |c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-');
        let words: BTreeSet<&str> = text.split(part).collect();
        let paths = self.paths.iter().filter(|path| !text.contains(&in_source(path)));
        let fields = self.fields.iter().filter(|field| !properties.contains(**field));
        let others = self.words.iter().filter(|word| !words.contains(**word));
        let missing: Vec<&&str> = paths.chain(fields).chain(others).collect();
        assert!(missing.is_empty(), "not in what was published: {missing:?}");
    }
}

/// The quoted names of an adapter and its fake, as far as an underscore shows what they are, and the fields that the
/// adapter reads.
fn used(adapter: &str) -> BTreeSet<String> {
    let provider = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/provider");
    let folders = [provider.join(adapter), provider.join(adapter).join("fake")];
    let inside = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = inside.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let mut used = BTreeSet::new();
    for file in files.chain([provider.join(adapter).with_extension("rs")]) {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            used.extend(line.split('"').skip(1).step_by(2).filter(|word| is_name(word)).map(str::to_owned));
        }
        if file.ends_with("wire.rs") {
            let (theirs, _) = text.split_once("/// What rests in the store").unwrap();
            let fields = theirs.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "));
            used.extend(fields.map(|(field, _)| field.to_owned()).filter(|field| field != "kind"));
        }
    }
    used
}

fn is_name(word: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    word.contains('_') && word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(known)
}

/// The name that a line of TypeScript declares: `name?: Type` or `'name': Type`.
fn property(line: &str) -> Option<&str> {
    let (name, _) = line.trim().split_once(':')?;
    let name = name.trim_end_matches('?').trim_matches(['\'', '"']);
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
}

/// The contents of packages, without what they depend on.
fn published(name: &str, packages: &[&str]) -> Result<PathBuf> {
    install::once(&format!("{name}-published"), &packages.join(" "), |folder| {
        packages.iter().try_for_each(|package| unpack(folder, package))
    })
}

fn unpack(folder: &Path, package: &str) -> Result<()> {
    let (name, _) = package.rsplit_once('@').context("a package has a version")?;
    let place = folder.join(name);
    fs::create_dir_all(&place)?;
    let pack = ["pack", "--silent", "--ignore-scripts", package];
    install::run(Command::new("npm").current_dir(&place).args(pack))?;
    let archive = fs::read_dir(&place)?.next().context("npm brought no archive")??.path();
    install::run(Command::new("tar").current_dir(&place).arg("-xzf").arg(archive))
}
