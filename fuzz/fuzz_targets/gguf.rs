//! Any bytes as a GGUF file: the header is read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/model-provisioner/tests/it/fuzzed.rs"]
#[allow(dead_code)]
mod fuzzed;

fuzz_target!(|data: &[u8]| fuzzed::gguf(data));
