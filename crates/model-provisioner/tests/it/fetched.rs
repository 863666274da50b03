//! Models that the real command fetches from a hub on loopback.

use std::cell::RefCell;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use miette::Diagnostic;
use model_provisioner::{ModelRequest, Presence, Progress, StagedKind, Watch};

use crate::support::fixtures::{self, Writer};
use crate::support::hf::{Bench, limits};
use crate::support::hub::sha256;
use crate::support::tree::{names, put};

fn request() -> ModelRequest {
    ModelRequest::hub_gguf("o/r", None, "m.gguf").unwrap()
}

#[test]
fn one_file_is_fetched_once() {
    let bench = Bench::new();
    let bytes = fixtures::read("phi-4.gguf");
    let commit = bench.hub.push("o/r", &[("m.gguf", bytes.clone()), ("other.gguf", b"GGUF".to_vec())]);
    let models = bench.models(bench.env());
    let Presence::Fetchable(plan) = models.inspect(&request()) else { panic!() };
    let line = plan.commands[0].display(&exec::Redactor::new());
    let folder = bench.at("cache/hf/o--r");
    let planned = format!("hf download o/r m.gguf --revision '<revision>' --local-dir {}", folder.display());
    assert!(line.ends_with(&planned), "{line}");
    assert!(plan.asks.ends_with("/o/r"), "{}", plan.asks);
    assert!(!bench.at("cache").exists(), "a look writes nothing");
    let found = models.ensure_present(&request()).unwrap();
    assert_eq!((found.staged.kind, found.staged.revision.as_deref()), (StagedKind::File, Some(commit.as_str())));
    assert_eq!(found.staged.path, bench.at("cache/hf/o--r/m.gguf"));
    assert_eq!(found.staged.digest(), Some(format!("sha256:{}", sha256(&bytes)).as_str()));
    let asked = bench.hub.state().log.len();
    let again = models.ensure_present(&request().sha256(Some(sha256(&bytes)))).unwrap();
    assert_eq!(again.staged, found.staged);
    assert_eq!(bench.hub.state().log.len(), asked, "what is there sends no request");
}

/// Field report: a model of several shards in a hub repository.
#[test]
fn all_shards_are_fetched() {
    let bench = Bench::new();
    let name = |number: u16| format!("BF16/m-{number:05}-of-00004.gguf");
    let shards: Vec<_> = (1..=4).map(|number| (name(number), Writer::shard(number - 1, 4, 70_000))).collect();
    let mut files: Vec<_> = shards.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    files.push(("Q8/m-00001-of-00004.gguf", b"other".to_vec()));
    bench.hub.push("o/r", &files);
    let request = ModelRequest::hub_gguf("o/r", Some("main"), &name(1)).unwrap();
    let models = bench.models(bench.env());
    let Presence::Fetchable(plan) = models.inspect(&request) else { panic!() };
    assert_eq!(plan.files.len(), 4);
    let found = models.ensure_present(&request).unwrap();
    assert_eq!((found.staged.kind, found.staged.files.len(), found.headers.len()), (StagedKind::Shards, 4, 4));
    assert!(found.staged.files.iter().all(|file| file.digest.is_some()));
    assert_eq!(found.staged.path, bench.at("cache/hf/o--r@main").join(name(1)));
    // One that was lost is fetched alone.
    let before = bench.hub.downloads();
    fs::remove_file(&found.staged.files[2].path).unwrap();
    let Presence::Fetchable(_) = models.inspect(&request) else { panic!() };
    assert_eq!(models.ensure_present(&request).unwrap().staged, found.staged);
    assert_eq!(bench.hub.downloads(), before + 1);
}

