//! A list of recovery codes as people have it: from a page, a text file, a printed sheet.

use crate::secret::Secret;

/// Codes of one list; sites give 8 to 20.
pub const MOST: usize = 200;
/// Longest code, in code points: a phrase of 24 words fits.
pub const LONGEST: usize = 256;

/// What was found in a pasted text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pasted {
    /// As they were written, in their order, each once.
    pub codes: Vec<Secret>,
    /// Lines that hold no code, as far as can be told; they are shown, so that nothing is left out unseen.
    pub left_out: Vec<Secret>,
}

/// Finds the codes, whether they are numbered, have bullets, stand in lines, in columns or between commas. Nothing
/// within a code is changed.
pub fn read(text: &Secret) -> Pasted {
    let mut pasted = Pasted::default();
    for line in text.expose().lines() {
        let mut codes: Vec<String> = Vec::new();
        let mut strange = false;
        for piece in pieces(line) {
            let so_far = pasted.codes.len() + codes.len();
            match in_piece(piece, so_far + 1) {
                Some(found) => codes.extend(found),
                None => strange = true,
            }
        }
        let fits = codes.iter().all(|code| code.chars().count() <= LONGEST);
        if strange || !fits || pasted.codes.len() + codes.len() > MOST {
            pasted.left_out.push(Secret::new(line.trim()));
            if !fits || pasted.codes.len() + codes.len() > MOST {
                continue;
            }
        }
        for code in codes.into_iter().map(Secret::new) {
            if !pasted.codes.contains(&code) {
                pasted.codes.push(code);
            }
        }
    }
    pasted
}

/// Columns and what stands between commas.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    for part in line.split(['\t', ',', ';', '|']) {
        pieces.extend(part.split("  ").map(str::trim).filter(|piece| !piece.is_empty()));
    }
    pieces
}

/// The codes of a piece; `next`: the number that the next one would have. None: these are words.
fn in_piece(piece: &str, next: usize) -> Option<Vec<String>> {
    let piece = without_label(without_bullet(piece), next);
    if piece.is_empty() {
        return Some(Vec::new());
    }
    if piece.contains('@') || piece.contains("://") || piece.ends_with(':') || is_date(piece) {
        return None;
    }
    let words: Vec<&str> = piece.split_whitespace().collect();
    let one = || Some(vec![piece.to_owned()]);
    if let [word] = words[..] {
        return if is_code(word) { one() } else { None };
    }
    let length = |word: &str| word.chars().count();
    if words.iter().all(|word| length(word) >= 6 && is_code(word)) && words.iter().any(|word| is_marked(word))
    {
        return Some(words.iter().map(|word| (*word).to_owned()).collect());
    }
    let same_length = words.iter().all(|word| length(word) == length(words[0]));
    let digits = |word: &&str| word.chars().all(|c| c.is_ascii_digit());
    if same_length && length(words[0]) == 4 && words.iter().all(digits) && words.len() >= 6 {
        // Two groups of four digits make a code, and these are several in one line.
        return Some(words.chunks(2).map(|pair| pair.join(" ")).collect());
    }
    let lower = |word: &&str| word.chars().all(char::is_lowercase);
    let phrase = [12, 15, 18, 21, 24].contains(&words.len()) && words.iter().all(lower);
    let one_case = words.iter().all(lower) || words.iter().all(|word| !word.chars().any(char::is_lowercase));
    let grouped = words.iter().all(|word| has_digit(word)) || same_length && (one_case || has_digit(piece));
    if phrase || grouped && piece.chars().any(char::is_alphanumeric) { one() } else { None }
}

fn without_bullet(piece: &str) -> &str {
    let boxes = ["[ ]", "[x]", "[X]", "( )", "☐", "☑", "□", "•", "·", "◦", "‣", "*", "–", "—", "- "];
    let rest = boxes.iter().find_map(|bullet| piece.strip_prefix(bullet));
    rest.unwrap_or(piece).trim()
}

/// Without a number in front, and without "Code 3:".
fn without_label(piece: &str, next: usize) -> &str {
    let piece = match piece.split_once(": ") {
        Some((label, rest)) if !rest.trim().is_empty() && label.chars().all(|c| !is_sign(c)) => rest.trim(),
        _ => piece,
    };
    let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = piece.split_at(digits);
    if !(1..=3).contains(&digits) {
        return piece;
    }
    let expected = number.parse() == Ok(next);
    match rest.chars().next() {
        None if expected => "",
        Some('.' | ')' | ':') => {
            let after = &rest[1..];
            if after.is_empty() || after.starts_with(' ') || expected { after.trim() } else { piece }
        }
        Some(' ') if expected && rest.split_whitespace().all(|word| word.len() >= 4) => rest.trim(),
        _ => piece,
    }
}

fn is_sign(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace() && c != '#'
}

fn has_digit(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit())
}

/// What no word of a language has.
fn is_marked(word: &str) -> bool {
    has_digit(word) || word.contains(['-', '_']) || !word.chars().any(char::is_lowercase)
}

fn is_code(word: &str) -> bool {
    let length = word.chars().filter(|c| c.is_alphanumeric()).count();
    if has_digit(word) {
        return length >= 4;
    }
    let lower = word.chars().filter(|c| c.is_lowercase()).count();
    let first_alone = word.chars().next().is_some_and(char::is_uppercase) && lower + 1 == length;
    length >= 6 && !first_alone
}

