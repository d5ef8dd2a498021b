//! What has come by mail.

use std::collections::{BTreeMap, BTreeSet};

use mail_parser::MessageParser;

#[derive(Default)]
pub struct Mailbox {
    /// The codes that came to a name, those of letters that came twice once.
    pub codes: BTreeMap<String, Vec<String>>,
    /// Letters that came again, with the same Message-ID.
    pub doubled: usize,
}

impl Mailbox {
    pub fn read(letters: &[String]) -> Self {
        let mut mailbox = Self::default();
        let mut known = BTreeSet::new();
        for letter in letters {
            let message = MessageParser::default().parse(letter.as_bytes()).unwrap();
            if !known.insert(message.message_id().unwrap().to_owned()) {
                mailbox.doubled += 1;
                continue;
            }
            let to = message.to().unwrap().first().unwrap().address().unwrap();
            let text = message.body_text(0).unwrap();
            // The last line of a letter with a code: `@host #12345678`.
            let last = text.trim_end().lines().last().unwrap_or_default().to_owned();
            if let (Some((name, _)), Some((_, code))) = (to.split_once('@'), last.split_once(" #")) {
                mailbox.codes.entry(name.to_owned()).or_default().push(code.to_owned());
            }
        }
        mailbox
    }
}
