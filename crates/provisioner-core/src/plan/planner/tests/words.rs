//! What a plan says in words: warnings, and no secret.

use super::*;
use crate::SideFileError;

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

/// A file that a flag names and that is not there blocks the flags, and the engine that runs has read its own.
#[test]
fn a_side_file_that_is_absent_is_named_before_the_start() {
    let absent = || SideFileError::Missing { flag: "--lora".into(), path: "/l.gguf".into(), why: "gone".into() };
    let plan = check(Observed { side_files: Err(absent()), ..ready() }, "=+==!.");
    assert!(plan.to_string().contains("`--lora` names `/l.gguf`: gone"), "{plan}");
    let runs = Some(running(&line(&[])));
    check(Observed { side_files: Err(absent()), running: runs, ..ready() }, "======");
}
