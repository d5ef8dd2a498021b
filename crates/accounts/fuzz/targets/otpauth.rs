#![no_main]

use std::time::UNIX_EPOCH;

use accounts::Authenticator;

// Any text, with and without the beginning that it needs: what is read is the same after it was written.
libfuzzer_sys::fuzz_target!(|text: &str| {
    for uri in [text.to_owned(), format!("otpauth://totp/{text}"), format!("otpauth://totp/a?secret={text}")] {
        if let Ok(read) = Authenticator::parse(&uri) {
            let written = read.to_uri();
            assert!(written.expose().len() > accounts::authenticator::LONGEST || Authenticator::parse(written.expose()).unwrap() == read);
            assert_eq!(read.code(UNIX_EPOCH).code.expose().len(), read.digits as usize);
        }
    }
});
