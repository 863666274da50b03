//! Standard streams that are closed or full, and command lines that are wrong.

use crate::support::{Place, Said};

/// Calls the program with the redirection of a shell.
fn redirected(place: &Place, words: &str, redirection: &str) -> Said {
    let script = format!("\"$@\" {words} {redirection}");
    let spec = exec::CommandSpec::new("/bin/sh", std::time::Duration::from_mins(2));
    let spec = spec.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_engine-provisioner")]);
    place.run(spec, &[], &[])
}

/// B7: a closed or full standard error changes nothing.
#[test]
fn standard_error_may_be_gone() {
    let place = Place::new().env("RUST_LOG", "trace");
    let expected = redirected(&place, "gpus -vv --json", "2> /dev/null").done();
    for redirection in ["2>&-", "2> /dev/full"] {
        let said = redirected(&place, "gpus -vv --json", redirection).done();
        assert_eq!(said.json()["toolkits"], expected.json()["toolkits"], "{redirection}");
    }
}

/// B7a: whatever becomes of standard error, the work goes on, with the same result.
#[test]
fn the_work_does_not_end_with_its_reader() {
    let place = Place::new();
    let (out, code) = (place.path().join("out"), place.path().join("code"));
    for (words, stream) in [
        ("prepare -v", "2> pipe"),
        ("prepare -vv", "2>&-"),
        ("ensure -vv", "2> /dev/full"),
        ("ensure --wait --events jsonl -vv", "2> pipe"),
    ] {
        let call = format!("\"$@\" {words} --json --config '{}'", place.pool_file().display());
        // A reader that takes one line and leaves.
        let (stream, reader) = if stream == "2> pipe" { ("2>&1", "| head -n 1 > /dev/null") } else { (stream, "") };
        let script = format!("{{ {call} {stream} > '{}'; echo $? > '{}'; }} {reader}", out.display(), code.display());
        let spec = exec::CommandSpec::new("/bin/sh", std::time::Duration::from_mins(2));
        let spec = spec.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_engine-provisioner")]);
        place.run(spec, &[], &[]);
        let text = |path| std::fs::read_to_string(path).unwrap();
        let (text, code) = (text(&out), text(&code));
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((code.trim(), &document["pool_id"]), ("0", &"tiny".into()), "{words} {stream}: {text}");
    }
}

/// Calls the program with a standard output that nobody reads any more; its exit status and standard error.
fn unread(place: &Place, words: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let path = place.path().join("stderr");
    let stderr = std::fs::File::create(&path).unwrap();
    let mut command = place.command(&[], words);
    let status = command.stdout(writer).stderr(stderr).status().unwrap();
    (status.code(), std::fs::read_to_string(path).unwrap())
}

/// Issue 13: a standard output without a reader ends no work, and has an exit status of its own without an error.
#[test]
fn standard_output_may_have_no_reader() {
    let place = Place::new();
    let (file, report, plan) = (place.pool_file(), place.path().join("report.tar"), place.path().join("plan.json"));
    let (file, report, plan) = (file.to_str().unwrap(), report.to_str().unwrap(), plan.to_str().unwrap());
    let state = || place.call(&["status", "--json"]).json()["state"].clone();
    for (words, running) in [
        (&["plan", "--json", "--out", plan][..], false),
        (&["doctor", "--report", report], false),
        (&["ensure", "--json"], true),
        (&["ensure", "--all"], true),
        (&["ensure", "--wait", "--events", "jsonl"], true),
        (&["plan", "--all"], true),
        (&["logs", "--follow"], true),
        (&["logs", "--json"], true),
        (&["status", "--watch=1"], true),
        (&["stop", "--all", "--json"], false),
    ] {
        let (code, stderr) = unread(&place, &[words, &["--config", file]].concat());
        assert_eq!(code, Some(141), "{words:?}: {stderr}");
        let stderr = stderr.to_lowercase();
        assert!(!stderr.contains("error") && !stderr.contains("standard output"), "{words:?}: {stderr}");
        assert_eq!(state() == "running", running, "{words:?}");
    }
    assert!(std::path::Path::new(report).exists() && std::path::Path::new(plan).exists());
    for words in [&["--help"][..], &["man"], &["completions", "bash"], &["schema", "--of", "plan"]] {
        assert_eq!(unread(&place, words), (Some(141), String::new()), "{words:?}");
    }
    // What else went wrong keeps its own status, and a disk that is full is an error.
    assert_eq!(unread(&place, &["status", "--json", "--pool", "no such"]).0, Some(2));
    let said = redirected(&place, "gpus", "> /dev/full");
    assert!(said.code == 1 && said.stderr.contains("file::stdout"), "{said:?}");
}

/// B9: with `--json` every wrong command line is one document, too.
#[test]
fn a_wrong_command_line_is_one_document() {
    let place = Place::bare();
    for words in [
        &["--json", "cache", "gc", "--older-than", "x"][..],
        &["ensure", "--json", "--wiat"],
        &["--json"],
        &["--json", "nothing-like-it"],
        &["plan", "--json", "--config"],
    ] {
        let said = place.call_bare(words);
        let document = said.json();
        let error = &document["error"];
        assert_eq!((said.code, error["code"].as_str()), (2, Some("usage::command_line")), "{words:?}: {said:?}");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        assert!(error["help"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        assert_eq!(said.stderr, "");
    }
    let said = place.call_bare(&["cache", "gc", "--older-than", "x"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(said.stderr.starts_with("error: invalid value 'x'"), "{said:?}");
    let said = place.call_bare(&["--json", "--help"]).done();
    assert!(said.stdout.contains("Usage:"), "{said:?}");
}
