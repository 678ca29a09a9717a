#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sharedphone_fuzz::spool::check(bytes));
