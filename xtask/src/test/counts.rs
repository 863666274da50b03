//! Runs tests and counts them by what the runner says, whichever it is.

use std::ffi::OsStr;

use exec::{CommandSpec, Exit};

use crate::failure::Result;
use crate::proc;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Who runs tests. They report in different words, and nextest repeats what libtest said about a test that failed.
#[derive(Clone, Copy)]
pub(super) enum Runner {
    Libtest,
    Nextest,
}

/// Shows every line as it comes and counts what the runner reports.
pub(super) fn run_and_count(runner: Runner, spec: &CommandSpec) -> Result<(Exit, Counts)> {
    println!("running {}", spec.args.iter().map(|arg| OsStr::to_string_lossy(arg)).collect::<Vec<_>>().join(" "));
    let mut counts = Counts::default();
    let output = proc::lines(spec, &mut |_, line| counts.add(counts_in(runner, line)))?;
    Ok((output.exit, counts))
}

/// Reads `test result: ok. 3 passed; 1 failed; …` (libtest) and `Summary [..] 4 tests run: 3 passed (1 slow), 1 failed, …`
/// (nextest); other lines count nothing.
fn counts_in(runner: Runner, line: &str) -> Counts {
    let start = match runner {
        Runner::Libtest => "test result: ",
        Runner::Nextest => "Summary [",
    };
    let Some(rest) = line.trim_start().strip_prefix(start) else { return Counts::default() };
    let words: Vec<&str> = rest.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
    let before = |name: &str| {
        let numbers = words.windows(2).filter(|pair| pair.get(1) == Some(&name)).filter_map(|pair| pair.first());
        numbers.filter_map(|number| number.parse::<u64>().ok()).sum()
    };
    Counts { passed: before("passed"), failed: before("failed") + before("timed") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(runner: Runner, line: &str, passed: u64, failed: u64) {
        assert_eq!(counts_in(runner, line), Counts { passed, failed }, "{line}");
    }

    #[test]
    fn libtest_is_understood() {
        let check = |line: &str, passed, failed| check(Runner::Libtest, line, passed, failed);
        check("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s", 12, 0);
        check("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0s", 1, 2);
        check("test summary ... ok", 0, 0);
    }

    #[test]
    fn nextest_is_understood() {
        let check = |line: &str, passed, failed| check(Runner::Nextest, line, passed, failed);
        check("     Summary [   5.403s] 4 tests run: 4 passed, 0 skipped", 4, 0);
        check("     Summary [   5.403s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 3 skipped", 6, 3);
        check("        PASS [   0.008s] (1/4) testkit::repo 3 passed, 1 failed", 0, 0);
        check("    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 10 filtered out", 0, 0);
    }
}
