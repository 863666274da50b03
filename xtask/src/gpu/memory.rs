//! Judges by `nvidia-smi` whether a process uses a GPU: independent of the engine's log and of the product.

use std::thread;
use std::time::{Duration, Instant};

use exec::Env;

use crate::failure::{Failure, Result};
use crate::proc;

/// A CUDA context alone takes more than this, in MiB; noise on an otherwise idle GPU is below it.
const LEAST_GROWTH: u64 = 64;
/// How much more than before may be in use after everything was stopped, in MiB.
const SLACK: u64 = 16;
/// The driver frees memory shortly after a process is gone.
const FREED_WITHIN: Duration = Duration::from_secs(15);

/// Memory in use at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// On all GPUs, by all processes, in MiB.
    pub(super) total: u64,
    /// Process ids, and how many MiB each uses.
    processes: Vec<(u64, u64)>,
}

/// Reads the memory in use now.
pub(super) fn look(env: &Env) -> Result<Memory> {
    let total = query(env, "--query-gpu=memory.used")?;
    let processes = query(env, "--query-compute-apps=pid,used_memory")?;
    Ok(Memory { total: numbers(&total).iter().flatten().sum(), processes: pairs(&processes) })
}

/// Asks for a table without head and units.
pub(super) fn query(env: &Env, what: &str) -> Result<String> {
    let words = ["nvidia-smi", what, "--format=csv,noheader,nounits"];
    Ok(proc::capture(&proc::tool(env, &words, proc::root())?)?.stdout_text().into_owned())
}

/// How the process is seen to use a GPU, if it is; `model` in MiB. In a container the driver knows the process by another
/// id, or lists none; then all memory together must have grown by the model and by what a CUDA context takes.
pub(super) fn used(before: &Memory, now: &Memory, pid: u64, model: u64) -> Option<String> {
    if let Some((_, used)) = now.processes.iter().find(|(found, used)| *found == pid && *used > 0) {
        return Some(format!("the engine's process uses {used} MiB of GPU memory"));
    }
    let grown = now.total.saturating_sub(before.total);
    (grown >= model.max(LEAST_GROWTH))
        .then(|| format!("{grown} MiB more of GPU memory are in use than before (the model has {model} MiB)"))
}

/// Waits until no more is in use than before; how long that took.
pub(super) fn freed(env: &Env, before: &Memory) -> Result<Duration> {
    let begin = Instant::now();
    loop {
        let now = look(env)?;
        if now.total <= before.total + SLACK {
            return Ok(begin.elapsed());
        }
        if begin.elapsed() > FREED_WITHIN {
            return Err(Failure::new(format!("GPU memory is not freed: {before:?} before, {now:?} now")));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The numbers of each line; a value that is not a number (`[N/A]`) is left out.
fn numbers(table: &str) -> Vec<Vec<u64>> {
    let of_line = |line: &str| line.split(',').filter_map(|word| word.trim().parse().ok()).collect();
    table.lines().map(of_line).collect()
}

fn pairs(table: &str) -> Vec<(u64, u64)> {
    numbers(table).iter().filter_map(|line| Some((*line.first()?, *line.get(1)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_and_gaps_left_out() {
        assert_eq!(numbers("512\n[N/A]\n3\n").iter().flatten().sum::<u64>(), 515);
        assert_eq!(pairs("4711, 530\n4712, [N/A]\n\n4713, 7\n"), [(4711, 530), (4713, 7)]);
    }

    #[test]
    fn the_process_or_the_growth_is_evidence() {
        let memory = |total, processes: &[(u64, u64)]| Memory { total, processes: processes.to_vec() };
        let [before, with_pid] = [memory(100, &[]), memory(630, &[(1, 9), (42, 530)])];
        assert!(used(&before, &with_pid, 42, 94).unwrap().contains("process uses 530 MiB"));
        assert!(used(&before, &memory(630, &[]), 42, 94).unwrap().starts_with("530 MiB more"));
        // Another process's memory, growth below the model's size or a context's, none at all.
        assert_eq!(used(&before, &memory(190, &[(1, 90)]), 42, 94), None);
        assert_eq!(used(&before, &memory(140, &[]), 42, 1), None);
        assert_eq!(used(&before, &before, 42, 0), None);
        assert_eq!(used(&with_pid, &before, 42, 94), None);
    }
}
