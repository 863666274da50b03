//! EP-51: a secret that a user might put anywhere reaches the engine's environment and nothing else: no file of ours, no
//! output, no command line, and no environment of another child.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::Place;

/// One for each place; all are words that no tool would print by itself.
const KEY: &str = "sentinel-k3y-1a2b3c4d5e";
const TOKEN: &str = "hf_sentinelT0ken9f8e7d6c5b4a3f2e1d";
const FLAG: &str = "sentinel-fl4g-0f1e2d3c4b";
const SENTINELS: [&str; 3] = [KEY, TOKEN, FLAG];

fn holds(bytes: &[u8]) -> Option<&'static str> {
    let found = |secret: &&&str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    SENTINELS.iter().find(found).copied()
}

#[track_caller]
fn clean_files(folder: &Path, except: &Path) -> usize {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            seen += clean_files(&path, except);
        } else if kind.is_file() && path != except {
            let bytes = std::fs::read(&path).unwrap_or_default();
            assert_eq!(holds(&bytes), None, "{}", path.display());
            seen += 1;
        }
    }
    seen
}

/// What was seen of processes: how many, and where a sentinel was.
#[derive(Debug, Default)]
struct Seen {
    programs: BTreeMap<String, usize>,
    leaks: Vec<String>,
}

/// Looks at all descendants of this test until told to stop.
fn watch(stop: &AtomicBool) -> Seen {
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        for pid in descendants() {
            look(pid, &mut seen);
        }
        // The processes that are watched need the CPU, too.
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    seen
}

fn descendants() -> Vec<i32> {
    let mut parents = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<i32>().ok());
        parents.extend(parent.map(|parent| (pid, parent)));
    }
    let me = i32::try_from(std::process::id()).unwrap();
    let mine = |pid: &i32| {
        std::iter::successors(Some(*pid), |pid| parents.get(pid).copied()).take(40).skip(1).any(|parent| parent == me)
    };
    parents.keys().copied().filter(mine).collect()
}

fn look(pid: i32, seen: &mut Seen) {
    let read = |name: &str| std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    // The environment first: a process that executes another program meanwhile shows that one's words behind it.
    let (environ, cmdline) = (read("environ"), read("cmdline"));
    let words: Vec<String> =
        cmdline.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    if let Some(secret) = holds(&cmdline) {
        seen.leaks.push(format!("command line {words:?}: {secret}"));
    }
    let program = words.first().map(|word| word.rsplit('/').next().unwrap_or_default().to_owned()).unwrap_or_default();
    let is_helper = words.get(1).is_some_and(|word| word.starts_with("engine-provisioner:"));
    // The program itself, also as a child that has not executed another one yet, has what the user exported.
    let is_caller = program.starts_with("engine-provisioner") && !is_helper || program.starts_with("it-");
    let is_engine = environ.split(|byte| *byte == 0).any(|name| name.starts_with(b"ENGINE_PROVISIONER_INSTANCE="))
        && program == "llama-server";
    if is_caller || is_engine || words.len() < 2 {
        return;
    }
    *seen.programs.entry(if is_helper { words[1].clone() } else { program.clone() }).or_default() += 1;
    if let Some(secret) = holds(&environ)
        && read("cmdline") == cmdline
    {
        seen.leaks.push(format!("environment of {words:?}: {secret}"));
    }
}

#[test]
fn a_sentinel_is_found_nowhere_but_in_the_engine() {
    let place = Place::new().env("LLAMA_API_KEY", KEY).env("HF_TOKEN", TOKEN);
    place.edit("flags = []", "secret_env = [\"LLAMA_API_KEY\", \"HF_TOKEN\"]");
    let (plan, proof) = (place.path().join("p.json"), place.path().join("proof.tar"));
    let (plan, proof) = (plan.display().to_string(), proof.display().to_string());
    let stop = AtomicBool::new(false);
    let mut said = String::new();
    let seen = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&stop));
        for words in [
            &["lock", "-vv"][..],
            &["plan", "--locked", "--out", &plan, "-v"],
            &["ensure", "--plan", &plan, "--locked", "--wait", "--proof-out", &proof, "-vv"],
            &["ensure", "--events", "jsonl"],
            &["ensure", "--json"],
            &["status", "--json"],
            &["proof", "show", &proof, "--json"],
            &["proof", "verify", &proof],
            &["doctor", "--json"],
        ] {
            let call = place.call(words);
            assert!(call.code == 0 || words[0] == "doctor", "{words:?} {call:?}");
            said += &(call.stdout + &call.stderr);
        }
        stop.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    });
    assert_eq!(holds(said.as_bytes()), None, "{said}");
    assert!(said.contains("LLAMA_API_KEY"), "its name is no secret");
    assert!(seen.programs.len() > 3, "children were seen: {seen:?}");
    assert_eq!(seen.leaks, Vec::<String>::new());
    let pid = place.call(&["status", "--json"]).json()["pid"].as_i64().unwrap();
    let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    assert_eq!(holds(&environ), Some(KEY), "the engine has it");
    assert!(clean_files(place.path(), Path::new("")) > 30);
}

/// Where a secret is in the open it is refused, and not repeated; where the pool file itself has it, only that file does.
#[test]
fn a_sentinel_in_the_pool_file_is_refused_and_not_repeated() {
    for (from, to) in [
        ("flags = []", format!("flags = [\"--chat-template\", \"https://u:{FLAG}@h/x\"]")),
        ("flags = []", format!("flags = [\"--hf-token\", \"{FLAG}\"]")),
        ("flags = []", format!("env = {{ HTTPS_PROXY = \"http://u:{FLAG}@h\" }}")),
        ("flags = []", format!("env = {{ HF_TOKEN = \"{FLAG}\" }}")),
        ("ref = \"main\"", format!("ref = \"main\"\nbuild = {{ cmake_flags = [\"-DHF_TOKEN={FLAG}\"] }}")),
        ("repo = \"", format!("repo = \"https://u:{FLAG}@h/x")),
    ] {
        let place = Place::new();
        place.edit(from, &to);
        let plan = place.path().join("p.json").display().to_string();
        let mut said = String::new();
        for words in [&["plan", "--out", &plan, "-vv"][..], &["lock", "-vv"], &["prepare", "-vv", "--json"]] {
            let call = place.call(words);
            said += &(call.stdout + &call.stderr);
        }
        assert_eq!(holds(said.as_bytes()), None, "{to}: {said}");
        clean_files(place.path(), &place.pool_file());
    }
}
