#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vault::fuzz::recovery_key(bytes));
