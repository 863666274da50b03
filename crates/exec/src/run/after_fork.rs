//! What a child does between its fork and its program: system calls only, for it may hold no lock and no memory of ours.
//!
//! Everything that can fail here is done here, and not by [`std::process::Command`]: where this process ignores SIGCHLD,
//! or another thread of it collects every child, `Command::spawn` panics when the child fails before its program runs
//! (it asserts that it can collect that child).
//!
//! Signals: the child starts with every signal at its default and none blocked, whatever this process ignores or
//! blocks. An ignored TERM would make a program that cannot be ended, an ignored CHLD one that cannot wait.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use nix::libc;

use super::report::Report;
use crate::Exit;

/// What the child is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The program. It gets TERM when the thread that started it ends.
    Program,
    /// A process that starts the program, reports how it ended, and then holds the process group until it is killed: for
    /// a process that ignores SIGCHLD, to which the kernel gives no status. It is killed when the thread that started it
    /// ends; then the program gets TERM.
    Reporter,
    /// The program, with all signals blocked, so that only KILL ends it; nothing happens to it when its starter ends.
    Keeper,
}

/// All that a child needs, made before the fork.
pub(crate) struct Plan {
    program: CString,
    args: Strings,
    env: Strings,
    cwd: CString,
    /// The group to join, or 0 for a group of its own.
    group: libc::pid_t,
    role: Role,
    parent: libc::pid_t,
    /// Where the child reports; closed by the exec.
    report: RawFd,
}

/// Strings as `execve` takes them.
struct Strings {
    /// Keeps what `pointers` point to.
    _owned: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

// SAFETY: the pointers lead to memory that the value itself owns and that nothing changes (test `arguments_arrive`).
#[expect(unsafe_code, reason = "a list of pointers for `execve`")]
unsafe impl Send for Strings {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "a list of pointers for `execve`")]
unsafe impl Sync for Strings {}

impl Strings {
    fn new(strings: impl IntoIterator<Item = Vec<u8>>) -> io::Result<Self> {
        let owned = strings.into_iter().map(CString::new).collect::<Result<Vec<_>, _>>()?;
        let pointers = owned.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect();
        Ok(Self { _owned: owned, pointers })
    }
}

