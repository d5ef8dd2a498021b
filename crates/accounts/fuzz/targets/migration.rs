#![no_main]

use accounts::authenticator::migration::Migration;

// The bytes as they are, in base64.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut uri = String::from("otpauth-migration://offline?data=");
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        uri.extend((0..=three.len()).map(|n| char::from(letters[(bits >> (18 - 6 * n) & 63) as usize])));
    }
    if let Ok(read) = Migration::parse(&uri) {
        assert!(read.part.number <= read.part.of);
    }
});
