//! Shell scripts as commands, the examples as programs, and a look at the processes of this host.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use exec::CommandSpec;

/// How long a test waits for what takes milliseconds on an idle host.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn sh(script: &str) -> CommandSpec {
    CommandSpec::new("/bin/sh", PATIENCE).args(["-c", script]).env("PATH", "/usr/bin:/bin")
}

/// A number of seconds to sleep that no other test uses, so that it marks the processes of this one.
pub(crate) fn marker(test: u32) -> String {
    format!("{}.{test}", 100_000 + std::process::id())
}

/// The processes that have `marker` as an argument and have not exited.
pub(crate) fn processes_with(marker: &str) -> Vec<i32> {
    let has = |pid: &i32| {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|args| args.split(|b| *b == 0).any(|arg| arg == marker.as_bytes()))
    };
    let pids =
        std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(has).collect()
}

/// Waits until it holds, for `limit` at most.
#[track_caller]
pub(crate) fn within(limit: Duration, what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    within(PATIENCE, what, holds);
}

/// An example of this crate, which `cargo test` builds first.
pub(crate) fn example(name: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join(name);
    assert!(path.exists(), "not built: {}", path.display());
    path
}
