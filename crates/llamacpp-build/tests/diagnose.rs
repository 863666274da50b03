//! Real outputs of CMake, nvcc, gcc, clang, ninja, make, the linkers and the server, and what is made of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed setup is a failed test")]

#[path = "diagnose/anything.rs"]
mod anything;
#[path = "diagnose/compile.rs"]
mod compile;
#[path = "diagnose/configure.rs"]
mod configure;
#[path = "diagnose/cuda.rs"]
mod cuda;
#[path = "diagnose/link.rs"]
mod link;
#[path = "diagnose/outputs.rs"]
mod outputs;
#[path = "diagnose/reported.rs"]
mod reported;
#[path = "diagnose/resources.rs"]
mod resources;
#[path = "diagnose/serve.rs"]
mod serve;

use llamacpp_build::{Phase, diagnose};

/// The log has this code; the cause names these facts, and the lines show the first.
#[track_caller]
fn check(phase: Phase, log: &str, code: &str, facts: &[&str]) {
    let Some(found) = diagnose(phase, log) else { panic!("unknown, not {code}: {log}") };
    assert_eq!(found.code, code, "{found:#?}\n{log}");
    for fact in facts {
        assert!(found.cause.contains(fact), "{fact:?} is not in {:?}", found.cause);
    }
    assert!(!found.lines.is_empty() && found.lines.len() <= 14, "{found:#?}");
    assert!(!found.cause.contains(['{', '[', '\n']) && !found.remedy.contains(['{', '[', '\n']), "{found:#?}");
}

#[track_caller]
fn unknown(phase: Phase, log: &str) {
    assert_eq!(diagnose(phase, log), None, "{log}");
}
