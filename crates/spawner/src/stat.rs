//! Reading `/proc`: the numbers in use, and what one line of `/proc/PID/stat` says.
//!
//! A stop looks at every process of the host, some of them several times: three system calls each, and no more parsed
//! than is asked for. <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use exec::Exit;
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::SpawnError;
use crate::process::exit_of;

/// What `/proc` says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) start_ticks: u64,
    pub(crate) session: i32,
    pub(crate) group: i32,
    /// Dead and not yet collected by its parent, with how it ended.
    pub(crate) dead: Option<Exit>,
}

/// The numbers of all processes.
pub(crate) fn all() -> Result<impl Iterator<Item = i32>, SpawnError> {
    let entries = std::fs::read_dir("/proc");
    let entries = entries.map_err(|source| SpawnError::Proc { what: "the list of processes".to_owned(), source })?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()))
}

/// The facts of process `pid`.
pub(crate) fn read(pid: i32) -> io::Result<Facts> {
    let file = openat(CWD, format!("/proc/{pid}/stat"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    // The name has 64 bytes at most and each of the other 51 fields 20.
    let mut line = [0; 2048];
    let length = rustix::io::read(&file, &mut line)?;
    line.get(..length).and_then(parse).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// Reads the line. The name in it may hold anything but a NUL, so that only the last parenthesis ends it.
fn parse(line: &[u8]) -> Option<Facts> {
    let end = line.iter().rposition(|b| *b == b')')?;
    let fields = std::str::from_utf8(line.get(end + 1..)?).ok()?;
    // Counted from field 3, the state.
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    let start_ticks = fields.nth(15)?.parse().ok()?;
    let status = fields.nth(29).and_then(|status| status.parse().ok());
    let dead = matches!(state, "Z" | "X" | "x")
        .then(|| status.map_or(Exit::Unknown, |status| exit_of(ExitStatus::from_raw(status))));
    Some(Facts { start_ticks, session, group, dead })
}

/// What `find` finds first among the entries of a process's environment; one that we may not read has none.
pub(crate) fn environment<T>(pid: i32, find: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let environ = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    environ.split(|b| *b == 0).find_map(find)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A line as the kernel writes it.
    fn line(name: &[u8], state: char, start: u64, status: i32) -> Vec<u8> {
        let mut line = b"4711 (".to_vec();
        line.extend_from_slice(name);
        let numbers = "0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0";
        line.extend(format!(") {state} 1 4710 4709 {numbers} {start} 9 8").bytes());
        line.extend(b" 0".repeat(27));
        line.extend(format!(" {status}\n").bytes());
        line
    }

    #[test]
    fn the_fields_are_those_of_the_manual() {
        let found = parse(&line(b"a) Z 1 (b", 'S', 99, 0)).unwrap();
        assert_eq!(found, Facts { start_ticks: 99, session: 4709, group: 4710, dead: None });
        let dead = |state, status| parse(&line(b"x", state, 1, status)).unwrap().dead;
        assert_eq!(dead('Z', 7 << 8), Some(Exit::Code(7)));
        assert_eq!(dead('Z', 11), Some(Exit::Signal(11)));
        assert_eq!(dead('X', 0), Some(Exit::Code(0)));
        assert_eq!(dead('T', 0), None);
    }

    /// The other reader of this crate's dependencies agrees, on every process of this host.
    #[test]
    fn what_is_read_is_what_procfs_reads() {
        let mut compared = 0;
        for pid in all().unwrap() {
            let other = procfs::process::Process::new(pid).and_then(|process| process.stat());
            if let (Ok(facts), Ok(stat)) = (read(pid), other) {
                assert_eq!((facts.start_ticks, facts.session, facts.group), (stat.starttime, stat.session, stat.pgrp));
                compared += 1;
            }
        }
        assert!(compared > 0);
    }

    proptest! {
        #[test]
        fn any_name_is_survived(name in proptest::collection::vec(1_u8.., 0..64), start: u64) {
            prop_assert_eq!(parse(&line(&name, 'R', start, 0)).map(|facts| facts.start_ticks), Some(start));
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            parse(&bytes);
        }
    }
}
