//! `kill -9` in the middle of a build leaves nothing that a later one trips over.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::bench::Bench;

#[track_caller]
fn wait_for(path: &Path) {
    let started = Instant::now();
    while !path.exists() {
        assert!(started.elapsed() < Duration::from_mins(1), "{} does not come", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// F02, F03, F21: killed while it configures and while it compiles. The lock is free at once, the next build works in a
/// folder of its own, and the folder of the dead one is swept.
#[test]
fn a_killed_build_is_repaired_by_the_next() {
    let bench = Bench::new();
    let (slow, reached) = (bench.at("slow"), bench.at("reached"));
    let stop = |tool: &str, at: &str| {
        let script = format!(
            "case \"$*\" in {at}) if [ -e '{}' ]; then : > '{}'; exec sleep 30; fi;; esac",
            slow.display(),
            reached.display()
        );
        bench.tool(tool, &script);
    };
    for (tool, at) in [("cmake", "-S*"), ("c++", "*main.cpp*")] {
        stop(tool, at);
        fs::File::create(&slow).unwrap();
        let mut process = bench.process();
        wait_for(&reached);
        process.kill().unwrap();
        process.wait().unwrap();
        fs::remove_file(&slow).unwrap();
        fs::remove_file(&reached).unwrap();
        assert!(bench.cached("store").is_empty());
        assert_eq!(bench.cached("staging").len(), 1, "{tool}: the dead build's folder, and no other");
    }
    let waited = Instant::now();
    assert!(bench.process().wait().unwrap().success());
    assert!(waited.elapsed() < Duration::from_mins(1));
    assert!(bench.cached("staging").is_empty());
    let built = bench.build(&bench.request("main")).unwrap();
    assert_eq!(bench.cached("store"), [built.dir]);
}
