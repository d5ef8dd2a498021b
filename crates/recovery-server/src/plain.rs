//! Text of strangers that others will read: one line, without what turns text around, hides in it, or breaks it.

/// The first `most` characters of it, or nothing.
pub(crate) fn line(said: &str, most: usize) -> String {
    let shown = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    said.trim().chars().filter(shown).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn only_what_can_be_seen_stays() {
        assert_eq!(line(" Jana\u{202e}gpj.exe\u{0}\u{1b}[31m\r\n", 80), "Janagpj.exe[31m");
        assert_eq!(line("Жанна Ли", 5), "Жанна");
        assert_eq!(line("\u{200b}", 5), "");
    }
}
