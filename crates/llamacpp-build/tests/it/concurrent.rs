//! Whoever asks, and however many at once: one build for each key.

use std::thread;

use llamacpp_build::{Event, build};

use crate::support::{Bench, definitions};

/// EP-16, F18, F19, F38: threads and processes that want the same engine get the same entry from one compile.
#[test]
fn one_key_is_built_once() {
    let bench = Bench::new();
    let request = bench.request("main");
    let mut processes: Vec<_> = (0..3).map(|_| bench.process()).collect();
    let dirs: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| bench.build(&request).unwrap().dir)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(bench.compiled(), 1);
    assert_eq!(bench.calls("cmake", "-S").len(), 1);
    assert!(dirs.iter().all(|dir| *dir == dirs[0]), "{dirs:?}");
    assert_eq!(bench.cached("store"), [dirs[0].clone()]);
    assert!(bench.cached("staging").is_empty() && bench.cached("bad").is_empty());

    // Many that meet a bad entry at once set aside the bad one, build once, and never set aside the good one.
    std::fs::remove_file(dirs[0].join("bin/llama-server")).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(bench.build(&request).unwrap().dir, dirs[0]));
        }
    });
    assert_eq!((bench.cached("bad").len(), bench.compiled()), (1, 2));
}

/// F17, F19: 16 processes and 16 threads at once, and one build; whoever waits is told for whom.
#[test]
fn sixteen_processes_and_sixteen_threads_build_once() {
    let bench = Bench::quick();
    let (request, commit) = (bench.request("main"), bench.resolve(&bench.request("main")).unwrap());
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |event: &Event| {
        if let Event::Waits(holder) = event {
            told.lock().unwrap().push(holder.clone());
        }
    };
    let dirs: Vec<_> = thread::scope(|scope| {
        let build = || build(&bench.layout(), &request, &commit, None, &tell).unwrap().dir;
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(build)).collect();
        let mut processes: Vec<_> = (0..16).map(|_| bench.process()).collect();
        assert!(processes.iter_mut().all(|process| process.wait().unwrap().success()));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!((bench.calls("cmake", "-S").len(), bench.calls("ninja", "-C").len()), (1, 1));
    assert!(dirs.len() == 16 && dirs.iter().all(|dir| *dir == dirs[0]), "{dirs:?}");
    let told = told.into_inner().unwrap();
    assert!(!told.is_empty() && told.iter().all(|holder| holder.starts_with("process ")), "{told:?}");
}

/// F20: different wishes for one repository at once become different entries, each its own.
#[test]
fn different_keys_are_built_side_by_side() {
    let bench = Bench::new();
    let wishes = [
        ("main", &["-DCMAKE_BUILD_TYPE=Debug"][..], &bench.repo.commit),
        ("b1", &["-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-DOTHER"], &bench.repo.first),
    ];
    thread::scope(|scope| {
        for (reference, flags, commit) in wishes {
            let bench = &bench;
            scope.spawn(move || {
                let mut request = bench.request(reference);
                request.definitions = definitions(flags);
                let entry = bench.build(&request).unwrap();
                let version = &entry.manifest.engine_version;
                assert!(version.contains(&commit[..7]), "{reference} {flags:?}: {version}");
            });
        }
    });
    assert_eq!((bench.cached("store").len(), bench.compiled()), (2, 2));
    assert!(bench.cached("staging").is_empty());
}