impl Plan {
    /// A plan for the child of this process. Fails where a string holds a NUL byte.
    pub(crate) fn new<'a>(
        program: &Path,
        args: impl IntoIterator<Item = &'a OsStr>,
        env: impl IntoIterator<Item = (&'a OsStr, &'a OsStr)>,
        cwd: &Path,
        (role, group): (Role, libc::pid_t),
        report: RawFd,
    ) -> io::Result<Self> {
        let program = program.as_os_str().as_bytes();
        let args = args.into_iter().map(|arg| arg.as_bytes().to_vec());
        let env = env.into_iter().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
        Ok(Self {
            program: CString::new(program)?,
            args: Strings::new([program.to_vec()].into_iter().chain(args))?,
            env: Strings::new(env)?,
            cwd: CString::new(cwd.as_os_str().as_bytes())?,
            group,
            role,
            parent: nix::unistd::getpid().as_raw(),
            report,
        })
    }

    /// Becomes the program, or reports why not and exits.
    #[expect(unsafe_code, reason = "system calls of a forked child")]
    pub(crate) fn execute(&self) -> ! {
        let report = Report::NotStarted(self.try_execute()).to_bytes();
        // SAFETY: `report` outlives the call; `_exit` runs no destructor of the parent's.
        unsafe {
            libc::write(self.report, report.as_ptr().cast(), report.len());
            libc::_exit(127)
        }
    }

    /// The system's error number; returns only on failure.
    #[expect(unsafe_code, reason = "system calls of a forked child")]
    fn try_execute(&self) -> i32 {
        // SAFETY: plain system calls. All pointers lead to strings and lists that `self` owns, ended by NUL and null.
        unsafe {
            if libc::setpgid(0, self.group) != 0 {
                return errno();
            }
            default_signals();
            // What a library of the host opened without close-on-exec is not for the program. Kernels before 5.11
            // cannot, and then it is as it was.
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
            block_signals(self.role != Role::Program);
            let error = match self.role {
                Role::Keeper => 0,
                Role::Program => end_with(self.parent, libc::SIGTERM),
                Role::Reporter => match end_with(self.parent, libc::SIGKILL) {
                    0 => self.divide(),
                    error => error,
                },
            };
            if error != 0 {
                return error;
            }
            if libc::chdir(self.cwd.as_ptr()) != 0 {
                return errno();
            }
            libc::execve(self.program.as_ptr(), self.args.pointers.as_ptr(), self.env.pointers.as_ptr());
            errno()
        }
    }

    /// Returns 0 in a child that is to become the program; this process stays and reports that child's end.
    #[expect(unsafe_code, reason = "system calls of a forked child")]
    fn divide(&self) -> i32 {
        // SAFETY: the bare system call, as `fork` of the C library takes locks that another thread of the host may have
        // held when this process was forked. Both processes make system calls only.
        unsafe {
            let me = libc::getpid();
            match libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) {
                -1 => errno(),
                0 => {
                    block_signals(false);
                    end_with(me, libc::SIGTERM)
                }
                child => self.report_end_of(child),
            }
        }
    }

    /// Waits for the child, reports, and holds the group until this process is killed.
    #[expect(unsafe_code, reason = "system calls of a forked child")]
    fn report_end_of(&self, child: libc::c_long) -> ! {
        /// Where the report's pipe is moved to, so that all others can be closed.
        const PIPE: RawFd = 3;
        let child = libc::pid_t::try_from(child).unwrap_or(-1);
        // SAFETY: plain system calls; `status` and `report` outlive them. No descriptor that is closed is used again:
        // this function never returns. Held pipes would keep the readers of the program's output waiting.
        unsafe {
            if self.report != PIPE {
                libc::dup2(self.report, PIPE);
            }
            libc::syscall(libc::SYS_close_range, 0, 2, 0);
            libc::syscall(libc::SYS_close_range, PIPE + 1, libc::c_uint::MAX, 0);
            let mut status = 0;
            let mut waited = libc::waitpid(child, &raw mut status, 0);
            while waited == -1 && errno() == libc::EINTR {
                waited = libc::waitpid(child, &raw mut status, 0);
            }
            let exit = if waited != child {
                Exit::Unknown
            } else if libc::WIFEXITED(status) {
                Exit::Code(libc::WEXITSTATUS(status))
            } else {
                Exit::Signal(libc::WTERMSIG(status))
            };
            let report = Report::Ended(exit).to_bytes();
            libc::write(PIPE, report.as_ptr().cast(), report.len());
            loop {
                libc::pause();
            }
        }
    }
}

fn errno() -> i32 {
    nix::errno::Errno::last_raw()
}

/// The calling process gets `signal` when the thread that forked it ends. An error where that has happened already.
#[expect(unsafe_code, reason = "system calls of a forked child")]
fn end_with(parent: libc::pid_t, signal: libc::c_int) -> i32 {
    // SAFETY: two system calls that take integers.
    unsafe {
        if libc::prctl(libc::PR_SET_PDEATHSIG, signal) != 0 {
            return errno();
        }
        // Where the parent died before, nothing will send the signal.
        if libc::getppid() == parent { 0 } else { libc::EINTR }
    }
}

/// Sets every signal to its default. The kernel's own call: the C library's refuses two signals.
#[expect(unsafe_code, reason = "system calls of a forked child")]
fn default_signals() {
    // `struct sigaction` of the kernel, at most four words: `SIG_DFL`, no flags, no restorer, an empty mask of 8 bytes.
    let default = [0_u64; 4];
    for signal in 1..=64 {
        // SAFETY: reads those words only; KILL and STOP are refused.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), ptr::null::<u64>(), 8_usize) };
    }
}

/// Blocks all signals, or none.
#[expect(unsafe_code, reason = "system calls of a forked child")]
fn block_signals(all: bool) {
    let mask = if all { u64::MAX } else { 0 };
    // SAFETY: reads the 8 bytes of the kernel's signal set.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, ptr::null::<u64>(), 8_usize);
    }
}
