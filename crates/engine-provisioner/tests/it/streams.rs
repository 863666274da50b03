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
