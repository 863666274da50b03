//! Whether a program that fills a folder still gets ahead.
//!
//! The rule: a folder that grows is progress, and so is work. A fetch that has received everything resolves deltas and
//! checks objects for a while without a new byte; it uses CPU time then, which one that waits for its server does not.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::command_spec::Target;

/// How often the folder is measured, at most: a large one takes a while.
const PERIOD: Duration = Duration::from_secs(1);
/// Files that are looked at in one measurement, at most.
const MOST: usize = 50_000;
/// Folders within folders that are looked at.
const DEPTH: u8 = 32;
/// The share of one CPU that is work, in percent: a program that waits in a loop uses less.
const WORK: u128 = 2;

/// Clock ticks per second in `/proc`, a constant of the interface: <https://man7.org/linux/man-pages/man7/time.7.html>.
const TICKS_PER_SECOND: u128 = 100;

/// What one look at a folder finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    bytes: u64,
    files: usize,
    /// The newest change, in nanoseconds: a file whose space was reserved before grows in no other way.
    newest: i128,
}

/// A folder that a process group fills.
#[derive(Debug)]
pub(super) struct Growth<'a> {
    target: &'a Target,
    group: i32,
    seen: Seen,
    cpu: u64,
    looked: Instant,
    advanced: Instant,
}

impl<'a> Growth<'a> {
    pub(super) fn of(target: &'a Target, group: i32) -> Self {
        let now = Instant::now();
        Self { target, group, seen: look(&target.folder), cpu: cpu_ticks(group), looked: now, advanced: now }
    }

    /// Returns the limit once the group has neither filled the folder nor worked for longer.
    pub(super) fn stalled(&mut self) -> Option<Duration> {
        let passed = self.looked.elapsed();
        if passed >= PERIOD.min(self.target.stall / 4) {
            self.looked = Instant::now();
            let (seen, cpu) = (look(&self.target.folder), cpu_ticks(self.group));
            if seen != self.seen || is_work(cpu.saturating_sub(self.cpu), passed) {
                self.advanced = self.looked;
            }
            (self.seen, self.cpu) = (seen, cpu);
        }
        (self.advanced.elapsed() > self.target.stall).then_some(self.target.stall)
    }
}

/// Whether this much CPU time in this time is work.
fn is_work(ticks: u64, passed: Duration) -> bool {
    let used_ms = u128::from(ticks) * 1000 / TICKS_PER_SECOND;
    used_ms * 100 >= passed.as_millis().max(1) * WORK
}

fn look(folder: &Path) -> Seen {
    let mut seen = Seen::default();
    add(folder, 0, &mut seen);
    seen
}

fn add(folder: &Path, depth: u8, seen: &mut Seen) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if seen.files >= MOST {
            return;
        }
        // Of a link its own, not of what it leads to.
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() && depth < DEPTH {
            add(&entry.path(), depth + 1, seen);
        } else if meta.is_file() {
            seen.files += 1;
            seen.bytes = seen.bytes.saturating_add(meta.len());
            let changed = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
            seen.newest = seen.newest.max(changed);
        }
    }
}

/// CPU time that the living processes of a group and their collected children have used, in clock ticks.
fn cpu_ticks(group: i32) -> u64 {
    let Ok(processes) = fs::read_dir("/proc") else { return 0 };
    let is_process =
        |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
    let stats = processes.flatten().filter(|entry| is_process(&entry.file_name()));
    let ticks = stats.filter_map(|entry| ticks_of(&fs::read_to_string(entry.path().join("stat")).ok()?, group));
    ticks.fold(0, u64::saturating_add)
}

/// The CPU time in the text of a `/proc/PID/stat`, if the process is of the group: fields 14 to 17 of
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>, and field 5 is the group.
fn ticks_of(stat: &str, group: i32) -> Option<u64> {
    // The name in parentheses may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    if fields.get(2)?.parse() != Ok(group) {
        return None;
    }
    Some(fields.get(11..15)?.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_group_is_read_whatever_its_name() {
        let stat = "7 (a) b (c)) S 1 42 42 0 -1 4194304 1 2 3 4 100 20 3 1 20 0 1 0 5 6 7";
        assert_eq!(ticks_of(stat, 42), Some(124));
        assert_eq!(ticks_of(stat, 41), None);
        assert_eq!(ticks_of("", 42), None);
        assert_eq!(ticks_of("7 (x) S 1 42", 42), None);
    }

    #[test]
    fn waiting_in_a_loop_is_no_work() {
        assert!(!is_work(0, Duration::from_secs(1)) && !is_work(1, Duration::from_secs(1)));
        assert!(is_work(2, Duration::from_secs(1)) && !is_work(2, Duration::from_secs(10)));
    }

    #[test]
    fn a_folder_is_measured_with_all_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let before = look(dir.path());
        fs::create_dir_all(dir.path().join("objects/pack")).unwrap();
        assert_eq!(look(dir.path()), before, "a folder alone is nothing received");
        durable::replace(&dir.path().join("objects/pack/tmp_pack_x"), b"abc").unwrap();
        let after = look(dir.path());
        assert_eq!((after.bytes, after.files), (3, 1));
        assert_eq!(look(&dir.path().join("missing")), Seen::default());
    }
}
