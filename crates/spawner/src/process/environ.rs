//! Reading the environment of a process from `/proc/PID/environ`.
//!
//! The kernel shows the memory in which the environment was when the program began. A program may overwrite it (some
//! put a title there), and in the middle of an `execve` it is empty for a moment.

use std::io;
use std::time::{Duration, Instant};

use memchr::memmem::Finder;
use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::process::stat::{self, Environment};

/// How long a process may take from giving up one program to being the next. Between the two its environment is empty.
const EXEC: Duration = Duration::from_secs(1);

/// How long, of that, its environment may stand between its bounds before the end is known.
const LAYING_OUT: Duration = Duration::from_millis(5);

/// Room for a usual environment, in bytes: a start looks at every process of the host.
const USUAL: usize = 8 << 10;

/// The environment of a process at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environ(Vec<u8>);

impl Environ {
    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    fn entries(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|b| *b == 0).filter(|entry| !entry.is_empty())
    }

    /// Whether it holds exactly this `NAME=VALUE`.
    pub(crate) fn has(&self, entry: &[u8]) -> bool {
        self.entries().any(|other| other == entry)
    }

    /// The value of a variable.
    pub(crate) fn value(&self, name: &str) -> Option<&[u8]> {
        self.find(&Finder::new(name))
    }

    /// The same of the variable whose name the finder searches for, to be used for many environments.
    pub(crate) fn find(&self, name: &Finder<'_>) -> Option<&[u8]> {
        let follows = |at: usize| self.0[at + name.needle().len()..].strip_prefix(b"=");
        let begins = |at: usize| at == 0 || self.0[at - 1] == 0;
        let at = |at: usize| begins(at).then(|| follows(at)).flatten();
        let value = name.find_iter(&self.0).find_map(at)?;
        Some(&value[..memchr::memchr(0, value).unwrap_or(value.len())])
    }

    /// Whether it is still the environment that the program was given: some entries, each a name and a value. One that
    /// is empty, or was overwritten with a title, says nothing about what the process was given.
    pub(crate) fn is_intact(&self) -> bool {
        let named = |entry: &[u8]| {
            let name = entry.split(|b| *b == b'=').next().unwrap_or_default();
            name.len() < entry.len() && !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
        };
        self.entries().next().is_some() && self.entries().all(named)
    }
}

/// Reads the environment of process `pid`; one that is in the middle of an `execve` is read again until that is over.
/// A process that runs no program has an empty one.
pub(crate) fn read(pid: i32) -> io::Result<Environ> {
    let begin = Instant::now();
    loop {
        let environ = bytes(pid)?;
        let expected = || stat::read(pid).ok().filter(|facts| facts.dead.is_none()).map(|facts| facts.environment);
        let patience = match (environ.is_empty() && runs_program(pid)).then(expected).flatten() {
            Some(Environment::Some) => EXEC,
            Some(Environment::Empty) => LAYING_OUT,
            Some(Environment::None) | None => Duration::ZERO,
        };
        if begin.elapsed() >= patience {
            return Ok(Environ(environ));
        }
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// Whether the process has memory of its own, which those of the kernel and the dead have not: cheaper than its state.
fn runs_program(pid: i32) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe")).map_or_else(|e| e.kind() != io::ErrorKind::NotFound, |_| true)
}

/// The whole environment as it is at one moment: of a process that gives up its program, a second read would tell
/// nothing more, and the first only its beginning.
fn bytes(pid: i32) -> io::Result<Vec<u8>> {
    let file = openat(CWD, format!("/proc/{pid}/environ"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut bytes = Vec::with_capacity(USUAL);
    loop {
        rustix::io::pread(&file, spare_capacity(&mut bytes), 0)?;
        if bytes.len() < bytes.capacity() {
            return Ok(bytes);
        }
        let larger = bytes.capacity() * 2;
        bytes.clear();
        bytes.reserve(larger);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F43: a process that executes one program after the other carries its token all the time.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a process of another user")]
    fn a_process_that_executes_is_seen() {
        let again = "exec /bin/sh -c \"$AGAIN\"";
        let mut command = std::process::Command::new("/bin/sh");
        let mut child = command.args(["-c", again]).env("AGAIN", again).spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let missed = (0..20_000).filter(|_| read(pid).is_ok_and(|environ| environ.value("AGAIN").is_none()));
        let missed = missed.count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(missed, 0);
    }

    #[test]
    fn entries_are_compared_as_a_whole() {
        let environ = Environ(b"A=1\0AB=2\0C==\0".to_vec());
        assert_eq!(
            (environ.value("A"), environ.value("B"), environ.value("C")),
            (Some(&b"1"[..]), None, Some(&b"="[..]))
        );
        let again = Environ(b"B=AB=1\0AB=2".to_vec());
        assert_eq!((again.value("AB"), again.value("AB=2"), again.value("=")), (Some(&b"2"[..]), None, None));
        assert!(environ.has(b"AB=2") && !environ.has(b"AB=") && !environ.has(b""));
    }

    /// D2: only an environment that is as the kernel laid it out proves that something is not in it.
    #[test]
    fn a_title_in_its_place_is_no_environment() {
        let intact = |text: &[u8]| Environ(text.to_vec()).is_intact();
        assert!(intact(b"PATH=/bin\0BASH_FUNC_x%%=() { :; }\0EMPTY=\0"));
        for other in [&b""[..], b"\0\0\0", b"VLLM::EngineCore\0", b"x --port=80\0A=1\0", b"worker 1\0\0\0B=2\0", b"=\0"]
        {
            assert!(!intact(other), "{}", String::from_utf8_lossy(other));
        }
    }
}
