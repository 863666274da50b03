//! Repositories as folders on this host.

use std::os::unix::fs::symlink;
use std::path::Path;

use model_provisioner::{ModelRequest, Presence, StagedKind};

use crate::local::models;
use crate::support::tree::write;

fn request(root: &Path) -> ModelRequest {
    ModelRequest::local_repository(
        root.join("m"),
        &["*.json", "*.safetensors", "tokenizer*"],
        &["config.json", "*.safetensors"],
    )
    .unwrap()
}

fn why(root: &Path) -> String {
    match models(root).inspect(&request(root)) {
        Presence::Present(found) => format!("{} files", found.staged.files.len()),
        Presence::Unusable(error) => error.to_string(),
        Presence::Fetchable(_) => panic!(),
    }
}

#[test]
fn a_repository_is_whole_when_its_index_is() {
    let dir = tempfile::tempdir().unwrap();
    let check = |expected: &str| assert!(why(dir.path()).contains(expected), "{} is not: {expected}", why(dir.path()));
    check("there is no model file");
    write(dir.path(), &[("m/config.json", b"{}"), ("m/README.md", b"x"), ("m/.cache/huggingface/x.json", b"{}")]);
    check("no file matches `*.safetensors`");
    let index =
        br#"{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}"#;
    write(dir.path(), &[("m/model-00001-of-00002.safetensors", b"x"), ("m/model.safetensors.index.json", index)]);
    check("`model-00002-of-00002.safetensors` is missing, which `model.safetensors.index.json` names");
    write(dir.path(), &[("m/model-00002-of-00002.safetensors", b"")]);
    check("`model-00002-of-00002.safetensors` is empty");
    write(dir.path(), &[("m/model-00002-of-00002.safetensors", b"x")]);
    check("4 files");
    write(dir.path(), &[("m/model.safetensors.index.json", b"[]")]);
    check("is not an index of weights");
    write(dir.path(), &[("m/model.safetensors.index.json", index)]);
    let Presence::Present(found) = models(dir.path()).inspect(&request(dir.path())) else { panic!() };
    assert_eq!((found.staged.kind, found.staged.path), (StagedKind::Repository, dir.path().join("m")));
}

/// A container sees the folder alone.
#[test]
fn a_link_that_leaves_the_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("m/config.json", b"{}"), ("m/a/w.safetensors", b"x"), ("blobs/b", b"x")]);
    symlink("a/w.safetensors", dir.path().join("m/w.safetensors")).unwrap();
    symlink("a", dir.path().join("m/folder")).unwrap();
    assert_eq!(why(dir.path()), "3 files");
    for target in
        ["../blobs/b", "../blobs", "/etc/passwd", "nothing", dir.path().join("m/config.json").to_str().unwrap()]
    {
        let link = dir.path().join("m/x.json");
        std::fs::remove_file(&link).ok();
        symlink(target, &link).unwrap();
        assert!(why(dir.path()).contains("outside of the model's folder"), "{target}: {}", why(dir.path()));
    }
}

/// Patterns decide which files count here, and which files the command fetches: both must mean the same.
#[test]
fn patterns_mean_what_the_library_says() {
    let patterns = [
        "*.json",
        "m-?????-of-*",
        "[a-c]x*",
        "[!a-c]x",
        "a[b",
        "[]]*",
        "[!]]",
        "*a*b",
        "a/*",
        "[a-]x",
        "**",
        "[*]",
        "[-a]x",
    ];
    let names = [
        "a.json",
        "d/a.json",
        "m-00001-of-00002",
        "ax",
        "dx",
        "a[b",
        "ab",
        "]",
        "]x",
        "-x",
        "*",
        "cab",
        "a/b/c",
        ".json",
        "",
    ];
    let script = "import json, sys\nfrom fnmatch import fnmatchcase\np, n = json.loads(sys.argv[1])\nprint(json.dumps([[fnmatchcase(x, y) for x in n] for y in p]))";
    let env = exec::Env::from_pairs([("PATH", crate::support::hf::folder())]);
    let spec = exec::CommandSpec::new(env.find("python3").unwrap(), std::time::Duration::from_secs(30));
    let spec = spec.args(["-c", script]).arg(serde_json::json!([patterns, names]).to_string());
    let output = exec::run(&spec).unwrap().require_success(&spec).unwrap();
    let theirs: Vec<Vec<bool>> = serde_json::from_slice(&output.stdout).unwrap();
    for (pattern, theirs) in patterns.iter().zip(theirs) {
        let ours = model_provisioner::GlobPattern::parse(pattern).unwrap();
        let ours: Vec<bool> = names.iter().map(|name| ours.matches(name)).collect();
        assert_eq!(ours, theirs, "{pattern} on {names:?}");
    }
}
