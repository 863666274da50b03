//! What a new process does between `fork` and `exec` so that nothing of its starter is left to it.
//!
//! It runs in a copy of a threaded program: system calls only, no memory, no lock.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, setsid, umask};

/// Has `act` run in the child before its program.
#[expect(unsafe_code, reason = "`pre_exec` is unsafe; std has no other way to act between fork and exec")]
pub(crate) fn in_child(command: &mut Command, act: impl Fn() -> io::Result<()> + Send + Sync + 'static) {
    // SAFETY: between fork and exec only system calls are made; no memory is allocated and no lock taken (tests in
    // `isolation`, `engines` and `sweep`).
    unsafe { command.pre_exec(act) };
}

/// Nothing of its starter's session, files, signals, permissions or limits is left to it.
pub(crate) fn isolate() -> io::Result<()> {
    setsid()?;
    umask(Mode::RWXG | Mode::RWXO);
    // A core dump would hold secrets.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    default_signals();
    close_on_exec()
}

/// What a library of the caller left open without close-on-exec (a GPU device, a socket) must not live on in the
/// engine.
#[expect(unsafe_code, reason = "rustix has no `close_range`")]
fn close_on_exec() -> io::Result<()> {
    // SAFETY: the system call takes three integers and changes flags of file descriptors only.
    let sealed = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if sealed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// An ignored or blocked signal stays so over an exec: a caller under `nohup`, one that ignores SIGCHLD, or one that
/// blocks SIGTERM in all its threads to take it by `sigwait`, would make an engine that cannot be stopped or cannot wait
/// for its own children.
#[expect(unsafe_code, reason = "rustix has no `sigaction`, and the C library's leaves out two signals")]
fn default_signals() {
    // The kernel's `struct sigaction`, at most four words: `SIG_DFL`, no flags, no restorer, an empty mask of 8 bytes.
    let default = [0_u64; 4];
    for signal in 1..=64 {
        // SAFETY: reads those words only; SIGKILL and SIGSTOP are refused, as they should be.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), std::ptr::null::<u64>(), 8_usize) };
    }
    let none = 0_u64;
    // SAFETY: reads the 8 bytes of the kernel's signal set.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const none, std::ptr::null::<u64>(), 8_usize);
    }
}
