//! Any text as a help or a README: a catalogue whose spellings are found, and flags judged by it.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/flags/tests/it/fuzzed.rs"]
#[allow(dead_code)]
mod fuzzed;

fuzz_target!(|data: &[u8]| fuzzed::help(data));
