//! Any words for any engine: an error, or a command line that stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/flags/tests/it/fuzzed.rs"]
#[allow(dead_code)]
mod fuzzed;

fuzz_target!(|data: &[u8]| fuzzed::argv(data));
