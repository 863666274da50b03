//! A build that fails says why, keeps its logs where it was told to, and leaves nothing else.

use std::fs;
use std::time::{Duration, Instant};

use exec::ExecError;
use llamacpp_build::{BuildError, BuildRequest, Event, Transport, build};

use crate::support::{Bench, code};

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

/// A git that reaches its repository by an `ssh` which hands on the real answer of the real server as `relay` does.
fn over_ssh(bench: &Bench, relay: &str) -> BuildRequest {
    let real = exec::Env::current().find("git").unwrap();
    // The last word is `git-upload-pack '/path'`, as ssh would hand it to the shell of the other host.
    let script = format!(
        "for last; do :; done\nexport PATH='{}':/usr/bin:/bin\neval \"git upload-pack ${{last#git-upload-pack}}\" | {relay}\n",
        real.parent().unwrap().display()
    );
    testkit::fake_tool(&bench.at("tools"), "ssh", &script);
    let mut request = bench.request(&bench.repo.git(&["rev-parse", "HEAD"]));
    request.source.repo = format!("ssh://host{}", bench.repo.path.display());
    request.source.transport = Transport::Ssh;
    request
}

/// A repository that stops in the middle of its answer is left after `fetch_silence_s`, long before the limit of the whole,
/// and is not asked for more.
#[test]
fn a_fetch_that_stalls_is_ended() {
    let bench = Bench::new();
    for relay in ["{ dd bs=1000 count=9 status=none; sleep 100; }", "{ sleep 100; }"] {
        let mut request = over_ssh(&bench, relay);
        request.limits.fetch_silence = Duration::from_secs(2);
        let started = Instant::now();
        let error = bench.build(&request).unwrap_err();
        let took = started.elapsed();
        assert_eq!(code(&error), "source::stalled", "{error:?}");
        assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(30), "{took:?}");
    }
    // The branch is asked for first, and that answer may be late as well.
    let mut request = over_ssh(&bench, "{ sleep 100; }");
    request.source.reference = "main".into();
    request.limits.fetch_silence = Duration::from_secs(1);
    assert_eq!(code(&bench.resolve(&request).unwrap_err()), "source::stalled");
}

/// A repository that is slow, and sends something now and then, is waited for.
#[test]
fn a_slow_fetch_is_not_a_stalled_one() {
    let bench = Bench::new();
    // git takes what it receives in packets of 64 KiB, so there has to be more than that.
    for name in 'a'..='j' {
        let noise = (0..5000_u32).map(|n| format!("{:08x}", (n ^ u32::from(name)).wrapping_mul(0x9e37_79b1)));
        bench.repo.change(&format!("noise-{name}"), &noise.collect::<String>());
    }
    let pieces = "{ for n in 1 2 3 4 5; do dd bs=8000 count=5 status=none; sleep 1; done; cat; }";
    let mut request = over_ssh(&bench, pieces);
    request.limits.fetch_silence = Duration::from_secs(3);
    let started = Instant::now();
    assert!(bench.tree(&request).contains(&request.source.reference));
    assert!(started.elapsed() > Duration::from_secs(4), "longer than the silence");
}
