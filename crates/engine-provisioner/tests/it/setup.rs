//! A newcomer's first calls: `init`, and the report of `doctor`.

use std::fs;

use crate::support::{Place, free_ports};

/// From `init` to an answer without editing; a file that is there is kept.
#[test]
fn a_new_pool_file_leads_to_an_answer() {
    let place = Place::bare().env("CUDA_VISIBLE_DEVICES", "-1");
    let (repo, model) = (testkit::tiny_llama_repo(place.path()), testkit::tiny_model(place.path()));
    let words = ["init", "--pool", "tiny", "--model", model.to_str().unwrap(), "--repo", repo.path.to_str().unwrap()];
    let words = [&words[..], &["--ref", "main"]].concat();
    let said = place.call(&[&words[..], &["--json"]].concat()).done();
    assert_eq!(
        (said.json()["ready"].as_bool(), said.json()["pool_id"].as_str()),
        (Some(true), Some("tiny")),
        "{said:?}"
    );
    let text = fs::read_to_string(place.pool_file()).unwrap();
    assert!(text.contains("accelerator = \"cpu\"") && text.contains("no usable NVIDIA GPU ("), "{text}");
    assert!(text.lines().filter(|line| line.contains('#')).count() > 8, "every choice has its reason: {text}");
    // Another test may use the ports of the file.
    place.edit("ports = [\"8080-8099\"]", &format!("ports = {:?}", free_ports(2)));
    place.call(&["plan"]).done();
    let ran = place.call(&["ensure", "--wait"]).done().stdout;
    assert!(ran.contains("runs, and answers: http://127.0.0.1:"), "{ran}");
    let again = place.call(&[&words[..], &["--json"]].concat());
    assert_eq!((again.code, again.json()["error"]["code"].as_str()), (2, Some("usage::file_exists")), "{again:?}");
}

/// What cannot be is refused and writes nothing; what the host lacks is named beside the file.
#[test]
fn a_new_pool_file_is_sound_or_not_written() {
    let place = Place::bare().env("CUDA_VISIBLE_DEVICES", "-1");
    let init = |words: &[&str]| place.call(&[&["init", "--json"], words].concat());
    for (words, code) in [
        (&[][..], "usage::no_model"),
        (&["--model", "ftp://x/y.gguf"][..], "usage::bad_model"),
        (&["--model", "/x.gguf", "--engine", "lama"][..], "config::unknown_engine"),
        (&["--model", "/x.gguf", "--engine", "vllm"][..], "pool::unsupported_engine"),
        (&["--model", "/x.gguf", "--pool", "A/B"][..], "config::invalid_value"),
    ] {
        let said = init(words);
        let error = &said.json()["error"];
        assert_eq!(said.code, 2, "{words:?}: {said:?}");
        assert!(error["code"].as_str() == Some(code) || code.starts_with("config::"), "{words:?}: {error}");
        assert!(error["help"].is_string() && !place.pool_file().exists(), "{words:?}");
    }
    let bare = place.env("PATH", "/nonexistent");
    let said = bare.call(&["init", "--model", "absent.gguf"]).done().stdout;
    assert!(
        said.contains("this host lacks something for it:\n") && said.contains("[preflight::tools_missing]"),
        "{said}"
    );
    assert!(said.contains("to do: ") && said.contains("next: engine-provisioner plan --config "), "{said}");
    let text = fs::read_to_string(bare.pool_file()).unwrap();
    let newest = text.lines().find(|line| line.starts_with("ref = ")).unwrap();
    assert!(newest.starts_with("ref = \"v") || newest.starts_with("ref = \"b"), "a release: {newest}");
    assert!(text.contains("/absent.gguf\""), "a path is made absolute: {text}");
}

/// EP-81: one line for each mode, and one to paste, at the end.
#[test]
fn a_doctor_decides_for_each_mode() {
    let place = Place::bare().env("CUDA_VISIBLE_DEVICES", "-1");
    let found = place.call_bare(&["doctor", "--json"]).json();
    let modes: Vec<(&str, bool, bool)> = found["modes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mode| {
            let ready = |at: usize| mode["accelerators"][at]["ready"].as_bool().unwrap();
            (mode["mode"].as_str().unwrap(), ready(0), ready(1))
        })
        .collect();
    assert_eq!(
        modes,
        [
            ("source", false, true),
            ("container", false, false),
            ("binary", false, true),
            ("package", false, false),
            ("external", false, true)
        ]
    );
    let text = place.call_bare(&["doctor"]).stdout;
    assert!(text.contains("\nmode       source     ready (cpu); not for cuda: "), "{text}");
    assert!(
        text.contains("\nmode       container  not ready: ") && text.contains("[pool::unsupported_mode]"),
        "{text}"
    );
    let text = place.env("PATH", "/nonexistent").call_bare(&["doctor"]).stdout;
    assert!(
        text.contains("\nmode       source     not ready: ") && text.contains("\nmode       binary     ready (cpu)"),
        "{text}"
    );
    let last: Vec<&str> = text.lines().rev().take(2).collect();
    assert!(last[0] == "not ready" && last[1].starts_with("to do      "), "{text}");
}

/// A report for others: listed before it is written, without a secret, and nothing where it cannot be written.
#[test]
fn a_report_holds_no_secret() {
    const SECRET: &str = "sentinel-9f8e7d6c5b4a";
    let place = Place::new().env("TINY_SECRET", SECRET).env("HF_TOKEN", "hf_sentinel0123456789abcdef");
    place.edit("flags = []", "flags = []\nsecret_env = [\"TINY_SECRET\"]");
    let text = fs::read_to_string(place.pool_file()).unwrap();
    place.write(&format!("# api_key = {SECRET}\n{text}"));
    place.call(&["ensure", "--wait"]).done();
    let tar = place.path().join("report.tar");
    let said = place.call(&["doctor", "--report", tar.to_str().unwrap()]).done();
    let (listed, wrote) = said.stdout.split_once("wrote ").unwrap();
    for name in
        ["doctor.txt", "doctor.json", "program.json", "pool-file.txt", "status.json", "tiny.log", "tiny.executed.json"]
    {
        assert!(listed.contains(&format!("  {name} (")), "{name}: {listed}");
    }
    assert!(wrote.contains("report.tar"));
    let bytes = fs::read(&tar).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("CUDA_VISIBLE_DEVICES") || holds("\"PATH\""), "variables by name");
    assert!(!holds(SECRET) && !holds("hf_sentinel0123456789abcdef"), "a secret is in the report");
    let spec = exec::CommandSpec::new("/usr/bin/tar", std::time::Duration::from_secs(20)).args(["-tf"]).arg(&tar);
    assert!(exec::run(&spec).unwrap().stdout_text().contains("status.json"), "the real tar reads it");
    let nowhere = place.path().join("absent/report.tar");
    let said = place.call(&["doctor", "--json", "--report", nowhere.to_str().unwrap()]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.json()["error"]["code"].as_str().unwrap().starts_with("file::"), "{said:?}");
}
