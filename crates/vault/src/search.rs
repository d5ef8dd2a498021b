//! Search: one folded text of all entries, and a substring search over it. Fuzzy matchers were thirty times slower and
//! missed more.

use memchr::memmem::Finder;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use crate::wiped::Wiped;

/// Between two entries; folding leaves none of it in a text.
const END: u8 = b'\n';

pub(crate) struct Haystack {
    text: Wiped,
    /// Where each segment starts, and whose it is.
    segments: Vec<(u32, u32)>,
    /// The segment that holds for an entry: an older one is passed over.
    current: Vec<u32>,
}

impl Haystack {
    /// `size` is about that of all texts.
    pub fn new<'a>(texts: impl Iterator<Item = &'a str>, size: usize) -> Self {
        let mut new = Self {
            text: Wiped::with_capacity(size + texts.size_hint().0),
            segments: Vec::with_capacity(texts.size_hint().0),
            current: Vec::with_capacity(texts.size_hint().0),
        };
        for (number, text) in texts.enumerate() {
            new.replace(u32::try_from(number).unwrap_or(u32::MAX), text);
        }
        new
    }

    pub fn replace(&mut self, entry: u32, text: &str) {
        let segment = u32::try_from(self.segments.len()).unwrap_or(u32::MAX);
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.segments.push((start, entry));
        let place = entry as usize;
        if place >= self.current.len() {
            self.current.resize(place + 1, segment);
        }
        self.current[place] = segment;
        fold(text, &mut self.text);
        self.text.push(&[END]);
    }

    /// Entries that hold every word, in their order.
    pub fn find(&self, query: &str, most: usize) -> Vec<u32> {
        let mut folded = Wiped::default();
        fold(query, &mut folded);
        let mut words: Vec<&[u8]> =
            folded.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let Some((rarest, others)) = words.split_first() else { return Vec::new() };
        let (rarest, others) = (Finder::new(rarest), others.iter().map(Finder::new).collect::<Vec<_>>());

        let (mut found, mut from) = (Vec::new(), 0);
        while found.len() < most {
            let Some(at) = rarest.find(&self.text[from..]).map(|at| at + from) else { break };
            let segment = self.segments.partition_point(|(start, _)| *start as usize <= at) - 1;
            let (start, entry) = self.segments[segment];
            let end = self.segments.get(segment + 1).map_or(self.text.len(), |(start, _)| *start as usize);
            let text = &self.text[start as usize..end];
            let holds = self.current[entry as usize] as usize == segment;
            if holds && others.iter().all(|word| word.find(text).is_some()) {
                found.push(entry);
            }
            from = end;
        }
        found.sort_unstable();
        found
    }
}

/// Without case and diacritics; anything that is no letter or sign becomes a space.
fn fold(text: &str, into: &mut Wiped) {
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, _) = rest.as_bytes().split_at(plain_prefix(rest.as_bytes()));
        let start = into.len();
        into.push(plain);
        for byte in &mut into[start..] {
            *byte = if byte.is_ascii_control() { b' ' } else { byte.to_ascii_lowercase() };
        }
        let mut characters = rest[plain.len()..].chars();
        if let Some(character) = characters.next() {
            // One by one: what depends on its neighbours is the order of marks, and they go.
            decompose_compatible(character, |part| fold_one(part, into));
        }
        rest = characters.as_str();
    }
}

/// Bytes of ASCII at its start.
fn plain_prefix(text: &[u8]) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.iter().position(|byte| !byte.is_ascii()).unwrap_or(text.len())
}

fn fold_one(character: char, into: &mut Wiped) {
    if character.is_ascii_alphanumeric() {
        // Most that is left of a letter without its marks.
        return into.push(&[(character as u8).to_ascii_lowercase()]);
    }
    if is_combining_mark(character) {
        return;
    }
    for lower in character.to_lowercase() {
        match plain(lower) {
            Some(plain) => into.push(plain.as_bytes()),
            None if is_combining_mark(lower) => {}
            None if lower.is_control() || lower.is_whitespace() => into.push(b" "),
            None => into.push(lower.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Latin letters that Unicode does not take apart.
fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(texts: &[&str], query: &str) -> Vec<u32> {
        Haystack::new(texts.iter().copied(), 0).find(query, 100)
    }

    #[test]
    fn case_and_diacritics_do_not_count() {
        let texts = ["Größe Łódź", "Ёлка и йод", "ŒUVRE Æther", "ｆｕｌｌ width", "plain"];
        assert_eq!(find(&texts, "grosse"), [0]);
        assert_eq!(find(&texts, "LODZ"), [0]);
        assert_eq!(find(&texts, "елка"), [1]);
        assert_eq!(find(&texts, "ЙОД"), [1]);
        assert_eq!(find(&texts, "oeuvre aether"), [2]);
        assert_eq!(find(&texts, "full"), [3]);
        assert_eq!(find(&texts, "p a"), [4]);
        // Marks of their own, in either order, and what stands for several letters.
        let texts = ["Gro\u{308}\u{323}ße", "Gro\u{323}\u{308}sse", "ﬁne", "İstanbul", "①"];
        assert_eq!(find(&texts, "größe"), [0, 1]);
        assert_eq!(find(&texts, "fine"), [2]);
        assert_eq!(find(&texts, "istanbul"), [3]);
        assert_eq!(find(&texts, "1"), [4]);
    }

    #[test]
    fn every_word_must_stand_in_one_entry() {
        let texts = ["weekly market jana", "jana photos", "market"];
        assert_eq!(find(&texts, "jana market"), [0]);
        assert_eq!(find(&texts, "jana"), [0, 1]);
        assert_eq!(find(&texts, "jana weeklymarket"), []);
        assert_eq!(find(&texts, "photos market"), []);
        assert_eq!(find(&texts, "  "), []);
        assert_eq!(find(&["a\nb", "c"], "a b"), [0]);
    }

    #[test]
    fn what_changed_is_found_by_its_new_text_alone() {
        let mut haystack = Haystack::new(["old words", "other"].into_iter(), 20);
        haystack.replace(0, "new words");
        haystack.replace(2, "a third");
        assert_eq!(haystack.find("old", 9), []);
        assert_eq!(haystack.find("new", 9), [0]);
        assert_eq!(haystack.find("third", 9), [2]);
        haystack.replace(1, "");
        assert_eq!(haystack.find("other", 9), []);
    }

    #[test]
    fn no_more_than_asked_for() {
        assert_eq!(find(&["x"; 50], "x").len(), 50);
        assert_eq!(Haystack::new(["x"; 50].into_iter(), 0).find("x", 7), [0, 1, 2, 3, 4, 5, 6]);
    }
}
