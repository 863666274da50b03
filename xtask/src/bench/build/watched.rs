//! A program that is watched while it runs: its own memory, without that of its children, and when to kill it.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use exec::{CommandSpec, Output};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::failure::{Failure, Result};

/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    On,
    Kill,
}

/// What was seen.
pub(super) struct Seen {
    pub(super) output: Output,
    pub(super) took: Duration,
    /// The most memory that the process itself had resident, in bytes.
    pub(super) peak: u64,
    pub(super) killed: bool,
}

/// Runs it to its end, or until `look`, which is asked again and again, says to kill it, as `kill -9` would.
pub(super) fn watched(spec: &CommandSpec, look: &mut dyn FnMut(Pid) -> Watch) -> Result<Seen> {
    let (mut peak, mut killed) = (0, false);
    let output = thread::scope(|scope| {
        let run = scope.spawn(|| exec::run(spec));
        while !run.is_finished() {
            thread::sleep(PAUSE);
            let Some(pid) = child(&spec.program) else { continue };
            // The kernel keeps the highest it ever was; the last look is at most a pause before the end.
            peak = high_water(pid).unwrap_or(0).max(peak);
            if !killed && look(pid) == Watch::Kill {
                killed = kill(pid, Signal::SIGKILL).is_ok();
            }
        }
        run.join()
    });
    let output = output.map_err(|_panic| Failure::new("the thread that runs a program panicked"))??;
    Ok(Seen { took: output.elapsed, output, peak, killed })
}

/// Our own child that runs this program.
fn child(program: &Path) -> Option<Pid> {
    let tasks = fs::read_dir("/proc/self/task").ok()?.flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let pids: Vec<i32> = children
        .flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|pid| pid.parse().ok())
        .collect();
    let program = program.canonicalize().ok()?;
    let runs = |pid: &i32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program);
    pids.into_iter().find(runs).map(Pid::from_raw)
}

/// `VmHWM` of a process, in bytes.
fn high_water(pid: Pid) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use exec::Exit;

    use super::*;

    fn sleep(seconds: &str) -> CommandSpec {
        let program = Path::new("/bin/sleep").canonicalize().unwrap();
        CommandSpec::new(program, Duration::from_mins(1)).arg(seconds)
    }

    #[test]
    fn the_process_itself_is_seen_and_killed() {
        let seen = watched(&sleep("0.3"), &mut |_| Watch::On).unwrap();
        assert_eq!((seen.output.exit, seen.killed), (Exit::Code(0), false));
        assert!((100_000..20_000_000).contains(&seen.peak), "{}", seen.peak);
        let seen = watched(&sleep("60"), &mut |_| Watch::Kill).unwrap();
        assert_eq!((seen.output.exit, seen.killed), (Exit::Signal(9), true));
        assert!(seen.took < Duration::from_secs(30));
    }
}
