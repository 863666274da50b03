//! The processes of a running container, as this host numbers them: a GPU's driver reports memory by these numbers.

use std::collections::BTreeMap;

use crate::Ours;

/// All processes of the container as it was found, its first one first; empty where it does not run.
///
/// Every process of a container descends from its first one: the kernel gives orphans to it
/// (<https://man7.org/linux/man-pages/man7/pid_namespaces.7.html>). What `exec` started in it from outside does not.
pub fn processes(ours: &Ours) -> Vec<i32> {
    let Some(first) = ours.container().state.pid() else { return Vec::new() };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let parents: BTreeMap<i32, i32> = pids
        .filter_map(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, parent(&stat)?))
        })
        .collect();
    descendants(first, &parents)
}

/// The fourth field, after a name in parentheses that may have any character:
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
fn parent(stat: &str) -> Option<i32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn descendants(first: i32, parents: &BTreeMap<i32, i32>) -> Vec<i32> {
    if !parents.contains_key(&first) {
        return Vec::new();
    }
    let mut found = vec![first];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(parents.iter().filter(|(pid, of)| **of == parent && **pid != parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_are_found_at_any_depth() {
        let parents = BTreeMap::from([(1, 0), (10, 1), (11, 10), (12, 11), (13, 10), (20, 1)]);
        assert_eq!(descendants(10, &parents), [10, 11, 13, 12]);
        assert_eq!(descendants(99, &parents), [0_i32; 0]);
        assert_eq!(parent("7 (a) b) (c) S 42 7 7 0"), Some(42));
        assert_eq!(parent("7 a S 42"), None);
    }
}