#[test]
fn a_repository_is_staged_whole_and_mountable() {
    let bench = Bench::new();
    let files = [
        ("config.json", b"{}".to_vec()),
        ("tokenizer.json", b"{}".to_vec()),
        ("model.safetensors", vec![7; 100_000]),
        ("sub/x.json", b"{}".to_vec()),
        ("README.md", b"x".to_vec()),
        ("pytorch_model.bin", vec![1; 100]),
    ];
    let commit = bench.hub.push("o/r", &files);
    let include = ["*.json", "*.safetensors"];
    let request = ModelRequest::hub_repository("o/r", None, &include, &["config.json", "*.safetensors"]).unwrap();
    let models = bench.models(bench.env());
    let found = models.ensure_present(&request).unwrap();
    assert_eq!((found.staged.kind, found.staged.revision.as_deref()), (StagedKind::Repository, Some(commit.as_str())));
    let have: Vec<_> = names(&found.staged.path).into_iter().filter(|name| !name.starts_with(".cache/")).collect();
    assert_eq!(have, ["config.json", "model.safetensors", "sub/x.json", "tokenizer.json"]);
    // The branch moves on: what is there stays what it was.
    bench.hub.push("o/r", &[("config.json", b"{\"new\": 1}".to_vec())]);
    assert_eq!(models.ensure_present(&request).unwrap().staged, found.staged);
    // A file that was lost or cut is fetched again, from the same hub.
    put(&found.staged.path.join("model.safetensors"), b"short");
    let Presence::Fetchable(plan) = models.inspect(&request) else { panic!() };
    assert_eq!(plan.replaces, [found.staged.path.join("model.safetensors")]);
    let pinned = ModelRequest::hub_repository("o/r", Some(&commit), &include, &[]).unwrap();
    assert_eq!(models.ensure_present(&pinned).unwrap().staged.revision, Some(commit));
}

/// B13: a file that turned out to be no model is fetched again.
#[test]
fn what_is_no_model_is_fetched_again() {
    let bench = Bench::new();
    bench.hub.push("o/r", &[("m.gguf", Writer::model(500))]);
    let models = bench.models(bench.env());
    let path = models.ensure_present(&request()).unwrap().staged.path;
    for bad in [&b"<!DOCTYPE html>"[..], b"", b"GGUF\x03\0\0\0"] {
        put(&path, bad);
        let Presence::Fetchable(plan) = models.inspect(&request()) else { panic!() };
        assert_eq!(plan.replaces, std::slice::from_ref(&path));
        models.ensure_present(&request()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), Writer::model(500));
    }
    // What the hub itself has under that name is no model: said once, with what is wrong.
    bench.hub.push("o/bad", &[("m.gguf", b"<!DOCTYPE html>".to_vec())]);
    let request = ModelRequest::hub_gguf("o/bad", None, "m.gguf").unwrap();
    let error = models.ensure_present(&request).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "model::wrong_format");
    // Once the hub has the model, the next call brings it: what was fetched before does not stand in its way.
    bench.hub.push("o/bad", &[("m.gguf", Writer::model(500))]);
    let path = models.ensure_present(&request).unwrap().staged.path;
    assert_eq!(fs::read(&path).unwrap(), Writer::model(500));
}

#[test]
fn another_file_than_announced_is_removed() {
    let bench = Bench::new();
    bench.hub.push("o/r", &[("m.gguf", Writer::model(500))]);
    bench.hub.state().lies.insert("m.gguf".into(), "0".repeat(64));
    let models = bench.models(bench.env());
    let error = models.ensure_present(&request()).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "model::damaged");
    assert!(!bench.at("cache/hf/o--r/m.gguf").exists());
    bench.hub.state().lies.clear();
    models.ensure_present(&request()).unwrap();
}

/// The hub changes the revision while it is fetched: the fetch ends at the commit with which it began.
#[test]
fn a_revision_that_moves() {
    let bench = Bench::new();
    let first = bench.hub.push("o/r", &[("m.gguf", Writer::model(3 << 20))]);
    bench.hub.state().cut_at = Some(1 << 20);
    let models = bench.models(bench.env()).limits(limits(8, 60));
    models.ensure_present(&request()).unwrap_err();
    bench.hub.push("o/r", &[("m.gguf", Writer::model(2 << 20))]);
    bench.hub.state().cut_at = None;
    let Presence::Fetchable(plan) = models.inspect(&request()) else { panic!() };
    assert_eq!(plan.resumes.as_ref().unwrap().as_str(), first);
    let found = models.ensure_present(&request()).unwrap();
    assert_eq!(
        (found.staged.revision.as_deref(), fs::read(&found.staged.path).unwrap()),
        (Some(first.as_str()), Writer::model(3 << 20))
    );
    // And where that commit is gone, with what there is now.
    let other = ModelRequest::hub_gguf("o/other", None, "m.gguf").unwrap();
    let gone = bench.hub.push("o/other", &[("m.gguf", Writer::model(3 << 20))]);
    bench.hub.state().cut_at = Some(1 << 20);
    models.ensure_present(&other).unwrap_err();
    bench.hub.state().cut_at = None;
    let now = bench.hub.push("o/other", &[("m.gguf", Writer::model(100))]);
    bench.hub.state().repos.get_mut("o/other").unwrap().commits.remove(&gone);
    assert_eq!(models.ensure_present(&other).unwrap().staged.revision, Some(now));
}

