//! Memory in use on the GPUs, as `nvidia-smi` tells it, and what that says of one process.

use exec::Env;

use crate::failure::{Failure, Result};
use crate::proc;

/// One look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// On all GPUs, by whomever, in MiB.
    total: u64,
    /// Process ids, and how many MiB each uses.
    processes: Vec<(u64, u64)>,
}

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

/// How the process is seen to use a GPU. Inside a container the driver knows it by another id, or tells of no process;
/// then all memory together must have grown by the model at least.
pub(super) fn proof(before: &Memory, now: &Memory, pid: u64, model: u64) -> Result<String> {
    if let Some((_, used)) = now.processes.iter().find(|(found, used)| *found == pid && *used > 0) {
        return Ok(format!("the engine's process uses {used} MiB of GPU memory"));
    }
    let grown = now.total.saturating_sub(before.total);
    if grown > 0 && grown >= model {
        return Ok(format!("{grown} MiB more of GPU memory are in use than before (the model has {model} MiB)"));
    }
    Err(Failure::new(format!("nothing says that process {pid} uses GPU memory: {before:?} before, {now:?} now")))
}

/// The numbers of each line; what is no number (`[N/A]`) is left out.
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
    fn the_process_or_the_growth_proves_it() {
        let memory = |total, processes: &[(u64, u64)]| Memory { total, processes: processes.to_vec() };
        let [before, with_pid] = [memory(100, &[]), memory(630, &[(1, 9), (42, 530)])];
        assert!(proof(&before, &with_pid, 42, 94).unwrap().contains("process uses 530 MiB"));
        assert!(proof(&before, &memory(630, &[]), 42, 94).unwrap().starts_with("530 MiB more"));
        // Another one's memory, growth below the model's size, none at all.
        assert!(proof(&before, &memory(190, &[(1, 90)]), 42, 94).is_err());
        assert!(proof(&before, &before, 42, 0).is_err());
        assert!(proof(&with_pid, &before, 42, 94).is_err());
    }
}
