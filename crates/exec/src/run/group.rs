//! A program and its process group: whether it has ended, how it is ended, and its status.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdout};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, pidfd_open};

use super::after_fork::Role;
use super::report::{self, Report};
use super::start::{self, Started};
use crate::keeper::Leader;
use crate::{CommandSpec, ExecError, Exit};

/// The child and everything in its process group; what is left of it ends with this value.
///
/// The group's leader (the keeper, else the child) is not collected before the group was killed, so that the group's id
/// cannot be reused by strangers while it is signalled.
pub(super) struct Group {
    started: Started,
    leader: Option<Leader>,
    /// Readable once the program has ended; missing where the kernel has no pidfd.
    pidfd: Option<OwnedFd>,
    /// How the program ended, where a reporter has reported it.
    reported: Option<Exit>,
    is_collected: bool,
}

impl Group {
    pub(super) fn start(spec: &CommandSpec) -> Result<Self, ExecError> {
        let leader = spec.keeper.as_ref().and_then(Leader::start);
        let started = start::program(spec, leader.as_ref().map_or(0, |leader| pid(leader.process()).as_raw()))?;
        let own = rustix::process::Pid::from_raw(pid(&started.process).as_raw());
        let pidfd = own.and_then(|own| pidfd_open(own, PidfdFlags::empty()).ok());
        Ok(Self { started, leader, pidfd, reported: None, is_collected: false })
    }

    /// The read ends of the program's output.
    pub(super) fn pipes(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.started.process.stdout.take(), self.started.process.stderr.take())
    }

    /// A descriptor that becomes readable when the program ends.
    pub(super) fn end_fd(&self) -> Option<BorrowedFd<'_>> {
        match self.started.role {
            Role::Reporter => Some(self.started.reports.as_fd()),
            Role::Program | Role::Keeper => self.pidfd.as_ref().map(AsFd::as_fd),
        }
    }

    /// Whether the program has ended. A child that leads the group stays a zombie, so that its id is not reused.
    pub(super) fn has_ended(&mut self) -> bool {
        if self.started.role == Role::Reporter {
            let started = &mut self.started;
            let mut next = || started.first.take().or_else(|| report::read(&started.reports));
            self.reported = self.reported.or_else(|| match next()? {
                Report::Ended(exit) => Some(exit),
                Report::NotStarted(_) | Report::Closed => Some(Exit::Unknown),
            });
            return self.reported.is_some();
        }
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(waitid(Id::Pid(pid(&self.started.process)), flags), Ok(WaitStatus::StillAlive))
    }

    /// TERM, up to `grace`, KILL.
    pub(super) fn end(mut self, grace: Duration) {
        killpg(self.id(), Signal::SIGTERM).ok();
        let asked = Instant::now();
        while !self.has_ended() && asked.elapsed() < grace {
            thread::sleep(Duration::from_millis(10));
        }
        self.collect();
    }

    /// Kills what is left of the group of a program that has ended, and returns how it ended.
    pub(super) fn reap(mut self) -> Exit {
        self.collect()
    }

    fn collect(&mut self) -> Exit {
        self.is_collected = true;
        killpg(self.id(), Signal::SIGKILL).ok();
        // Where this process ignores SIGCHLD, this waits and fails; the status then is the reported one.
        let status = self.started.process.wait();
        if let Some(leader) = self.leader.take() {
            leader.collect();
        }
        match (self.reported, status) {
            (Some(exit), _) => exit,
            (None, Ok(status)) if self.started.role != Role::Reporter => match (status.code(), status.signal()) {
                (Some(code), _) => Exit::Code(code),
                (None, Some(signal)) => Exit::Signal(signal),
                (None, None) => Exit::Unknown,
            },
            _ => Exit::Unknown,
        }
    }

    /// The id of the process group.
    pub(super) fn id(&self) -> Pid {
        pid(self.leader.as_ref().map_or(&self.started.process, Leader::process))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Only a panic in `on_line` leaves a running child here.
        if !self.is_collected {
            self.collect();
        }
    }
}

fn pid(process: &Child) -> Pid {
    Pid::from_raw(i32::try_from(process.id()).unwrap_or(i32::MAX))
}
