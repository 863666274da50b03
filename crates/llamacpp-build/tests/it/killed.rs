//! `kill -9` in the middle of a build leaves nothing that a later one trips over.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use llamacpp_build::{Outcome, planned_steps};

use crate::steps::{built, differences};
use crate::support::Bench;

#[track_caller]
fn wait_for(path: &Path) {
    let started = Instant::now();
    while !path.exists() {
        assert!(started.elapsed() < Duration::from_mins(1), "{} does not come", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Makes a tool wait to be killed when its arguments match, while `slow` exists; it says so with `reached`.
fn stop_at(bench: &Bench, tool: &str, at: &str) {
    let (slow, reached) = (bench.at("slow"), bench.at("reached"));
    let (slow, reached) = (slow.display(), reached.display());
    let script = format!("case \"$*\" in {at}) if [ -e '{slow}' ]; then : > '{reached}'; exec sleep 30; fi;; esac");
    bench.tool(tool, &script);
}

/// A build that is killed when it gets there.
fn killed(bench: &Bench) {
    fs::File::create(bench.at("slow")).unwrap();
    let mut process = bench.process();
    wait_for(&bench.at("reached"));
    process.kill().unwrap();
    process.wait().unwrap();
    // Its compilers end a moment later.
    let staging = bench.at("cache/v1/staging");
    let cwds = || fs::read_dir("/proc").unwrap().flatten().filter_map(|p| fs::read_link(p.path().join("cwd")).ok());
    while cwds().any(|cwd| cwd.starts_with(&staging)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    fs::remove_file(bench.at("slow")).unwrap();
    fs::remove_file(bench.at("reached")).unwrap();
    assert!(bench.cached("store").is_empty());
    assert_eq!(bench.cached("staging").len(), 1, "the dead build's folder, and no other");
}

fn compiled(bench: &Bench, file: &str) -> usize {
    bench.calls("c++", "-c ").iter().filter(|call| call.contains(file)).count()
}

/// F02, F03, F21: killed while it configures, the next build starts over; killed while it compiles, the next goes on
/// from the objects that were finished, as soon as the dead one's compilers are gone. The lock is free at once.
#[test]
fn a_killed_build_is_repaired_by_the_next() {
    let bench = Bench::new();
    stop_at(&bench, "cmake", "-S*");
    killed(&bench);
    stop_at(&bench, "cmake", "nothing");
    stop_at(&bench, "c++", "*main.cpp*");
    let dead = bench.cached("staging");
    killed(&bench);
    assert_ne!(bench.cached("staging"), dead, "CMake had not finished");
    let (configured, objects) = (bench.calls("cmake", "-S").len(), compiled(&bench, "ggml.cpp"));
    // What the dead build was writing is half an object; its log does not know it.
    let half = bench.cached("staging")[0].join("build/tools/server/CMakeFiles/llama-server.dir/main.cpp.o");
    fs::File::create(&half).unwrap();
    let waited = Instant::now();
    assert!(bench.process().wait().unwrap().success());
    assert!(waited.elapsed() < Duration::from_mins(1));
    assert_eq!((configured, objects), (bench.calls("cmake", "-S").len(), compiled(&bench, "ggml.cpp")));
    assert!(bench.cached("staging").is_empty());
    let built = bench.build(&bench.request("main")).unwrap();
    assert_eq!(bench.cached("store"), [built.dir]);
}

/// F10: what a killed build left is not gone on with when anything it was made from has changed, nor when what it left
/// does not do after all: then the build starts over.
#[test]
fn what_changed_since_is_built_anew() {
    let bench = Bench::new();
    stop_at(&bench, "c++", "*main.cpp*");
    killed(&bench);
    let staging = bench.cached("staging")[0].clone();
    let source = staging.join("src/src/llama.cpp");
    OpenOptions::new().append(true).open(&source).and_then(|mut file| file.write_all(b"// changed\n")).unwrap();
    let dead = bench.cached("staging");
    killed(&bench);
    assert_ne!(bench.cached("staging"), dead, "its source is not the commit's");

    damage(&bench);
    let before = bench.calls("cmake", "-S").len();
    assert!(bench.process().wait().unwrap().success());
    assert_eq!(bench.calls("cmake", "-S").len(), before + 1, "started over");
    assert_eq!((bench.cached("store").len(), bench.cached("staging").len()), (1, 0));
}

/// Makes the disk lose an object that the dead build's log calls finished.
fn damage(bench: &Bench) {
    let staging = bench.cached("staging")[0].clone();
    let with = |extension: &str| {
        let all = below(&staging.join("build")).into_iter();
        all.filter(|path| path.extension().is_some_and(|e| e == extension)).collect::<Vec<_>>()
    };
    for library in with("a") {
        fs::remove_file(library).unwrap();
    }
    for object in with("o") {
        // With its date: ninja makes anew what is younger than its log says.
        let file = OpenOptions::new().write(true).open(&object).unwrap();
        let date = file.metadata().unwrap().modified().unwrap();
        file.set_len(0).and_then(|()| file.set_modified(date)).unwrap();
    }
}

/// A build that was killed while it compiled is resumed: nothing is fetched or configured, and compiling and proving run what
/// was planned. One whose remains do not work starts over within the step that finds out, and each call says so.
#[test]
fn a_resumed_build_says_what_it_ran() {
    let bench = Bench::new();
    stop_at(&bench, "c++", "*main.cpp*");
    let request = bench.request("main");
    for damaged in [false, true] {
        killed(&bench);
        if damaged {
            damage(&bench);
        }
        let (reports, values) = built(&bench, &request, 2);
        let planned = planned_steps(&bench.layout(), &request, None, 2).unwrap();
        let outcomes: Vec<_> = reports.iter().map(|report| report.outcome).collect();
        let unplanned: Vec<_> = reports[2].ran.iter().map(|ran| ran.because.is_some()).collect();
        if damaged {
            // The step gave up what was left and started over: no plan shows what it ran, the failed call included.
            assert_eq!(outcomes, [Outcome::Resumed, Outcome::Resumed, Outcome::Resumed, Outcome::Built]);
            assert!(unplanned.iter().all(|because| *because) && unplanned.len() > 7, "{reports:#?}");
        } else {
            assert_eq!((outcomes, unplanned), (vec![Outcome::Resumed; 4], vec![false]));
            assert_eq!(differences(&planned[2..], &reports[2..], &values), [""; 0]);
        }
        // Of the first step only the question for the commit.
        assert_eq!((reports[0].ran.len(), reports[1].ran.len()), (1, 0));
        bench.cached("store").iter().for_each(|dir| fs::remove_dir_all(dir).unwrap());
    }
}

fn below(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries.flat_map(|e| if e.path().is_dir() { below(&e.path()) } else { vec![e.path()] }).collect()
}

/// F16: compilers that the kernel kills for want of memory are fewer the next time, in the same folder.
#[test]
fn compilers_without_memory_become_fewer() {
    let bench = Bench::quick();
    let marks = bench.at("marks");
    fs::create_dir(&marks).unwrap();
    let (marks, script) = (marks.display(), fs::read_to_string(bench.at("tools/ninja")).unwrap());
    // The first two times; the text is GCC's own.
    let starved = format!(
        "n=$(ls '{marks}' | wc -l); if [ \"$1\" = -C ] && [ $n -lt 2 ]; then : > '{marks}'/$n; echo \"$@\" > '{marks}'/$n\n\
         echo 'c++: fatal error: Killed signal terminated program cc1plus' >&2; exit 1; fi\n"
    );
    testkit::fake_tool(&bench.at("tools"), "ninja", &(starved + &script));
    let mut request = bench.request("main");
    request.jobs = Some(4);
    let (reports, _) = built(&bench, &request, 4);
    let retries: Vec<_> = reports[2].ran.iter().map(|ran| (ran.exit, ran.retry_of, ran.because.is_some())).collect();
    assert_eq!(retries, [(Some(1), None, false), (Some(1), Some(0), true), (Some(0), Some(1), true)]);
    let mut calls: Vec<_> =
        (0..2).map(|n| fs::read_to_string(bench.at("marks").join(n.to_string())).unwrap()).collect();
    calls.extend(bench.calls("ninja", "-C"));
    let (jobs, folders): (Vec<_>, std::collections::BTreeSet<_>) = calls
        .iter()
        .map(|call| {
            let mut words = call.split_whitespace().skip_while(|word| *word != "-C").skip(1);
            let folder = words.next().unwrap();
            (words.nth(1).unwrap(), folder)
        })
        .unzip();
    assert_eq!((jobs, folders.len()), (vec!["4", "2", "1"], 1));
    assert!(
        fs::read_to_string(bench.cached("store")[0].join("logs/build.log")).unwrap().contains("Killed signal"),
        "the log has all of it"
    );
}
