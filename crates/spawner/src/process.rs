//! One process, held by a pidfd: the number may be reused, the descriptor never means another process.

pub(crate) mod environ;
pub(crate) mod family;
pub(crate) mod identity;
pub(crate) mod isolate;
pub(crate) mod marks;
pub(crate) mod program;
pub(crate) mod proof;
pub(crate) mod scan;
pub(crate) mod stat;

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use exec::Exit;
use nix::libc;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{fstat, fstatfs};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::SpawnError;
use crate::process::stat::{Facts, exit_of};

/// Longest single wait in the kernel; longer waits are made of several.
const LONGEST_POLL: Duration = Duration::from_hours(1);

/// The file system of pidfds that are numbered one by one (`PID_FS_MAGIC`, Linux 6.9).
const PID_FS: u64 = 0x5049_4446;

/// A process that existed when it was opened.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    fd: OwnedFd,
}

impl Process {
    /// Opens process `pid`, or nothing where no process has that number. Never opens 0, 1 or less.
    pub(crate) fn open(pid: i32) -> Result<Option<Self>, SpawnError> {
        if pid < 2 {
            return Ok(None);
        }
        let Some(number) = Pid::from_raw(pid) else {
            return Ok(None);
        };
        match pidfd_open(number, PidfdFlags::empty()) {
            Ok(fd) => Ok(Some(Self { pid, fd })),
            // The last two: the number is that of a thread, not of a process.
            Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => Ok(None),
            Err(errno) => Err(SpawnError::system("pidfd_open")(errno)),
        }
    }

    /// The process that an inherited pidfd is for; its number is not known.
    pub(crate) fn from_fd(fd: OwnedFd) -> Self {
        Self { pid: 0, fd }
    }

    /// The descriptor alone.
    pub(crate) fn into_fd(self) -> OwnedFd {
        self.fd
    }

    /// The kernel's number for this process, given to no other until the next boot; nothing where it has none.
    pub(crate) fn inode(&self) -> Option<u64> {
        let numbered = fstatfs(&self.fd).is_ok_and(|fs| u64::try_from(fs.f_type) == Ok(PID_FS));
        if numbered { fstat(&self.fd).ok().map(|stat| stat.st_ino) } else { None }
    }

    /// Whether it has ended; a zombie has.
    pub(crate) fn has_exited(&self) -> Result<bool, SpawnError> {
        self.wait(Duration::ZERO)
    }

    /// Waits until it has ended, for at most `limit`; says whether it has.
    pub(crate) fn wait(&self, limit: Duration) -> Result<bool, SpawnError> {
        Ok(wait_any(&[self], limit)?.first().copied().unwrap_or(false))
    }

    /// Waits until it has ended or `other` can be read, for at most `limit`; says whether it has ended.
    pub(crate) fn wait_or(&self, other: BorrowedFd<'_>, limit: Duration) -> Result<bool, SpawnError> {
        Ok(poll_any(&[self.fd.as_fd(), other], limit)?.first().copied().unwrap_or(false))
    }

    /// Sends a signal; to a process that has ended this does nothing.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), SpawnError> {
        match pidfd_send_signal(&self.fd, signal) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(errno @ Errno::PERM) => Err(SpawnError::NotPermitted { pid: self.pid, source: errno.into() }),
            Err(errno) => Err(SpawnError::system("pidfd_send_signal")(errno)),
        }
    }

    /// What `/proc` says of it; nothing once it is gone and collected.
    ///
    /// What was read of a living process belongs to this one and no other, since it was still alive after the read.
    /// What was read of a dead one may be another's that got the number: its start time says so to the caller.
    pub(crate) fn facts(&self) -> Result<Option<Facts>, SpawnError> {
        let seen = stat::read(self.pid);
        if !self.has_exited()? {
            let what = || format!("the state of process {}", self.pid);
            return seen.map(Some).map_err(|source| SpawnError::Proc { what: what(), source });
        }
        // It may have ended after the look; its zombie, where it still stands, tells how.
        Ok(stat::read(self.pid).ok().filter(|facts| facts.dead.is_some()))
    }

    /// How it ended, once it has: told by its zombie, or by the kernel to whoever held it when its parent collected it.
    pub(crate) fn exit(&self) -> Result<Exit, SpawnError> {
        let zombie = self.facts()?.and_then(|facts| facts.dead);
        Ok(zombie.or_else(|| self.collected()).unwrap_or(Exit::Unknown))
    }

    /// What the kernel keeps of a process that was collected since Linux 6.15 (`PIDFD_GET_INFO`).
    #[expect(unsafe_code, reason = "neither rustix nor nix has this `ioctl`")]
    fn collected(&self) -> Option<Exit> {
        // SAFETY: a structure of integers, of which zero is a value.
        let mut info: libc::pidfd_info = unsafe { std::mem::zeroed() };
        let wanted = u64::from(libc::PIDFD_INFO_EXIT);
        info.mask = wanted;
        // SAFETY: the number of the call holds the size of the structure, which the kernel fills and no more.
        let answer = unsafe { libc::ioctl(self.fd.as_raw_fd(), libc::PIDFD_GET_INFO, &raw mut info) };
        (answer == 0 && info.mask & wanted != 0).then(|| exit_of(ExitStatus::from_raw(info.exit_code)))
    }

    /// Whether it is alive, in the session or process group that `leader` leads.
    pub(crate) fn is_alive_in(&self, leader: i32) -> bool {
        self.facts()
            .is_ok_and(|facts| facts.is_some_and(|f| f.dead.is_none() && (f.session == leader || f.group == leader)))
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Waits until at least one of `processes` has ended, for at most `limit`; says of each whether it has.
pub(crate) fn wait_any(processes: &[&Process], limit: Duration) -> Result<Vec<bool>, SpawnError> {
    poll_any(&processes.iter().map(|process| process.fd.as_fd()).collect::<Vec<_>>(), limit)
}

/// Waits until at least one descriptor can be read, for at most `limit`; says of each whether it can.
fn poll_any(fds: &[BorrowedFd<'_>], limit: Duration) -> Result<Vec<bool>, SpawnError> {
    let started = Instant::now();
    let mut fds: Vec<PollFd<'_>> = fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
    loop {
        let left = limit.saturating_sub(started.elapsed()).min(LONGEST_POLL);
        let timeout =
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) if started.elapsed() < limit => {}
            Ok(_) => return Ok(fds.iter().map(|fd| !fd.revents().is_empty()).collect()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(SpawnError::system("poll")(errno)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F09
    #[test]
    fn numbers_that_are_no_engine_are_never_opened() {
        for pid in [i32::MIN, -4711, -1, 0, 1] {
            assert!(Process::open(pid).unwrap().is_none(), "{pid}");
        }
        assert!(Process::open(i32::MAX).unwrap().is_none());
    }

    #[test]
    fn we_are_alive() {
        let me = Process::open(i32::try_from(std::process::id()).unwrap()).unwrap().unwrap();
        assert!(!me.has_exited().unwrap());
        assert_eq!(me.facts().unwrap().unwrap().dead, None);
        assert!(!me.wait(Duration::from_millis(5)).unwrap());
        let again = Process::open(me.pid).unwrap().unwrap();
        assert_eq!(me.inode(), again.inode());
        let parent = Process::open(std::os::unix::process::parent_id().try_into().unwrap()).unwrap().unwrap();
        assert!(me.inode().is_none() || me.inode() != parent.inode());
    }
}
