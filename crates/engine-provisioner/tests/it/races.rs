//! Many callers at once, some of them killed: never two engines of a pool, every answer one document, every pool right in
//! the end. A short race each time; `cargo xtask test --soak MINUTES` runs it for so long with more callers.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use testkit::Sample;

use crate::processes::{Seen, assert_whole, of, until};
use crate::support::{Place, pool, ports};

/// What is called; the first words are drawn more often.
const VERBS: [&[&str]; 11] = [
    &["ensure", "--wait=20"],
    &["ensure", "--wait=20", "--replace"],
    &["ensure", "--replace"],
    &["stop"],
    &["stop"],
    &["status"],
    &["plan"],
    &["prepare"],
    &["cache", "verify"],
    &["cache", "ls"],
    &["cache", "gc", "--older-than", "0"],
];

/// Promise 1, F05: every caller, killed at any time.
#[test]
fn callers_that_race_and_die_leave_one_engine_each() {
    let (place, mut sample) = (Place::bare(), Sample::new());
    let (repo, model) = (testkit::tiny_llama_repo(place.path()), testkit::tiny_model(place.path()));
    let ports = ports();
    let files: Vec<String> = [(0, "[]"), (0, "[\"--parallel\", \"2\"]"), (1, "[]"), (1, "[\"--parallel\", \"2\"]")]
        .iter()
        .enumerate()
        .map(|(at, (number, flags))| {
            let text = pool(&repo.path, &model, &[ports[*number]])
                .replace("\"tiny\"\nengine", &format!("\"p{number}\"\nengine"));
            let path = place.path().join(format!("{at}.toml"));
            testkit::write(
                &path,
                &text.replace("flags = []", &format!("flags = {flags}\nlimits = {{ stop_grace_s = 3 }}")),
            );
            path.display().to_string()
        })
        .collect();
    let call = |words: &[&str], file: &str| place.call_bare(&[words, &["--json", "--config", file]].concat());
    call(&["prepare"], &files[0]).done();
    let (calls, faults, is_over) = (AtomicUsize::new(0), Mutex::new(Vec::<String>::new()), AtomicBool::new(false));
    let over = || is_over.load(Ordering::SeqCst);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over() {
                if let Some(two) = two_engines(&place) {
                    faults.lock().unwrap().push(two);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        for _ in 0..if sample.is_soak() { 40 } else { 6 } {
            let mut own = sample.clone();
            // Each draws its own numbers.
            sample.below(1);
            let (place, files, calls, faults) = (&place, &files, &calls, &faults);
            scope.spawn(move || {
                while !over() {
                    let (words, file) = (VERBS[own.below(VERBS.len())], &files[own.below(files.len())]);
                    let dies = (own.below(4) == 0).then(|| Duration::from_millis(own.below(400) as u64));
                    let mut command = place.command(&[], &[words, &["--json", "--config", file]].concat());
                    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                    if let Some(after) = dies {
                        std::thread::sleep(after);
                        child.kill().unwrap();
                    }
                    let output = child.wait_with_output().unwrap();
                    calls.fetch_add(1, Ordering::SeqCst);
                    if let Some(fault) = fault(&output) {
                        faults.lock().unwrap().push(format!("{words:?}: {fault}"));
                    }
                }
            });
        }
        while !sample.is_over() {
            std::thread::sleep(Duration::from_millis(50));
        }
        is_over.store(true, Ordering::SeqCst);
    });
    println!("{} calls, {} faults", calls.load(Ordering::SeqCst), faults.lock().unwrap().len());
    assert!(faults.lock().unwrap().is_empty(), "{sample}: {:#?}", faults.lock().unwrap());
    for (file, number) in [(&files[0], 0), (&files[2], 1)] {
        call(&["ensure", "--wait=20", "--replace"], file).done();
        // The other pool is right, too, or has no engine; it is looked at in its turn.
        call(&["stop"], &files[if number == 0 { 2 } else { 0 }]).done();
        assert_whole(&sample.to_string(), &place, &format!("p{number}"), ports[number]);
    }
    call(&["stop"], &files[2]).done();
    until(
        "nothing is left",
        || if of(place.path()).is_empty() { Ok(()) } else { Err(format!("{:?}", of(place.path()))) },
    );
}

/// Two engines of one pool, both there when they are looked at once more.
fn two_engines(place: &Place) -> Option<String> {
    let engines = || {
        let mut by_pool: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        for seen in of(&place.run_dir()).into_iter().filter(Seen::is_engine) {
            by_pool.entry(seen.cwd).or_default().push(seen.pid);
        }
        by_pool
    };
    let suspect = engines().into_iter().find(|(_, pids)| pids.len() > 1)?;
    std::thread::sleep(Duration::from_millis(20));
    let again = engines().remove(&suspect.0)?;
    let both = again.iter().filter(|pid| suspect.1.contains(pid)).count();
    (both > 1).then(|| format!("two engines at once: {suspect:?}"))
}

/// What is wrong with an answer; one that was killed need not answer.
fn fault(output: &Output) -> Option<String> {
    if output.status.signal() == Some(9) {
        return None;
    }
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let document: Result<Value, _> = serde_json::from_str(&stdout);
    let code = document.as_ref().ok().and_then(|document| document["error"]["code"].as_str()).unwrap_or_default();
    let is_trouble = matches!(output.status.code(), None | Some(1 | 4 | 101))
        || ["lock::timeout", "port::taken", "spawner::record_unreadable", "spawner::survivors", "spawner::cleanup"]
            .contains(&code);
    (document.is_err() || is_trouble || stderr.contains("panicked"))
        .then(|| format!("{}: {stdout} {stderr}", output.status))
}
