//! A fetch that is killed at any moment: the next one ends with the whole model, and nothing that is half of one counts.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use model_provisioner::{ModelRequest, Presence};

use crate::support::fixtures::Writer;
use crate::support::hf::Bench;
use crate::support::tree::names;

const CHILD: &str = "FETCHES_UNTIL_KILLED";

fn request() -> ModelRequest {
    ModelRequest::hub_repository("o/r", None, &["*.json", "*.safetensors"], &["config.json"]).unwrap()
}

/// Not a test by itself: the process that is killed.
#[test]
fn child() {
    let env = exec::Env::current();
    let [Some(cache), Some(url), Some(home)] = [CHILD, "HF_ENDPOINT", "HOME"].map(|name| env.get_str(name)) else {
        return;
    };
    let path = format!("{}:/usr/bin:/bin", crate::support::hf::folder().display());
    let env = exec::Env::from_pairs([("PATH", path), ("HOME", home.to_owned()), ("HF_ENDPOINT", url.to_owned())]);
    model_provisioner::ModelProvisioner::new(cache, env).ensure_present(&request()).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "this process must be killed by its id, with nothing in between")]
fn start(bench: &Bench, wrapper: &[&str]) -> std::process::Child {
    let program = std::env::current_exe().unwrap();
    let mut words: Vec<String> = wrapper.iter().map(|word| (*word).to_owned()).collect();
    words.extend([program.to_str().unwrap().to_owned(), "--exact".into(), "killed::child".into()]);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env(CHILD, bench.at("cache")).env("HF_ENDPOINT", bench.hub.url());
    command.env("HOME", bench.dir.path()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("config.json", b"{}".to_vec()),
        ("a.safetensors", Writer::model(3 << 20)),
        ("b.safetensors", Writer::model(2 << 20)),
        ("tokenizer.json", b"{\"x\": 1}".to_vec()),
    ]
}

/// What is said after a kill is true: whole only with every byte.
fn is_true(bench: &Bench) -> bool {
    match bench.models(bench.env()).inspect(&request()) {
        Presence::Present(found) => {
            for (name, bytes) in files() {
                assert_eq!(fs::read(found.staged.path.join(name)).unwrap(), bytes, "{name}");
            }
            true
        }
        Presence::Fetchable(_) => false,
        Presence::Unusable(error) => panic!("{error}"),
    }
}

fn temporary(root: &Path) -> Vec<String> {
    names(root).into_iter().filter(|name| name.contains(".new-") || name.ends_with(".incomplete")).collect()
}

/// Killed after some time, over and over in one place.
#[test]
fn at_any_moment() {
    let bench = Bench::new();
    bench.hub.push("o/r", &files());
    bench.hub.state().pace = Some(Duration::from_millis(20));
    let mut whole = false;
    for round in 1..12_u64 {
        let mut child = start(&bench, &[]);
        std::thread::sleep(Duration::from_millis(350 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        // What the command still does before it ends with us.
        std::thread::sleep(Duration::from_millis(100));
        whole = is_true(&bench);
        if whole {
            break;
        }
    }
    bench.hub.state().pace = None;
    let found = bench.models(bench.env()).ensure_present(&request()).unwrap();
    assert!(is_true(&bench));
    assert_eq!(temporary(&bench.at("cache")), Vec::<String>::new(), "after {whole}");
    assert_eq!(found.staged.files.len(), 4);
}

/// Killed at each rename and each sync of the process itself, which strace finds and stops.
#[test]
fn at_each_rename_and_sync() {
    let bench = Bench::new();
    bench.hub.push("o/r", &files());
    let strace = bench.env().find("strace").expect("strace is installed by `cargo xtask test`");
    let mut ended = false;
    for call in ["rename", "fsync"] {
        for number in 1..=12 {
            fs::remove_dir_all(bench.at("cache")).ok();
            let inject = format!("inject={call}:signal=KILL:when={number}");
            let words =
                [strace.to_str().unwrap(), "-f", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject];
            let status = start(&bench, &words).wait().unwrap();
            std::thread::sleep(Duration::from_millis(50));
            let whole = is_true(&bench);
            bench.models(bench.env()).ensure_present(&request()).unwrap();
            assert!(is_true(&bench));
            if status.success() {
                assert!(whole);
                ended = true;
                break;
            }
        }
    }
    assert!(ended, "the sweep reached the end of a fetch");
}
