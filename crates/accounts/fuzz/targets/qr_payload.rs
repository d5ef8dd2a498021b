#![no_main]

use accounts::Secret;
use accounts::qr::Payload;

libfuzzer_sys::fuzz_target!(|text: &str| drop(Payload::of(&Secret::new(text))));
