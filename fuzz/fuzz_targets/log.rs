#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wattlint_fuzz::targets::log::run(data));
