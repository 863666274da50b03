//! Repositories that no one should have made, and places that cannot take a model.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use exec::{CommandSpec, Env};
use miette::Diagnostic;
use model_provisioner::{ModelError, ModelRequest, Presence};

use crate::local::{code, models};
use crate::support::fixtures::Writer;
use crate::support::hf::{Bench, limits};
use crate::support::tree::write;

fn code_of(error: &ModelError) -> String {
    error.code().unwrap().to_string()
}

/// Names that leave the folder are refused before anything is fetched, also where no pattern asks for them.
#[test]
fn names_that_leave_the_folder() {
    for name in ["../x.json", "a/../../x.json", "/etc/x.json", "a//x.json", "-x.json", "a\\x.json", "a\nx.json"] {
        let bench = Bench::new();
        bench.hub.push("o/r", &[("config.json", b"{}".to_vec()), (name, b"{}".to_vec())]);
        let request = ModelRequest::hub_repository("o/r", None, &["*.json"], &[]).unwrap();
        let error = bench.models(bench.env()).ensure_present(&request).unwrap_err();
        assert_eq!(code_of(&error), "model::unsafe_name", "{name:?}: {error}");
        assert!(!bench.at("cache").exists());
    }
}

/// Names that differ in case are two files on a file system that tells them apart.
#[test]
fn names_that_differ_in_case() {
    let bench = Bench::new();
    bench.hub.push("o/r", &[("config.json", b"{\"a\":1}".to_vec()), ("Config.json", b"{}".to_vec())]);
    let request = ModelRequest::hub_repository("o/r", None, &["*.json"], &[]).unwrap();
    let found = bench.models(bench.env()).ensure_present(&request).unwrap();
    assert_eq!(found.staged.files.iter().map(|file| file.size).collect::<Vec<_>>(), [2, 7]);
}

#[test]
fn a_repository_of_a_hundred_thousand_files() {
    let bench = Bench::new();
    let names: Vec<String> = (0..100_000).map(|number| format!("{number}.json")).collect();
    let files: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (name.as_str(), Vec::new())).collect();
    bench.hub.push("o/r", &files);
    let request = ModelRequest::hub_repository("o/r", None, &["*.json"], &[]).unwrap();
    let error = bench.models(bench.env()).ask_hub(&request, &|| false).unwrap_err();
    assert_eq!(code_of(&error), "model::too_many_files", "{error}");
    let one = ModelRequest::hub_repository("o/r", None, &["7.json"], &[]).unwrap();
    assert_eq!(bench.models(bench.env()).ask_hub(&one, &|| false).unwrap().files.len(), 1);
}

#[test]
fn a_folder_of_a_hundred_thousand_files() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("m/config.json", b"{}")]);
    for number in 0..100_000 {
        fs::File::create(dir.path().join(format!("m/{number}"))).unwrap();
    }
    let request = ModelRequest::local_repository(dir.path().join("m"), &["*.json"], &[]).unwrap();
    let started = Instant::now();
    assert_eq!(code(dir.path(), &request), "model::too_many_files");
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn pipes_and_loops_in_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("m/config.json", b"{}")]);
    let request = ModelRequest::local_repository(dir.path().join("m"), &[], &[]).unwrap();
    std::os::unix::fs::symlink(".", dir.path().join("m/loop")).unwrap();
    assert_eq!(code(dir.path(), &request), "-");
    let fifo = dir.path().join("m/fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(code(dir.path(), &request), "model::not_plain");
    let Presence::Unusable(error) = models(dir.path()).inspect(&request) else { panic!() };
    assert!(error.to_string().contains("fifo"), "{error}");
}

