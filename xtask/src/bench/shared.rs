//! What it is worth that pools share builds: many that want a new one at once, and one that wants what is there.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Output};
use serde_json::Value;

use super::{Row, median};
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::pool::Pool;

/// How many ask at once.
pub(super) const PROCESSES: usize = 16;

/// How often a second pool is measured.
const ROUNDS: usize = 20;

/// One process alone and many at once, in turn, each time with a fresh store.
pub(super) fn concurrent(cli: &Cli, pool: &Pool, scratch: &Path, rounds: u32) -> Result<Row> {
    let (mut together, mut alone) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        for (processes, times) in [(1, &mut alone), (PROCESSES, &mut together)] {
            let home = scratch.join(format!("concurrent-{processes}-{round}"));
            let cli = cli.clone().contained(&home)?;
            // Pools of their own: two calls for one pool would wait for one another before they come to the build.
            let asks = (1..=processes).map(|number| prepare(&cli, pool, &home, format!("pool-{number}")));
            let asks = asks.collect::<Result<Vec<_>>>()?;
            let (took, builds) = builds(at_once(&asks)?);
            if builds != 1 {
                return Err(Failure::new(format!("{processes} processes made {builds} builds, not one")));
            }
            times.push(took);
        }
    }
    let what = format!("{PROCESSES} `prepare` at once for one new build, median of {rounds} (by hand: one alone)");
    Ok(Row { what, ours: median(together), by_hand: median(alone) })
}

/// A pool that nobody has prepared yet, with a build that is in the store, beside that build made again.
pub(super) fn second_pool(cli: &Cli, pool: &Pool, scratch: &Path, again: Duration) -> Result<Row> {
    // The first cold round has filled this store.
    let home = scratch.join("cold-1");
    let cli = cli.clone().contained(&home)?;
    let mut times = Vec::new();
    for number in 1..=ROUNDS {
        let (took, builds) = builds(at_once(&[prepare(&cli, pool, &home, format!("second-{number}"))?])?);
        if builds != 0 {
            return Err(Failure::new("a second pool built what was in the store"));
        }
        times.push(took);
    }
    let what = format!("`prepare` of a second pool with the same build, median of {ROUNDS} (by hand: built again)");
    Ok(Row { what, ours: median(times), by_hand: again })
}

pub(super) fn prepare(cli: &Cli, pool: &Pool, home: &Path, id: String) -> Result<CommandSpec> {
    let file = Pool { id, ..pool.clone() }.write(home)?;
    Ok(cli.command(&["prepare", "--json", "--events", "jsonl"], &file))
}

/// Runs all of them at the same time, to a good end. From the first start to the last end, and what they said.
pub(super) fn at_once(commands: &[CommandSpec]) -> Result<(Duration, Vec<Output>)> {
    let start = Instant::now();
    let outputs: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = commands.iter().map(|command| scope.spawn(|| exec::run(command))).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let took = start.elapsed();
    let outputs = outputs.into_iter().zip(commands).map(|(output, command)| {
        let output = output.map_err(|_panic| Failure::new("a thread that runs a program panicked"))??;
        Ok(output.require_success(command)?)
    });
    Ok((took, outputs.collect::<Result<_>>()?))
}

/// The time, and how many of them compiled: a process that waited for another's build goes through the same steps.
pub(super) fn builds((took, outputs): (Duration, Vec<Output>)) -> (Duration, usize) {
    let built = outputs.iter().filter(|output| String::from_utf8_lossy(&output.stderr).lines().any(compiled));
    (took, built.count())
}

/// Whether an event says that the build step did its work itself.
fn compiled(line: &str) -> bool {
    let event: Value = serde_json::from_str(line).unwrap_or_default();
    [("event", "end"), ("step", "build"), ("outcome", "done")]
        .iter()
        .all(|(key, expected)| event.get(key).is_some_and(|value| value == expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> CommandSpec {
        CommandSpec::new("/bin/sh", Duration::from_mins(1)).args(["-c", script])
    }

    /// Each waits for the other's folder: one after the other would never end.
    #[test]
    fn commands_run_at_the_same_time_and_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let meet = |mine: &str, other: &str, outcome: &str| {
            let (mine, other) = (path(mine), path(other));
            let event = format!(r#"{{"event":"end","step":"build","outcome":"{outcome}"}}"#);
            shell(&format!("/bin/mkdir '{mine}'; until [ -d '{other}' ]; do :; done; echo '{event}' >&2"))
        };
        let (_, built) = builds(at_once(&[meet("a", "b", "done"), meet("b", "a", "waited")]).unwrap());
        assert_eq!(built, 1);
    }

    #[test]
    fn one_that_fails_fails_all() {
        assert!(at_once(&[shell("true"), shell("exit 3")]).is_err());
    }
}
