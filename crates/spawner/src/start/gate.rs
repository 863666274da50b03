//! The gate between `fork` and `exec`: a new process waits behind it until a record on disk owns it.
//!
//! The child says who it is and waits; the starter makes the record durable and lets it through. Should the starter
//! die first, the kernel ends the child with it, so that no engine ever runs that no record speaks of. What the child
//! does here happens in a copy of a threaded program: system calls only, no memory, no lock.

use std::io::{self, PipeReader, PipeWriter, Read, Write};

use nix::libc;
use rustix::io::Errno;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};

/// What the starter writes to let the child through; anything else turns it away.
const GO: u8 = b'g';

/// The starter's side.
#[derive(Debug)]
pub(crate) struct Gate {
    hello: PipeReader,
    go: PipeWriter,
}

/// The child's side; the keeper holds a copy, to speak for a child that never came to life.
#[derive(Debug)]
pub(crate) struct Threshold {
    hello: PipeWriter,
    go: PipeReader,
    starter: u32,
}

/// Makes a gate for one child of this process.
pub(crate) fn gate() -> io::Result<(Gate, Threshold)> {
    let (hello_in, hello_out) = io::pipe()?;
    let (go_in, go_out) = io::pipe()?;
    let threshold = Threshold { hello: hello_out, go: go_in, starter: std::process::id() };
    Ok((Gate { hello: hello_in, go: go_out }, threshold))
}

impl Gate {
    /// The child's number once it stands before the gate; nothing when there will be none.
    pub(crate) fn arrival(&mut self) -> io::Result<Option<i32>> {
        let mut number = [0; 4];
        self.hello.read_exact(&mut number)?;
        Ok(Some(i32::from_ne_bytes(number)).filter(|pid| *pid > 0))
    }

    /// Lets the child through.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        self.go.write_all(&[GO])
    }

    /// Turns the child away. Closing the gate is not enough: a child forked in the same moment may hold a copy.
    pub(crate) fn refuse(&mut self) {
        self.go.write_all(&[!GO]).ok();
    }
}

impl Threshold {
    /// A copy that can only say that no child will come.
    pub(crate) fn absence(&self) -> io::Result<Absence> {
        self.hello.try_clone().map(Absence)
    }

    /// Waits, in the child, to be let through. Where `tied`, the child's life stays bound to the thread that forked it.
    pub(crate) fn cross(&self, tied: bool) -> io::Result<()> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // It may have died before the line above.
        if getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs()) != Some(self.starter) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        let me = rustix::process::getpid().as_raw_nonzero().get();
        rustix::io::write(&self.hello, &me.to_ne_bytes())?;
        let mut answer = [0];
        loop {
            match rustix::io::read(&self.go, &mut answer) {
                Err(Errno::INTR) => {}
                Ok(1) if answer == [GO] => break,
                Ok(_) => return Err(io::Error::from_raw_os_error(libc::ECANCELED)),
                Err(errno) => return Err(errno.into()),
            }
        }
        if !tied {
            set_parent_process_death_signal(None)?;
        }
        Ok(())
    }
}

/// Speaks for a child that could not be made, or ended before it arrived.
#[derive(Debug)]
pub(crate) struct Absence(PipeWriter);

impl Absence {
    /// Tells the starter not to wait for an arrival. After one, nobody reads this.
    pub(crate) fn tell(mut self) {
        self.0.write_all(&0_i32.to_ne_bytes()).ok();
    }
}
