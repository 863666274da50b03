//! What a log must give, and what no rule may claim to know.

use failure_diagnosis::{Phase, diagnose};

/// The log has this code; the cause names these facts, and the lines show the first.
#[track_caller]
pub(crate) fn check(phase: Phase, log: &str, code: &str, facts: &[&str]) {
    let Some(found) = diagnose(phase, log) else { panic!("unknown, not {code}: {log}") };
    assert_eq!(found.code, code, "{found:#?}\n{log}");
    for fact in facts {
        assert!(found.cause.contains(fact), "{fact:?} is not in {:?}", found.cause);
    }
    assert!(!found.lines.is_empty() && found.lines.len() <= 14, "{found:#?}");
    assert!(!found.cause.contains(['{', '[', '\n']) && !found.remedy.contains(['{', '[', '\n']), "{found:#?}");
}

#[track_caller]
pub(crate) fn unknown(phase: Phase, log: &str) {
    assert_eq!(diagnose(phase, log), None, "{log}");
}
