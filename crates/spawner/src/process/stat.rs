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

/// `PF_KTHREAD` and `PF_EXITING` of the kernel's `sched.h`: a process of the kernel itself, and one that ends.
const WITHOUT_PROGRAM: u64 = 0x0020_0004;

/// What `/proc` says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) start_ticks: u64,
    pub(crate) session: i32,
    pub(crate) group: i32,
    /// Dead and not yet collected by its parent, with how it ended.
    pub(crate) dead: Option<Exit>,
    pub(crate) environment: Environment,
}

/// What is known of an environment that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Environment {
    /// There is none: the process runs no program.
    None,
    /// It has no entry, or is about to have some.
    Empty,
    /// It has entries, or is about to.
    Some,
}

/// How a process with this status ended.
pub(crate) fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Unknown,
    }
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
    let flags: u64 = fields.nth(2)?.parse().ok()?;
    let start_ticks = fields.nth(12)?.parse().ok()?;
    let bounds: [Option<u64>; 2] = [fields.nth(27), fields.next()].map(|bound| bound.and_then(|b| b.parse().ok()));
    let status = fields.next().and_then(|status| status.parse().ok());
    let dead = matches!(state, "Z" | "X" | "x")
        .then(|| status.map_or(Exit::Unknown, |status| exit_of(ExitStatus::from_raw(status))));
    let environment = match bounds {
        _ if flags & WITHOUT_PROGRAM != 0 => Environment::None,
        // Older kernels do not tell.
        [Some(start), Some(end)] if start != end || end == 0 => Environment::Some,
        _ => Environment::Empty,
    };
    Some(Facts { start_ticks, session, group, dead, environment })
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
        assert_eq!(
            found,
            Facts { start_ticks: 99, session: 4709, group: 4710, dead: None, environment: Environment::Some }
        );
        let dead = |state, status| parse(&line(b"x", state, 1, status)).unwrap().dead;
        assert_eq!(dead('Z', 7 << 8), Some(Exit::Code(7)));
        assert_eq!(dead('Z', 11), Some(Exit::Signal(11)));
        assert_eq!(dead('X', 0), Some(Exit::Code(0)));
        assert_eq!(dead('T', 0), None);
    }

    #[test]
    fn an_environment_can_be_empty_for_good() {
        let facts = |flags: u64, start: u64, end: u64| {
            let zeros = "0 ".repeat(27);
            parse(format!("1 (x) S 1 1 1 0 -1 {flags} {}99 {zeros}{start} {end} 0", "0 ".repeat(12)).as_bytes())
                .unwrap()
        };
        let environment = |flags, start, end| facts(flags, start, end).environment;
        assert_eq!((environment(0, 70, 80), environment(0, 0, 0)), (Environment::Some, Environment::Some));
        assert_eq!(environment(0, 70, 70), Environment::Empty);
        assert_eq!((environment(0x20_0000, 0, 0), environment(4, 0, 0)), (Environment::None, Environment::None));
        assert_eq!(facts(0, 0, 0).start_ticks, 99);
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
