//! B4: what a program prints of the secrets of its own environment.

use exec::{MASK, Stream, run, run_lines};

use crate::support::sh;

/// The last one comes in two pieces.
const SCRIPT: &str = "echo \"401 for $HF_TOKEN\"; printf '%s' \"$HF_TOKEN\" | base64; echo \"$https_proxy $HOME\" >&2; \
                      printf '%.5s' \"$HF_TOKEN\"; sleep 0.1; printf '%s\\n' \"${HF_TOKEN#?????}\"; exit 1";

#[test]
fn secrets_are_masked_in_all_that_a_program_prints() {
    let spec =
        sh(SCRIPT).env("HF_TOKEN", "hf_abcdefgh").env("HOME", "/home/me").env("https_proxy", "http://me:geheim@h:1");
    let output = run(&spec).unwrap();
    assert_eq!(output.stdout_text(), format!("401 for {MASK}\n{MASK}=\n{MASK}\n"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("http://me:{MASK}@h:1 /home/me\n"));
    let mut lines = Vec::new();
    let output = run_lines(&spec, &mut |stream, line| lines.push((stream, line.to_owned()))).unwrap();
    assert!(lines.contains(&(Stream::Stdout, format!("401 for {MASK}"))), "{lines:?}");
    let all = format!("{lines:?} {output:?} {:?}", output.clone().require_success(&spec));
    assert!(!all.contains("abcdefgh") && !all.contains("geheim"), "{all}");
}

/// The command line in an error, too.
#[test]
fn secrets_are_masked_in_errors() {
    let mut spec = sh("sleep 30").arg("hf_abcdefgh").env("HF_TOKEN", "hf_abcdefgh");
    spec.deadline = std::time::Duration::from_millis(50);
    let error = run(&spec).unwrap_err();
    let shown = format!("{error:?} {}", miette::Diagnostic::help(&error).unwrap());
    assert!(shown.contains(MASK) && !shown.contains("abcdefgh"), "{shown}");
}
