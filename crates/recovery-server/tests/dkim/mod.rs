//! Checking a signature by the text of RFC 6376 and RFC 8463 alone, with other cryptography than the one that signs.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// What would stand in the DNS.
pub enum Key {
    Rsa(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Debug)]
pub struct Signature {
    pub domain: String,
    pub selector: String,
    /// Which are signed, in order.
    pub headers: Vec<String>,
}

/// Checks the first signature of a letter as it came over SMTP, each line ending in `\n`.
pub fn verify(letter: &str, key: &Key) -> Result<Signature, String> {
    // RFC 5321 section 4.5.2: dots at the beginning of lines were doubled.
    let letter: String =
        letter.lines().map(|line| format!("{}\r\n", line.strip_prefix('.').unwrap_or(line))).collect();
    let (head, body) = letter.split_once("\r\n\r\n").ok_or("no body")?;
    let headers = headers(head);
    let (_, raw) = headers.iter().find(|(name, _)| name == "dkim-signature").ok_or("not signed")?;
    let tags = tags(raw);
    let tag = |name: &str| tags.get(name).cloned().ok_or(format!("no {name}="));
    if tag("v")? != "1" || tag("c")? != "relaxed/relaxed" {
        return Err("another version or form".to_owned());
    }
    let body_hash = STANDARD.encode(digest(&SHA256, relaxed_body(body).as_bytes()));
    if tag("bh")? != body_hash {
        return Err("the body was changed".to_owned());
    }

    let signed: Vec<String> = tag("h")?.split(':').map(|name| name.trim().to_lowercase()).collect();
    let mut text = String::new();
    for name in &signed {
        if let Some((_, value)) = headers.iter().rev().find(|(known, _)| known == name) {
            text += &format!("{name}:{}\r\n", relaxed(value));
        }
    }
    // The signature itself, without what it signs with (section 3.7).
    let unsigned: Vec<&str> = raw
        .split(';')
        .map(|tag| match tag.split_once('=') {
            Some((name, _)) if name.trim() == "b" => &tag[..=name.len()],
            _ => tag,
        })
        .collect();
    text += &format!("dkim-signature:{}", relaxed(&unsigned.join(";")));
    let signature = STANDARD.decode(tag("b")?).map_err(|error| error.to_string())?;
    let wrong = |_| "the signature does not fit".to_owned();
    match (key, tag("a")?.as_str()) {
        (Key::Rsa(public), "rsa-sha256") => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
            .verify(text.as_bytes(), &signature)
            .map_err(wrong)?,
        (Key::Ed25519(public), "ed25519-sha256") => UnparsedPublicKey::new(&ED25519, public)
            .verify(digest(&SHA256, text.as_bytes()).as_ref(), &signature)
            .map_err(wrong)?,
        (_, other) => return Err(format!("signed by {other}")),
    }
    Ok(Signature { domain: tag("d")?, selector: tag("s")?, headers: signed })
}

/// Name in small letters, and value as it stands, folds included.
fn headers(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match (line.starts_with([' ', '\t']), headers.last_mut()) {
            (true, Some((_, value))) => *value += &format!("\r\n{line}"),
            _ => {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.trim_end().to_lowercase(), value.to_owned()));
            }
        }
    }
    headers
}

fn tags(value: &str) -> BTreeMap<String, String> {
    let parts = value.split(';').filter_map(|tag| tag.split_once('='));
    parts
        .map(|(name, value)| {
            let value: String = value.chars().filter(|letter| !letter.is_whitespace()).collect();
            (name.trim().to_owned(), value)
        })
        .collect()
}

/// Section 3.4.2.
fn relaxed(value: &str) -> String {
    squeezed(&value.replace("\r\n", "")).trim().to_owned()
}

/// Section 3.4.4.
fn relaxed_body(body: &str) -> String {
    let lines: Vec<String> =
        body.split("\r\n").map(|line| squeezed(line).trim_end_matches([' ', '\t']).to_owned()).collect();
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[..end].iter().map(|line| format!("{line}\r\n")).collect()
}

fn squeezed(text: &str) -> String {
    let mut squeezed = String::new();
    for letter in text.chars() {
        match letter {
            ' ' | '\t' if squeezed.ends_with(' ') => {}
            ' ' | '\t' => squeezed.push(' '),
            other => squeezed.push(other),
        }
    }
    squeezed
}
