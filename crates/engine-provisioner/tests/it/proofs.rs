//! Proof bundles through the command line: whole, packed, tampered with.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Place, Said};

#[expect(clippy::disallowed_methods, reason = "no other process reads it while it is written")]
fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

fn verify(place: &Place, path: &Path) -> Said {
    place.call_bare(&["proof", "verify", &path.to_string_lossy(), "--json"])
}

/// What a check found, by what it is about.
fn verdict(report: &Value, what: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let of = checks.filter(|check| check["what"].as_str().unwrap().starts_with(what));
    of.map(|check| check["verdict"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn refused(said: &Said, status: i32, code: &str) {
    assert_eq!((said.code, said.json()["error"]["code"].as_str()), (status, Some(code)), "{said:?}");
}

/// A started engine with its bundle's folder.
fn proven(place: &Place) -> PathBuf {
    let tar = place.path().join("proof.tar").display().to_string();
    let ensured = place.call(&["ensure", "--wait", "--proof-out", &tar, "--json"]).done().json();
    PathBuf::from(ensured["proof_dir"].as_str().unwrap())
}

/// EP-71: the bundle holds all that was promised, is shown, and is checked in the folder and as a file.
#[test]
fn a_bundle_is_whole_and_holds() {
    let place = Place::new();
    let dir = proven(&place);
    let tar = place.path().join("proof.tar");
    let mut names: Vec<_> =
        fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected = [
        "build.json",
        "build.log",
        "configure.log",
        "executed.json",
        "gpu.json",
        "plan.json",
        "prepared-engine.json",
        "proof.json",
        "provenance.json",
        "spawn.json",
        "tools.json",
    ];
    assert_eq!(names, expected);
    for path in [&dir, &tar] {
        let report = verify(&place, path).done().json();
        assert_eq!(report["holds"], true);
        let holds = |what: &str| assert_eq!(verdict(&report, what), ["holds"], "{what}: {report}");
        let all = [
            "plan",
            "what ran",
            "flags",
            "program",
            "engine's digest in build.json",
            "build key",
            "engine on this host",
        ];
        all.into_iter().for_each(holds);
        holds("engine's digest in provenance.json");
        assert_eq!(verdict(&report, "file ").len(), expected.len() - 1);
        assert_eq!(verdict(&report, "author"), ["unchecked"]);
        assert_eq!(verdict(&report, "model file"), ["unchecked"], "no digest was recorded: {report}");
        let text = place.call_bare(&["proof", "show", &path.to_string_lossy()]).done().stdout;
        assert!(text.contains("start        done") && text.contains("file     tools.json"), "{text}");
    }
    // The real tar reads it, and what that packs is read.
    let out = place.path().join("out");
    fs::create_dir(&out).unwrap();
    let run = |words: &[&str]| {
        let spec =
            exec::CommandSpec::new("/usr/bin/tar", std::time::Duration::from_secs(20)).args(words.iter().copied());
        exec::run(&spec).unwrap().require_success(&spec).unwrap();
    };
    let (tar_name, out_name) = (tar.display().to_string(), out.display().to_string());
    run(&["-xf", &tar_name, "-C", &out_name]);
    verify(&place, &out).done();
    let again = place.path().join("again.tar").display().to_string();
    run(&["--format=ustar", "-cf", &again, "-C", &out_name, "."]);
    verify(&place, Path::new(&again)).done();
    // A second call that finds the engine running hands out the same bundle.
    place.call(&["ensure", "--proof-out", &again]).done();
    verify(&place, Path::new(&again)).done();
}

/// What was changed, added or removed is found, by name.
#[test]
fn what_was_tampered_with_is_found() {
    let place = Place::new();
    let dir = proven(&place);
    let check = |change: &dyn Fn(&Path), what: &str| {
        let copy = place.path().join("copy");
        fs::remove_dir_all(&copy).ok();
        testkit::copy_tree(&dir, &copy);
        change(&copy);
        let said = verify(&place, &copy);
        assert_eq!(said.code, 7, "{what}: {said:?}");
        assert!(verdict(&said.json(), what).contains(&"differs".to_owned()), "{what}: {said:?}");
    };
    check(&|dir| write(&dir.join("build.log"), b"nothing happened"), "file build.log");
    check(&|dir| fs::remove_file(dir.join("gpu.json")).unwrap(), "file gpu.json");
    check(&|dir| write(&dir.join("new.txt"), b"x"), "file new.txt");
    let edit = |dir: &Path, name: &str, change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&fs::read(dir.join(name)).unwrap()).unwrap();
        change(&mut value);
        write(&dir.join(name), &serde_json::to_vec_pretty(&value).unwrap());
        // With the digests made right again.
        let bytes = fs::read(dir.join(name)).unwrap();
        let sum = durable::sha256_of(&bytes);
        let mut manifest: Value = serde_json::from_slice(&fs::read(dir.join("proof.json")).unwrap()).unwrap();
        manifest["files"][name] = serde_json::json!({ "size": bytes.len(), "digest": format!("sha256:{sum}") });
        write(&dir.join("proof.json"), &serde_json::to_vec(&manifest).unwrap());
    };
    check(&|dir| edit(dir, "plan.json", &|plan| plan["warnings"] = serde_json::json!(["x"])), "plan");
    check(
        &|dir| {
            let change = |executed: &mut Value| {
                let steps = executed["steps"].as_array_mut().unwrap();
                let start = steps.iter_mut().find(|step| step["id"] == "start").unwrap();
                start["actions"][0]["args"].as_array_mut().unwrap().push("--api-prefix".into());
            };
            edit(dir, "executed.json", &change);
        },
        "what ran",
    );
    let zeros = format!("sha256:{}", "0".repeat(64));
    check(&|dir| edit(dir, "prepared-engine.json", &|engine| engine["engine_digest"] = zeros.clone().into()), "engine");
}

/// Whatever is no bundle is refused by name, and nothing of it is followed.
#[test]
fn a_bad_bundle_is_refused_by_name() {
    let place = Place::new();
    let dir = proven(&place);
    let tar = place.path().join("proof.tar");
    let whole = fs::read(&tar).unwrap();
    refused(&verify(&place, &place.path().join("absent")), 7, "proof::missing");
    for bytes in [Vec::new(), b"no archive".to_vec(), whole[..whole.len() / 2].to_vec(), vec![0; 4096]] {
        write(&tar, &bytes);
        refused(&verify(&place, &tar), 7, "proof::unreadable");
    }
    let link = place.path().join("link");
    symlink(&dir, &link).unwrap();
    refused(&verify(&place, &link), 1, "file::not_regular");
    let manifest = fs::read(dir.join("proof.json")).unwrap();
    for (bytes, code) in [
        (b"{\"schema\": 9, \"version\": \"9\"}".to_vec(), "proof::version"),
        (manifest[..manifest.len() / 2].to_vec(), "proof::unreadable"),
        (b"[]".to_vec(), "proof::version"),
    ] {
        write(&dir.join("proof.json"), &bytes);
        refused(&verify(&place, &dir), 7, code);
    }
    fs::remove_file(dir.join("proof.json")).unwrap();
    refused(&verify(&place, &dir), 7, "proof::unreadable");
    symlink("/dev/zero", dir.join("proof.json")).unwrap();
    refused(&verify(&place, &dir), 1, "file::not_regular");
    let big = place.path().join("big.tar");
    fs::File::create(&big).unwrap().set_len((128 << 20) + 1).unwrap();
    refused(&verify(&place, &big), 1, "file::too_large");
}

/// EP-71: a call that fails leaves its bundle, too: blocked before anything ran, in the build, at the start, and in the wait.
#[test]
fn a_failed_ensure_hands_out_its_bundle() {
    let place = Place::new();
    let tar = place.path().join("failed.tar");
    let name = tar.display().to_string();
    let sound = fs::read_to_string(place.pool_file()).unwrap();
    let with_env = |line: &str| {
        let text = sound.replace(
            "[pools.provisioning.source]",
            &format!("[pools.provisioning.env]\n{line}\n\n[pools.provisioning.source]"),
        );
        place.write(&text);
    };
    let failed = |words: &[&str], status: i32, code: &str, files: &[&str], absent: &[&str]| {
        fs::remove_file(&tar).ok();
        let said = place.call(&[words, &["--proof-out", &name, "--json"]].concat());
        refused(&said, status, code);
        let shown = place.call_bare(&["proof", "show", &name, "--json"]).done().json();
        assert_eq!(shown["failure"]["code"], code, "{shown}");
        assert!(!shown["manifest"]["run_id"].as_str().unwrap().is_empty(), "{shown}");
        let has = |file: &&&str| shown["manifest"]["files"].get(**file).is_some();
        assert!(files.iter().all(|file| has(&file)) && !absent.iter().any(|file| has(&file)), "{code}: {shown}");
        assert_eq!(verify(&place, &tar).done().json()["holds"], true, "{code}");
        let text = place.call_bare(&["proof", "show", &name]).done().stdout;
        assert!(text.contains(&format!("failed   [{code}]")), "{text}");
    };

    place.edit("tiny.gguf\"", "absent.gguf\"");
    failed(&["ensure"], 5, "model::missing", &["plan.json", "failure.json"], &["executed.json", "engine.log"]);
    place.write(&sound);
    let repo = testkit::Repo { path: place.path().join("tiny-llama"), commit: String::new(), first: String::new() };
    let source = fs::read_to_string(repo.path.join("CMakeLists.txt")).unwrap();
    repo.change("CMakeLists.txt", &(source + "\nmessage(FATAL_ERROR \"broken\")\n"));
    let said = place.call(&["ensure", "--proof-out", &name, "--json"]);
    let code = said.json()["error"]["code"].as_str().unwrap().to_owned();
    failed(&["ensure"], 4, &code, &["plan.json", "executed.json", "configure.log"], &["engine.log"]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);

    with_env("TINY_EXIT_CODE = \"9\"");
    let said = place.call(&["ensure", "--proof-out", &name, "--json"]);
    let code = said.json()["error"]["code"].as_str().unwrap().to_owned();
    failed(&["ensure"], 6, &code, &["spawn.json", "executed.json", "engine.log"], &["prepared-engine.json"]);
    with_env("TINY_LOAD_MS = \"600000\"");
    let files = ["prepared-engine.json", "engine.log", "failure.json"];
    failed(&["ensure", "--wait=1"], 6, "engine::not_ready", &files, &[]);
    let id = place.call_bare(&["ensure", "--previous", "--pool", "tiny", "--proof-out", &name, "--json"]);
    refused(&id, 7, "previous::none");
    let shown = place.call_bare(&["proof", "show", &name, "--json"]).done().json();
    assert_eq!(shown["failure"]["code"], "previous::none", "{shown}");
    // A file that cannot be written hides nothing.
    let nowhere = place.path().join("absent/failed.tar").display().to_string();
    refused(&place.call(&["ensure", "--wait=1", "--proof-out", &nowhere, "--json"]), 6, "engine::not_ready");
}
