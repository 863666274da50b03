//! A build that is killed at half of its steps, and the one that goes on from there.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::table::{Line, Table};
use super::watched::{Watch, watched};
use super::{Bench, median};
use crate::failure::{Failure, Result};
use crate::proc;

/// Kills one and measures the next.
pub(super) fn measure(bench: &Bench<'_>, cold: Duration, table: &mut Table) -> Result<()> {
    let steps = total(&bench.scratch.join("cold-1/cache/v1/store"))?;
    let (mut times, mut left) = (Vec::new(), Vec::new());
    for round in 1..=bench.rounds {
        let (home, cli, file) = bench.home(&format!("killed-{round}"))?;
        let staging = home.join("cache/v1/staging");
        let mut done = 0;
        let seen = watched(&cli.command(&["prepare"], &file), &mut |_| {
            done = finished(&staging);
            if done * 2 >= steps { Watch::Kill } else { Watch::On }
        })?;
        if !seen.killed {
            return Err(Failure::new(format!("the build ended before half of its {steps} steps were seen")));
        }
        times.push(proc::capture(&cli.command(&["prepare"], &file))?.elapsed);
        // What ninja found left to do is the total that it counted to.
        left.push(total(&home.join("cache/v1/store"))?);
    }
    let what = format!("killed at half of {steps} steps, and run again, median of {} (beside: cold)", bench.rounds);
    table.add(Line::ratio(what, median(times), cold, 0.60));
    table.note(format!("After the kill, {} of {steps} steps were left.", left.iter().max().copied().unwrap_or(steps)));
    Ok(())
}

/// How many steps the last ninja counted whose log is in the one entry of this store.
fn total(store: &Path) -> Result<usize> {
    for entry in fs::read_dir(store)? {
        let log = fs::read_to_string(entry?.path().join("logs/build.log"))?;
        if let Some(total) = log.lines().rev().find_map(counted) {
            return Ok(total);
        }
    }
    Err(Failure::new(format!("no log in {} counts steps", store.display())))
}

/// `[12/210] Building …`
fn counted(line: &str) -> Option<usize> {
    let (counter, _) = line.strip_prefix('[')?.split_once(']')?;
    counter.split_once('/')?.1.parse().ok()
}

/// How many steps ninja has finished in the one folder that is worked in, by its own log: a head, then a line each.
fn finished(staging: &Path) -> usize {
    let dirs = fs::read_dir(staging).into_iter().flatten().flatten();
    let logs = dirs.filter_map(|dir| fs::read_to_string(dir.path().join("build/.ninja_log")).ok());
    logs.map(|log| log.lines().filter(|line| !line.starts_with('#')).count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn steps_are_read_from_logs() {
        assert_eq!(counted("[12/210] Building CXX object x.o"), Some(210));
        assert_eq!(counted("$ ninja -C x"), None);
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(finished(dir.path()), 0);
        let build = dir.path().join("key.1/build");
        fs::create_dir_all(&build).unwrap();
        let mut log = fs::File::create(build.join(".ninja_log")).unwrap();
        log.write_all(b"# ninja log v5\n0\t1\t2\ta.o\tx\n0\t1\t2\tb.o\tx\n").unwrap();
        assert_eq!(finished(dir.path()), 2);
    }
}