fn is_date(piece: &str) -> bool {
    let parts: Vec<&str> = piece.split(['.', '/', '-']).collect();
    let number = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let long = parts.iter().filter(|part| part.len() == 4).count();
    parts.len() == 3 && parts.iter().all(number) && long == 1 && parts.iter().all(|part| part.len() != 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<String> {
        read(&Secret::new(text)).codes.iter().map(|code| code.expose().to_owned()).collect()
    }

    fn left_out(text: &str) -> Vec<String> {
        read(&Secret::new(text)).left_out.iter().map(|line| line.expose().to_owned()).collect()
    }

    #[test]
    fn lists_as_sites_print_them() {
        for (text, expected) in [
            (
                "ABCD-EFGH-2345-6789\nJKMN-PQRS-2345-6789\n",
                vec!["ABCD-EFGH-2345-6789", "JKMN-PQRS-2345-6789"],
            ),
            (
                "1. 1234 5678     6. 8765 4321\n2. 2345 6789     7. 9876 5432",
                vec!["1234 5678", "8765 4321", "2345 6789", "9876 5432"],
            ),
            ("a1b2c-d3e4f\tg5h6i-j7k8l\r\nm9n0o-p1q2r", vec!["a1b2c-d3e4f", "g5h6i-j7k8l", "m9n0o-p1q2r"]),
            ("* 12345678\n* 23456789", vec!["12345678", "23456789"]),
            ("[ ] abcd-efgh\n[x] ijkl-mnop", vec!["abcd-efgh", "ijkl-mnop"]),
            ("12345678 23456789 34567890", vec!["12345678", "23456789", "34567890"]),
            ("1234 5678 2345 6789 3456 7890", vec!["1234 5678", "2345 6789", "3456 7890"]),
            ("abcd1234, efgh5678; ijkl9012", vec!["abcd1234", "efgh5678", "ijkl9012"]),
            ("1) abcd-1234\n2) efgh-5678", vec!["abcd-1234", "efgh-5678"]),
            ("1 abcd-1234\n2 efgh-5678", vec!["abcd-1234", "efgh-5678"]),
            ("1.abcd1234\n2.efgh5678", vec!["abcd1234", "efgh5678"]),
            ("Code 1: abcd 1234\nCode #2: efgh 5678", vec!["abcd 1234", "efgh 5678"]),
            ("ABCDE FGHIJ KLMNO PQRST UVWXY", vec!["ABCDE FGHIJ KLMNO PQRST UVWXY"]),
            ("ABCD 1234 EFGH 5678", vec!["ABCD 1234 EFGH 5678"]),
            ("abcdefgh\nqrstuvwx", vec!["abcdefgh", "qrstuvwx"]),
            (" • ЖЗИК-1234 ", vec!["ЖЗИК-1234"]),
        ] {
            assert_eq!(codes(text), expected, "{text}");
            assert_eq!(left_out(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_phrase_of_words_is_one_code() {
        let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        assert_eq!(codes(phrase), [phrase]);
    }

    #[test]
    fn words_around_the_list_are_shown_and_not_kept() {
        let text = "Recovery codes for jana@mail.example\nKeep these 10 codes safe!\nCreated: 28.11.2026\n\n\
                    https://site.example/help\nabcd-1234\nYour codes:\nWarning\nefgh-5678";
        assert_eq!(codes(text), ["abcd-1234", "efgh-5678"]);
        assert_eq!(
            left_out(text),
            [
                "Recovery codes for jana@mail.example",
                "Keep these 10 codes safe!",
                "Created: 28.11.2026",
                "https://site.example/help",
                "Your codes:",
                "Warning",
            ]
        );
    }

    #[test]
    fn one_that_is_pasted_twice_is_one_and_too_much_is_left_out() {
        assert_eq!(codes("abcd-1234\nabcd-1234\nABCD-1234"), ["abcd-1234", "ABCD-1234"]);
        let long = format!("{}1", "x".repeat(LONGEST));
        assert_eq!((codes(&long), left_out(&long)), (vec![], vec![long.clone()]));
        let many: Vec<String> = (0..MOST + 5).map(|n| format!("code-{n:04}")).collect();
        let pasted = read(&Secret::new(many.join("\n")));
        assert_eq!((pasted.codes.len(), pasted.left_out.len()), (MOST, 5));
        assert_eq!(read(&Secret::new(" \n\n")), Pasted::default());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_and_every_code_stands_in_it(text in "\\PC{0,200}") {
            for code in codes(&text) {
                let words = code.split_whitespace().collect::<Vec<_>>();
                proptest::prop_assert!(words.iter().all(|word| text.contains(word)));
            }
        }

        #[test]
        fn every_list_in_lines_is_read_whole(
            list in proptest::collection::hash_set("[A-Z0-9]{4}-[A-Z0-9]{4}", 1..20),
            form in 0..5,
        ) {
            let list: Vec<String> = list.into_iter().collect();
            let line = |(at, code): (usize, &String)| match form {
                0 => code.clone(),
                1 => format!("{}. {code}", at + 1),
                2 => format!("  - {code} "),
                3 => format!("{}) {code}", at + 1),
                _ => format!("{code},"),
            };
            let lines: Vec<String> = list.iter().enumerate().map(line).collect();
            let text = lines.join("\n");
            proptest::prop_assert_eq!(codes(&text), list);
        }
    }
}
