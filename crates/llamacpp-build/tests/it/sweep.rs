//! Killed, or failed by the disk, at every single system call that puts an entry in its place.
//!
//! strace does it from outside. The compilers are stand-ins that
//! take no time: what is tested is everything but them.

use std::time::Duration;

use engine_store::{Store, Verdict};
use exec::{CommandSpec, Env, Exit, run};
use llamacpp_build::BuildKey;

use crate::support::Bench;

/// Builds under strace with this injection; whether it ended well.
fn build(bench: &Bench, strace: &std::path::Path, injection: &str) -> bool {
    let test = std::env::current_exe().unwrap();
    let example = test.parent().and_then(std::path::Path::parent).unwrap().join("examples/build");
    let spec = CommandSpec::new(strace, Duration::from_mins(1))
        // A call that is not traced is not tampered with either.
        .args(["-qq", "-o", "/dev/null", "-e", "signal=none", "-e"])
        .arg(format!("trace={}", injection.split(':').next().unwrap()))
        .arg("-e")
        .arg(format!("inject={injection}"))
        .arg(example)
        .arg(&bench.repo.path)
        .arg(&bench.repo.commit)
        .arg(bench.at("cache"))
        .env("PATH", bench.at("tools"));
    run(&spec).unwrap().exit == Exit::Code(0)
}

/// The one entry there is, if any, is complete: its manifest and every byte.
fn complete_or_absent(bench: &Bench, store: &Store, when: &str) -> Option<BuildKey> {
    let listed = store.list().unwrap();
    assert!(bench.cached("store").len() == listed.len() && listed.len() < 2, "{when}");
    let key = listed.into_iter().next()?.key;
    assert_eq!(store.verify(&key).unwrap(), Verdict::Sound, "{when}");
    Some(key)
}

/// F04, F11, F12: at every rename and every sync, killed or told that the disk failed or is full, an entry is absent or complete,
/// and the build that follows succeeds.
#[test]
fn an_entry_is_absent_or_complete_wherever_it_is_killed() {
    let strace = Env::current().find("strace").expect("strace has to be installed: `cargo xtask test` does that");
    let bench = Bench::quick();
    let store = Store::new(bench.layout());
    let mut tries = 0;
    for (calls, fate) in [
        ("rename,renameat,renameat2", "signal=KILL"),
        ("fsync,fdatasync", "signal=KILL"),
        ("fsync,fdatasync", "error=EIO"),
        ("rename,copy_file_range", "error=ENOSPC"),
    ] {
        for call in calls.split(',') {
            for n in 1.. {
                let when = format!("{call}:{fate}:when={n}");
                let well = build(&bench, &strace, &when);
                let there = complete_or_absent(&bench, &store, &when);
                assert!(there.is_some() || !well, "{when}");
                tries += 1;
                // Each starts without an entry.
                bench.cached("store").iter().for_each(|dir| std::fs::remove_dir_all(dir).unwrap());
                if well {
                    break;
                }
                assert!(n < 100, "{when} never succeeds");
            }
        }
    }
    assert!(tries > 20, "{tries}");
    assert!(bench.cached("bad").is_empty(), "nothing was ever set aside");
    assert!(bench.cached("staging").is_empty());
}