/// Runs a test of this program again in a mount namespace of its own, in which `dir` is a file system of this kind.
fn in_namespace(test: &str, dir: &Path, mount: &str) -> String {
    let script = format!(
        "mount {mount} none '{}' && exec '{}' --exact {test} --nocapture",
        dir.display(),
        std::env::current_exe().unwrap().display()
    );
    let env = Env::current();
    let program = env.find("unshare").unwrap();
    let user: &[&str] = if testkit::is_root() { &["-m"] } else { &["-rm"] };
    let spec = CommandSpec::new(program, std::time::Duration::from_mins(2)).args(user.iter().copied());
    let spec = env.iter().fold(spec, |spec, (key, value)| spec.env(key, value)).env("IN_NAMESPACE", dir);
    let spec = spec.args(["sh", "-c", &script]);
    let output = exec::run(&spec).unwrap();
    let printed = format!("{}{}", output.stdout_text(), String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("1 passed"), "{printed}");
    printed
}

/// A disk that is too small is known before the download; one that fills up meanwhile ends it, and is named.
#[test]
fn a_full_disk() {
    let Some(dir) = std::env::var_os("IN_NAMESPACE") else {
        let dir = tempfile::tempdir().unwrap();
        in_namespace("hostile::a_full_disk", dir.path(), "-t tmpfs -o size=40m");
        return;
    };
    let cache = Path::new(&dir).join("cache");
    let bench = Bench::new();
    bench.hub.push("o/big", &[("m.gguf", Writer::model(64 << 20))]);
    bench.hub.push("o/r", &[("m.gguf", Writer::model(20 << 20))]);
    let stage = |repo: &str| {
        let request = ModelRequest::hub_gguf(repo, None, "m.gguf").unwrap();
        model_provisioner::ModelProvisioner::new(&cache, bench.env()).limits(limits(20, 60)).ensure_present(&request)
    };
    let error = stage("o/big").unwrap_err();
    assert_eq!(code_of(&error), "model::no_space");
    assert!(!cache.exists() && bench.hub.downloads() == 0, "{error}");
    // It fills up while it is fetched.
    bench.hub.state().pace = Some(std::time::Duration::from_millis(15));
    let filler = Path::new(&dir).join("filler");
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !cache.join("hf/o--r/.cache").exists() {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            let mut file = fs::File::create(&filler).unwrap();
            while std::io::Write::write_all(&mut file, &[0; 4096]).is_ok() {}
        });
        stage("o/r").unwrap_err()
    });
    assert_eq!(code_of(&error), "model::no_space", "{error}");
    fs::remove_file(&filler).unwrap();
    bench.hub.state().pace = None;
    stage("o/r").unwrap();
}

#[test]
fn a_place_that_cannot_be_written() {
    let Some(dir) = std::env::var_os("IN_NAMESPACE") else {
        let dir = tempfile::tempdir().unwrap();
        in_namespace("hostile::a_place_that_cannot_be_written", dir.path(), "-t tmpfs -o ro");
        return;
    };
    let bench = Bench::new();
    bench.hub.push("o/r", &[("m.gguf", Writer::model(100))]);
    let models = model_provisioner::ModelProvisioner::new(Path::new(&dir).join("cache"), bench.env());
    let request = ModelRequest::hub_gguf("o/r", None, "m.gguf").unwrap();
    let error = models.ask_hub(&request, &|| false).unwrap_err();
    assert_eq!(code_of(&error), "model::read_only", "{error}");
    assert_eq!(bench.hub.downloads(), 0);
}

/// What others could change is not taken for a folder of ours.
#[test]
fn a_cache_that_others_may_write() {
    let bench = Bench::new();
    bench.hub.push("o/r", &[("m.gguf", Writer::model(100))]);
    fs::create_dir(bench.at("cache")).unwrap();
    fs::set_permissions(bench.at("cache"), Permissions::from_mode(0o777)).unwrap();
    let request = ModelRequest::hub_gguf("o/r", None, "m.gguf").unwrap();
    let error = bench.models(bench.env()).ensure_present(&request).unwrap_err();
    assert_eq!(code_of(&error), "file::not_private");
    // A folder or pipe in the place of a file is not removed, and not waited for.
    fs::set_permissions(bench.at("cache"), Permissions::from_mode(0o700)).unwrap();
    fs::create_dir_all(bench.at("cache/hf/o--r/m.gguf")).unwrap();
    let error = bench.models(bench.env()).ensure_present(&request).unwrap_err();
    assert_eq!(code_of(&error), "model::not_a_file");
}
