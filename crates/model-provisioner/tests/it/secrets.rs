//! EP-51: a token reaches the command's environment and nothing else.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use miette::Diagnostic;
use model_provisioner::{ModelError, ModelRequest};

use crate::support::fixtures::Writer;
use crate::support::hf::Bench;
use crate::support::http::Answer;
use crate::support::tree::names;

const TOKEN: &str = "hf_s3cr3tS3cr3tS3cr3t";

fn request() -> ModelRequest {
    ModelRequest::hub_gguf("o/r", None, "m.gguf").unwrap()
}

/// No file below holds it.
#[track_caller]
fn nowhere(root: &Path) {
    for name in names(root) {
        let bytes = fs::read(root.join(&name)).unwrap();
        assert!(!bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()), "{name}");
    }
}

/// An error with all its causes, as anything could print it.
fn printed(error: &ModelError) -> String {
    let mut words = vec![format!("{error}\n{error:?}\n{}", error.help().unwrap())];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words.push(format!("{cause}\n{cause:?}"));
        source = cause.source();
    }
    words.join("\n")
}

#[test]
fn a_token_is_sent_and_kept_nowhere() {
    let bench = Bench::new();
    bench.hub.push("o/r", &[("m.gguf", Writer::model(500))]);
    let models = bench.models(bench.env().with("HF_TOKEN", TOKEN));
    models.ensure_present(&request()).unwrap();
    assert!(bench.hub.state().log.iter().any(|line| line.contains("/resolve/") && line.ends_with(TOKEN)));
    let to_storage =
        bench.hub.state().log.iter().filter(|line| line.contains("/lfs/")).any(|line| line.contains(TOKEN));
    assert!(!to_storage, "the storage is another host");
    nowhere(bench.dir.path());
}

#[test]
fn a_token_from_a_file() {
    let bench = Bench::new();
    bench.hub.push("o/r", &[("m.gguf", Writer::model(500))]);
    let file = bench.at("secret");
    durable::replace(&file, format!("{TOKEN}\n").as_bytes()).unwrap();
    let models = bench.models(bench.env()).token_file(Some(file.clone()));
    models.ensure_present(&request()).unwrap();
    assert!(bench.hub.state().log.iter().any(|line| line.ends_with(TOKEN)));
    nowhere(&bench.at("cache"));
    bench.hub.instead("/api/models/", 1, Answer::refusal(401, "", "Invalid credentials in Authorization header"));
    let other = ModelRequest::hub_gguf("o/r", None, "other.gguf").unwrap();
    let error = models.ensure_present(&other).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "model::bad_token");
    assert!(printed(&error).contains(&file.display().to_string()) && !printed(&error).contains(TOKEN));
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    let error = models.ensure_present(&other).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "model::token_file");
}

/// B4: a command that prints its token, when it is asked and when it downloads.
#[test]
fn what_a_command_prints_is_redacted() {
    let bench = Bench::new();
    let bin = bench.at("bin");
    fs::create_dir(&bin).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    for script in [
        "echo \"401 for token $HF_TOKEN\" >&2; exit 1",
        "case \"$*\" in *--dry-run*) exit 0;; esac; echo \"failed with $HF_TOKEN\"; echo \"$HF_TOKEN\" >&2; exit 1",
    ] {
        testkit::fake_tool(&bin, "hf", script);
        let models = bench.models(bench.env().with("PATH", &path).with("HF_TOKEN", TOKEN));
        let error = models.ensure_present(&request()).unwrap_err();
        let text = printed(&error);
        assert!(!text.contains(TOKEN), "{text}");
        assert!(text.contains("***"), "{text}");
    }
}
