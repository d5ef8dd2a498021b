//! Showing an address without giving it away.

/// `jana@example.com` as `j•••@example.com`; `None` when it is no address.
///
/// The number of dots is fixed, so the mask does not tell how long the address is.
pub(crate) fn address(typed: &str) -> Option<String> {
    let (local, domain) = typed.trim().rsplit_once('@')?;
    let first = local.chars().next()?;
    let plausible = !domain.is_empty() && !domain.contains(char::is_whitespace) && domain.len() <= 253;
    plausible.then(|| format!("{first}•••@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn masks_addresses_and_nothing_else() {
        assert_eq!(address("jana@example.com").as_deref(), Some("j•••@example.com"));
        assert_eq!(address(" ж@пример.рф ").as_deref(), Some("ж•••@пример.рф"));
        assert_eq!(address("jana"), None);
        assert_eq!(address("@example.com"), None);
        assert_eq!(address("jana@"), None);
    }
}
