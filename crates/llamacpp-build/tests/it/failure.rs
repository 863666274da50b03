//! A build that fails says why, keeps its logs where it was told to, and leaves nothing else.

use std::fs;
use std::time::{Duration, Instant};

use exec::ExecError;
use llamacpp_build::{BuildError, Event, build};

use crate::support::Bench;

/// EP-71: the first complaint of the compiler stands in the error, with the path of the whole log.
#[test]
fn a_failing_compile_shows_what_the_compiler_said() {
    let bench = Bench::new();
    let text = fs::read_to_string(bench.repo.path.join("src/llama.cpp")).unwrap();
    bench.repo.change("src/llama.cpp", &format!("{text}\nint broken = no_such_thing_at_all;\n"));
    let request = bench.request("main");
    let error = bench.build(&request).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    let BuildError::Diagnosed(failure) = &error else { panic!("{error:?}") };
    assert_eq!(failure.diagnosis.code, "build::compile_error");
    assert!(failure.diagnosis.lines.iter().any(|line| line.contains("src/llama.cpp") && line.contains("error: ")));
    let log = failure.log.as_ref().unwrap();
    assert!(
        error.to_string().contains("no_such_thing_at_all") && help.contains(log.to_str().unwrap()),
        "{error} {help}"
    );
    assert_eq!(*log, bench.at("logs/build.log"));
    assert!(fs::read_to_string(log).unwrap().contains("no_such_thing_at_all"));
    assert!(fs::read_to_string(bench.at("logs/configure.log")).unwrap().starts_with("$ "));
    assert!(bench.cached("store").is_empty() && bench.cached("staging").is_empty());

    // With a place that cannot take them, the failure is still the compiler's.
    let (commit, nowhere) = (bench.resolve(&request).unwrap(), bench.at("nowhere"));
    let error = build(&bench.layout(), &request, &commit, Some(&nowhere), &|_: &Event| ()).unwrap_err();
    assert!(matches!(&error, BuildError::Diagnosed(failure) if failure.log.is_none()), "{error:?}");
    assert!(bench.cached("staging").is_empty());
}

/// F31: a repository of something else is said to be that.
#[test]
fn another_project_is_named_as_such() {
    let bench = Bench::new();
    bench.repo.git(&["mv", "CMakeLists.txt", "README"]);
    bench.repo.change("MORE", "x\n");
    let error = bench.build(&bench.request("main")).unwrap_err();
    assert!(matches!(error, BuildError::NotLlamaCpp { .. }), "{error:?}");
}

/// F52: CMake and the compilers are ended as a whole, after their longest silence or at the limit of the build, and the
/// error says which it was and where the limit is set.
#[test]
fn what_hangs_or_is_silent_is_ended_with_all_it_started() {
    let bench = Bench::new();
    // Not the program itself: one that it started, deaf to TERM.
    let pid = bench.at("pid");
    let deaf = |what: &str| {
        let text = format!("trap : TERM; echo $$ > {}; while :; do {what}; done", pid.display());
        format!("/bin/sh -c '{text}' & wait")
    };
    let (dawdle, chatter) = (deaf("sleep 1"), deaf("echo on it; sleep 0.1"));
    let gone = || {
        let pid = fs::read_to_string(&pid).unwrap();
        let there =
            || fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|line| line.contains("trap"));
        // A process that was killed takes a moment to be gone.
        let asked = Instant::now();
        while there() && asked.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(20));
        }
        !there()
    };
    let cases = [
        ("cmake", "-S", &dawdle, 60, 1, "`cmake` printed nothing for 1 s"),
        ("cmake", "-S", &chatter, 2, 60, "`cmake` was still running after 2 s"),
        ("ninja", "-C", &dawdle, 60, 1, "`ninja` printed nothing for 1 s"),
        ("ninja", "-C", &chatter, 2, 60, "`ninja` was still running after 2 s"),
    ];
    for (tool, at_work, what, limit, silence, said) in cases {
        let quick = Bench::quick();
        fs::remove_file(&pid).ok();
        let script = format!("if [ \"$1\" = {at_work} ]; then {what}; fi; echo {tool} 9");
        testkit::fake_tool(&quick.at("tools"), tool, &script);
        let mut request = quick.request("main");
        request.limits.build = Duration::from_secs(limit);
        request.limits.silence = Duration::from_secs(silence);
        let started = Instant::now();
        let error = quick.build(&request).unwrap_err();
        let BuildError::Run { source } = &error else { panic!("{said}: {error:?}") };
        assert!(source.to_string().starts_with(said), "{said}: {source}");
        assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("provisioning.limits"), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(40) && gone(), "{said}");
    }
}

/// F33: a compiler that hangs is ended after its longest silence, and git after its time limit.
#[test]
fn what_hangs_is_ended() {
    let bench = Bench::new();
    bench.tool("c++", "case \"$*\" in *main.cpp*) exec sleep 60;; esac");
    let mut request = bench.request("main");
    request.limits.silence = Duration::from_secs(3);
    let started = Instant::now();
    let error = bench.build(&request).unwrap_err();
    assert!(matches!(error, BuildError::Run { source: ExecError::Silent { .. } }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(40));
    assert!(bench.cached("staging").is_empty());

    bench.tool("git", "exec sleep 60");
    request.limits.fetch = Duration::from_millis(300);
    let error = bench.resolve(&request).unwrap_err();
    assert!(matches!(error, BuildError::Git { source: ExecError::TimedOut { .. }, .. }), "{error:?}");
}
