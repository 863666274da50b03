//! How far a build has come, from the lines that ninja or make print: finished steps, and the time left.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Event;
use crate::compile::estimate::Estimate;
use crate::compile::history::Past;
use crate::compile::{SERVER, ninja_files};

/// No file of ninja's is read beyond this, in bytes; that of llama.cpp has about one million.
const LARGEST: u64 = 64 << 20;
/// Before this part is done, a build whose steps are not known has no estimate.
const TELLING: f64 = 0.1;

/// A build under way.
#[derive(Debug)]
pub(crate) struct Progress {
    estimate: Estimate,
    /// What a step took on average before, in seconds; 0 where that is not known.
    average: f64,
    started: Instant,
}

impl Progress {
    /// The build in this folder, which is configured. A folder of make, or one that cannot be read, has no known steps: then
    /// steps count alike.
    pub(crate) fn begin(build: &Path, past: &Past) -> Self {
        let steps = ninja_files::steps(&read(&build.join("build.ninja")), SERVER);
        let mut estimate = Estimate::new(steps, &past.steps);
        let finished: BTreeSet<String> = took(build).into_keys().collect();
        estimate.skip(&finished);
        Self { estimate, average: past.seconds, started: Instant::now() }
    }

    /// What a line says, if it is about a finished step; `jobs` compilers run at once.
    pub(crate) fn line(&mut self, line: &str, jobs: u32) -> Option<Event> {
        let (done, total, what) = step(line)?;
        // `Building CXX object a/b.cpp.o`, `Linking CXX executable bin/x`
        self.estimate.finish(what.rsplit(' ').next().unwrap_or_default());
        let elapsed = self.started.elapsed();
        let alike = || alike(self.average, jobs, elapsed, done, total);
        // The last line comes when nothing is left, whatever is known of the steps.
        let left = if done >= total {
            Some(Duration::ZERO)
        } else if self.estimate.is_empty() {
            alike()
        } else {
            self.estimate.left(elapsed, jobs)
        };
        Some(Event::Step { done, total, what: what.to_owned(), left })
    }
}

/// What each step of a finished build took, in seconds, by its output.
pub(crate) fn took(build: &Path) -> BTreeMap<String, f64> {
    ninja_files::seconds(&read(&build.join(".ninja_log")))
}

/// The text of a file of ninja's; empty where it cannot be read. A name that is not UTF-8 is no name that is printed.
fn read(path: &Path) -> String {
    let bytes = fs::metadata(path).ok().filter(|meta| meta.len() <= LARGEST).and_then(|_| fs::read(path).ok());
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The time left after `done` of `total` steps in `elapsed`, all of them alike: what earlier builds say, at this one's pace.
fn alike(average: f64, jobs: u32, elapsed: Duration, done: u32, total: u32) -> Option<Duration> {
    let share = f64::from(done.min(total)) / f64::from(total.max(1));
    let elapsed = elapsed.as_secs_f64();
    let whole = average * f64::from(total) / f64::from(jobs.max(1));
    let seconds = if whole > 0.0 {
        // The more is done, the more this build's own pace counts.
        (1.0 - share) * whole * ((1.0 - share) + elapsed / whole)
    } else if share >= TELLING {
        elapsed * (1.0 - share) / share
    } else {
        return None;
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// `[12/210] Building CXX object …` (ninja, by our NINJA_STATUS) or `[ 12%] Building …` (make): done, total, what.
fn step(line: &str) -> Option<(u32, u32, &str)> {
    let (counter, what) = line.strip_prefix('[')?.split_once("] ")?;
    let (done, total) = match counter.split_once('/') {
        Some((done, total)) => (done.trim().parse().ok()?, total.trim().parse().ok()?),
        None => (counter.trim().strip_suffix('%')?.parse().ok()?, 100),
    };
    Some((done, total, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_of_ninja_and_make() {
        let seen = |line| step(line).map(|(done, total, _)| (done, total));
        assert_eq!(seen("[12/210] Building CXX object x.o"), Some((12, 210)));
        assert_eq!(seen("[ 12%] Building CXX object x.o"), Some((12, 100)));
        assert_eq!(seen("[100%] Built target x"), Some((100, 100)));
        for line in ["", "[", "[x/y] z", "note: [1/2]", "[-Wall] x"] {
            assert_eq!(seen(line), None, "{line}");
        }
    }

    #[test]
    fn earlier_builds_at_this_one_s_pace() {
        let check = |average: f64, jobs, elapsed, done, expected: Option<u64>| {
            let left = alike(average, jobs, Duration::from_secs(elapsed), done, 100);
            assert_eq!(left.map(|left| left.as_secs()), expected, "{average} {jobs} {elapsed} {done}");
        };
        check(0.0, 2, 5, 5, None);
        check(0.0, 2, 20, 50, Some(20));
        check(1.0, 1, 0, 0, Some(100));
        check(1.0, 4, 0, 0, Some(25));
        check(1.0, 1, 50, 50, Some(50));
        check(1.0, 1, 100, 50, Some(75)); // twice as slow as before: between 50 and 100
        check(1.0, 1, 300, 100, Some(0));
    }

    /// The steps of a build folder are those of the server; what a killed build had finished is not left.
    #[test]
    fn a_folder_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = "build a.cpp.o: CXX a.cpp\nbuild b.cpp.o: CXX b.cpp\nbuild bin/s: LINK a.cpp.o b.cpp.o\nbuild llama-server: phony bin/s\n";
        durable::replace(&dir.path().join("build.ninja"), file.as_bytes()).unwrap();
        let steps = [("a.cpp.o", 100.0), ("b.cpp.o", 40.0), ("bin/s", 10.0)];
        let past = Past { seconds: 50.0, steps: steps.map(|(name, seconds)| (name.to_owned(), seconds)).into() };
        let left = |progress: &mut Progress, line: &str| match progress.line(line, 1) {
            Some(Event::Step { left, .. }) => left.map(|left| left.as_secs_f64()),
            other => panic!("{other:?}"),
        };
        let mut whole = Progress::begin(dir.path(), &past);
        assert!(whole.line("note: x", 1).is_none());
        assert!(left(&mut whole, "[0/3] Waiting").unwrap() > 148.0);
        assert!(left(&mut whole, "[1/3] Building CXX object a.cpp.o").unwrap() < 51.0);
        durable::replace(&dir.path().join(".ninja_log"), b"# ninja log v5\n0\t9\t1\ta.cpp.o\th\n").unwrap();
        let mut resumed = Progress::begin(dir.path(), &past);
        let rest = left(&mut resumed, "[0/2] Waiting").unwrap();
        assert!((48.0..50.1).contains(&rest), "{rest}");
        assert_eq!(left(&mut resumed, "[2/2] Linking CXX executable bin/s"), Some(0.0));
        assert!(Progress::begin(Path::new("/nonexistent"), &past).estimate.is_empty());
    }

    proptest! {
        #[test]
        fn any_numbers_do(average in any::<f64>(), jobs: u32, elapsed: u64, done: u32, total: u32) {
            alike(average, jobs, Duration::from_secs(elapsed), done, total);
        }
    }
}
