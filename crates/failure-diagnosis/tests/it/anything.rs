//! Any text at all: no panic, the same answer twice, and a bounded time.

use std::time::Duration;

use failure_diagnosis::{Phase, diagnose, relevant_lines};
use proptest::prelude::*;

use crate::support::check;

/// Pieces that messages are made of, in any order and cut anywhere.
fn log() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "CMake Error at x:1 (message):",
        "CMake Warning:",
        "FAILED: [code=",
        "\n",
        "\r\n",
        "  ",
        "-- ",
        "\u{1b}[31m",
        "\u{1b}]8;;",
        "undefined reference to `cu",
        "'",
        "\"",
        "(missing: ",
        "error: ",
        "fatal error: ",
        "nvcc fatal   : ",
        "Killed",
        " | ",
        "ä",
        "12",
        "CUDA::",
        "but the target was not found",
        "cannot find -l",
        ": No such file or directory",
        "died due to signal ",
        "{x}",
        "[",
        "]",
    ]);
    let part = prop_oneof![4 => piece.prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn total_and_deterministic(log in log()) {
        for phase in [Phase::Fetch, Phase::Configure, Phase::Build, Phase::Run] {
            let found = diagnose(phase, &log);
            prop_assert_eq!(&found, &diagnose(phase, &log));
            if let Some(found) = found {
                prop_assert!(found.lines.len() <= 14);
                prop_assert!(found.lines.iter().all(|line| line.chars().count() <= 400));
                prop_assert!(found.cause.len() < 4000 && !found.cause.is_empty() && !found.remedy.is_empty());
            }
        }
        prop_assert!(relevant_lines(&log).len() <= 14);
    }

    #[test]
    fn chatter_around_a_failure_changes_nothing(before in "(\\[[0-9]/9\\] Building CXX object [a-z]{1,9}\\.o\n){0,9}", after in "([a-z]{1,9}\\.cpp:[0-9]:[0-9]: warning: [a-z ]{1,20}\n){0,9}") {
        let log = format!("{before}nvcc fatal   : Unsupported gpu architecture 'compute_120'\n{after}");
        check(Phase::Build, &log, "cuda::arch_unsupported", &["compute_120"]);
    }
}

/// What this thread has had of the processors: how busy the host is otherwise counts for nothing.
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn a_huge_log_takes_a_bounded_time() {
    for filler in ["a.cpp:1:2: error: undefined thing\n", "\n", "fatal error: "] {
        let log =
            filler.repeat((50 << 20) / filler.len()) + "\nc++: fatal error: Killed signal terminated program cc1plus\n";
        let start = busy();
        let found = diagnose(Phase::Build, &log);
        relevant_lines(&log);
        let took = busy().saturating_sub(start);
        assert!(took < Duration::from_secs(20), "{filler:?}: {took:?}");
        assert_eq!(found.map(|found| found.code), Some("build::out_of_memory"), "{filler:?}");
    }
}

#[test]
fn the_lines_of_an_unknown_failure() {
    #[track_caller]
    fn lines(log: &str, expected: &[&str]) {
        assert_eq!(relevant_lines(log), expected, "{log}");
    }
    lines(
        "-- a\n-- b\nCMake Error at CMakeLists.txt:7 (message):\n  the moon is in the wrong phase\n\n\n-- Configuring incomplete, errors occurred!\n",
        &["CMake Error at CMakeLists.txt:7 (message):", "  the moon is in the wrong phase"],
    );
    lines(
        "[1/9] Building a.o\nFAILED: [code=1] a.o\nc++ -c a.cpp\nmoon: error: wrong phase\nninja: build stopped: subcommand failed.\n",
        &["FAILED: [code=1] a.o", "moon: error: wrong phase"],
    );
    lines("a.cpp:1:1: warning: error: no\nthe end\n", &["a.cpp:1:1: warning: error: no", "the end"]);
    lines("", &[]);
}
