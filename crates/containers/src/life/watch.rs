//! Watches a running container without asking the runtime: a descriptor that becomes readable when it exits.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::oom::OomCounter;
use crate::{ContainerError, Ended, Ours, Program, State, refresh};

/// How long the runtime may need to record an exit that the kernel has reported.
const RECORDED: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(20);

/// A running container. Dropping it changes nothing.
#[derive(Debug)]
pub struct Watch {
    program: Program,
    ours: Ours,
    pidfd: OwnedFd,
    oom: Option<OomCounter>,
}

/// Watches the container; `None` where it does not run.
///
/// The descriptor is that of the container's first process, as this host numbers it. The kernel ends every other process
/// of the container with that one: <https://man7.org/linux/man-pages/man7/pid_namespaces.7.html>.
///
/// # Errors
///
/// Why the runtime gave no answer, or why the process cannot be watched.
pub fn watch(program: &Program, ours: &Ours) -> Result<Option<Watch>, ContainerError> {
    let Some(pid) = live_pid(program, ours)? else { return Ok(None) };
    let raw = Pid::from_raw(pid);
    let Some(raw) = raw else { return Ok(None) };
    let pidfd = match pidfd_open(raw, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        Err(rustix::io::Errno::SRCH) => return Ok(None),
        Err(errno) => {
            let path = format!("/proc/{pid}").into();
            return Err(ContainerError::System { call: "pidfd_open", path, source: errno.into() });
        }
    };
    let oom = OomCounter::of(pid);
    // The process may have exited, and its number may have been used again, before it was opened.
    if live_pid(program, ours)? != Some(pid) {
        return Ok(None);
    }
    Ok(Some(Watch { program: program.clone(), ours: ours.clone(), pidfd, oom }))
}

fn live_pid(program: &Program, ours: &Ours) -> Result<Option<i32>, ContainerError> {
    match refresh(program, ours) {
        Ok(now) => Ok(now.container().state.pid()),
        Err(ContainerError::Absent { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Watch {
    /// The container.
    pub fn ours(&self) -> &Ours {
        &self.ours
    }

    /// Waits until the container has exited, for at most `timeout`; how it exited, or `None` while it still runs.
    ///
    /// # Errors
    ///
    /// Why the runtime did not report how it exited.
    pub fn wait(&self, timeout: Duration) -> Result<Option<Ended>, ContainerError> {
        let deadline = Instant::now() + timeout;
        while !self.is_readable(deadline.saturating_duration_since(Instant::now()))? {
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
        // Before the runtime removes the group.
        let oom_killed = self.oom.as_ref().is_some_and(OomCounter::has_killed);
        let ended = self.ended()?;
        Ok(Some(Ended { oom_killed: ended.oom_killed || oom_killed, ..ended }))
    }

    /// Whether the descriptor becomes readable within `timeout`; a signal ends the wait early.
    fn is_readable(&self, timeout: Duration) -> Result<bool, ContainerError> {
        let mut fds = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let seconds = timeout.as_secs().min(3600);
        let timeout = Timespec { tv_sec: seconds.cast_signed(), tv_nsec: timeout.subsec_nanos().into() };
        match poll(&mut fds, Some(&timeout)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(errno) => Err(ContainerError::System { call: "poll", path: "pidfd".into(), source: errno.into() }),
        }
    }

    /// How it exited. conmon and containerd write that down a moment after the kernel has reported the exit.
    fn ended(&self) -> Result<Ended, ContainerError> {
        let begin = Instant::now();
        loop {
            match refresh(&self.program, &self.ours) {
                Ok(now) => match now.container().state {
                    State::Exited(ended) => return Ok(ended),
                    _ if begin.elapsed() > RECORDED => return Ok(Ended::default()),
                    _ => std::thread::sleep(TICK),
                },
                // Removed meanwhile, with what was recorded of it.
                Err(ContainerError::Absent { .. }) => return Ok(Ended::default()),
                Err(error) => return Err(error),
            }
        }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}
