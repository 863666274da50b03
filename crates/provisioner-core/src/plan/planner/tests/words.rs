//! What a plan says in words: warnings, and no secret.

use super::*;

/// EP-60
#[test]
fn what_was_found_is_warned_of() {
    let supplied = Stub { warnings: vec!["`/usr/bin/make` does not report its version".into()], ..ready_supply() };
    let observed = Observed { system_config: Some("/etc/llama.cpp/config.ini".into()), ..observed(supplied) };
    let plan = check(observed, "=+===+");
    assert_eq!(plan.warnings.len(), 3);
    assert!(plan.to_string().contains("/etc/llama.cpp/config.ini"), "{plan}");
}

/// EP-51: the configuration refuses such a URL; a plan would not show it either.
#[test]
fn a_plan_masks_what_looks_secret() {
    let line = line(&["--x", "https://u:hunter2@host/r"]);
    let plan = check(Observed { line: Some(Ok(line)), ..ready() }, "=+===+");
    let json = serde_json::to_string(&plan).unwrap();
    assert!(json.contains("***@host/r") && !json.contains("hunter2") && !plan.to_string().contains("hunter2"));
}