#[test]
fn a_download_that_stalls_is_ended_and_resumed() {
    let bench = Bench::new();
    let bytes = Writer::model(30 << 20);
    bench.hub.push("o/r", &[("m.gguf", bytes.clone())]);
    bench.hub.state().stall_at = Some(20 << 20);
    let models = bench.models(bench.env()).limits(limits(8, 90));
    let started = Instant::now();
    let error = models.ensure_present(&request()).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "model::stalled", "{error}");
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    bench.hub.state().stall_at = None;
    let found = models.ensure_present(&request()).unwrap();
    assert_eq!(fs::read(found.staged.path).unwrap(), bytes);
    let state = bench.hub.state();
    let first = |line: &String| line.split_once("bytes=")?.1.split_once('-')?.0.parse::<u64>().ok();
    let ranges: Vec<u64> = state.log.iter().filter(|line| line.starts_with("GET /lfs/")).filter_map(first).collect();
    assert!(matches!(ranges.as_slice(), [first] if *first > 15 << 20), "it begins where it had ended: {ranges:?}");
    assert_eq!(names(&bench.at("cache/hf/parts")), Vec::<String>::new());
}

#[test]
fn limits_and_progress() {
    let bench = Bench::new();
    // The command writes pieces of 10 MiB.
    bench.hub.push("o/r", &[("m.gguf", Writer::model(48 << 20))]);
    bench.hub.state().pace = Some(Duration::from_millis(6));
    let seen: RefCell<Vec<Progress>> = RefCell::default();
    let models = bench.models(bench.env());
    let mut watch = Watch::default().progress(|at| seen.borrow_mut().push(at));
    let found = models.ensure_present_watched(&request(), &mut watch).unwrap();
    drop(watch);
    assert!(found.staged.digest().is_some(), "also of a file that had a second name while it grew");
    let seen = seen.into_inner();
    assert!(seen.len() > 3 && seen.iter().all(|at| at.total > Some(48 << 20)), "{seen:?}");
    assert!(
        seen.windows(2).all(|pair| pair[0].done <= pair[1].done) && seen.last().unwrap().done > 10 << 20,
        "{seen:?}"
    );
    bench.hub.push("o/slow", &[("m.gguf", Writer::model(96 << 20))]);
    let slow = ModelRequest::hub_gguf("o/slow", None, "m.gguf").unwrap();
    let error = bench.models(bench.env()).limits(limits(20, 3)).ensure_present(&slow).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "model::timed_out", "{error}");
    let started = Instant::now();
    let late = || started.elapsed() > Duration::from_secs(3);
    let error = models.ensure_present_watched(&slow, &mut Watch::default().cancelled(late)).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "model::cancelled", "{error}");
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[test]
fn two_pools_share_one_fetch() {
    let bench = Bench::new();
    bench.hub.push("o/r", &[("m.gguf", Writer::model(8 << 20))]);
    bench.hub.state().pace = Some(Duration::from_millis(15));
    let waited = AtomicBool::new(false);
    let models = bench.models(bench.env());
    let announced = models.ask_hub(&request(), &|| false).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut watch = Watch::default().waits(|holder| {
                    assert!(holder.contains("download of hf:o/r/m.gguf"), "{holder}");
                    waited.store(true, Ordering::SeqCst);
                });
                models.fetch(&request(), &announced, &mut watch).unwrap();
            });
        }
    });
    assert!(waited.load(Ordering::SeqCst));
    let gets = bench.hub.state().log.iter().filter(|line| line.starts_with("GET /lfs/")).count();
    assert_eq!(gets, 1);
}
