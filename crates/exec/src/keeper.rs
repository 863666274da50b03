//! A small process that ends a process group when the process that started it is killed.
//!
//! A program that is killed with KILL cannot end its children. Each direct child gets a TERM from the kernel then, but
//! CMake catches it, and a grandchild hears nothing. A keeper leads the process group and holds the read end of a pipe
//! whose write end only its starter holds. When the starter is gone, however it went, the pipe ends: the keeper sends TERM
//! to the group, and a second later KILL, which ends itself, too. After a run that ended normally it is killed with what is
//! left of the group. No signal but KILL reaches it, so that a TERM for the group does not remove the group's guard.
//!
//! It is a program of the caller, started again with arguments of the caller's choice, and not a fork of the caller, whose
//! memory and secrets it would keep.

use std::ffi::OsString;
use std::io::{self, PipeWriter, Read, Stdin};
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{getpgrp, getpid};

use crate::ExecError;
use crate::run::after_fork::{Plan, Role};
use crate::run::start;

/// How long the group has between TERM and KILL.
const GRACE: Duration = Duration::from_secs(1);

/// A program that calls [`keep_group`]: a hidden verb of the caller, for example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// The program; absolute.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// What a [`Keeper`]'s program has to do, before anything else and on its only thread: waits until its starter is gone,
/// then ends its own process group and so itself. An error means that it is not a keeper.
pub fn keep_group() -> Result<(), ExecError> {
    let refuse = |why: &str| Err(ExecError::NotAKeeper { why: why.to_owned() });
    if getpgrp() != getpid() {
        return refuse("it leads no process group");
    }
    if !std::fs::metadata("/proc/self/fd/0").is_ok_and(|meta| meta.file_type().is_fifo()) {
        return refuse("standard input is not a pipe");
    }
    // Blocked already where it was started as a keeper.
    SigSet::all().thread_block().ok();
    wait_for_end(io::stdin());
    killpg(getpgrp(), Signal::SIGTERM).ok();
    thread::sleep(GRACE);
    killpg(getpgrp(), Signal::SIGKILL).ok();
    Ok(())
}

/// Nothing is ever written to the pipe.
fn wait_for_end(mut pipe: Stdin) {
    while matches!(pipe.read(&mut [0; 16]), Ok(1..)) {}
}

/// A running keeper, which leads its process group.
pub(crate) struct Leader {
    process: Child,
    /// Ends with this process, and tells the keeper so.
    _alive: PipeWriter,
}

impl Leader {
    /// Starts the keeper. Without one a run is only less guarded, so a keeper that cannot be started is a warning.
    pub(crate) fn start(keeper: &Keeper) -> Option<Self> {
        let started = Self::try_start(keeper);
        let warn = |error: &io::Error| {
            tracing::warn!(%error, program = %keeper.program.display(), "no group keeper: if this process is killed with KILL, its child processes may live on");
        };
        started.inspect_err(warn).ok()
    }

    fn try_start(keeper: &Keeper) -> io::Result<Self> {
        let (theirs, alive) = io::pipe()?;
        let args = || keeper.args.iter().map(AsRef::as_ref);
        let plan = |report| Plan::new(&keeper.program, args(), [], "/".as_ref(), (Role::Keeper, 0), report);
        let stdin = theirs.try_clone()?;
        let streams =
            move || [stdin.try_clone().map_or_else(|_| Stdio::null(), Stdio::from), Stdio::null(), Stdio::null()];
        let started = start::patiently(Role::Keeper, plan, &streams)?;
        Ok(Self { process: started.process, _alive: alive })
    }

    /// The keeper itself.
    pub(crate) fn process(&self) -> &Child {
        &self.process
    }

    /// Collects a keeper whose group was killed.
    pub(crate) fn collect(mut self) {
        self.process.wait().ok();
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        // Only where the program could not be started: then there is nothing else in the group.
        if matches!(self.process.try_wait(), Ok(None)) {
            self.process.kill().ok();
            self.process.wait().ok();
        }
    }
}
