//! Starting a child: standard streams, the plan of what it does after the fork, and why it could not start.

use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::libc;

use super::after_fork::{Plan, Role};
use super::report::{self, Report};
use crate::{CommandSpec, ExecError};

/// How often the start is tried of a program that another process has open for writing.
const TRIES: u32 = 20;

/// The longest input of a program, in bytes: every pipe takes so much at once.
const LONGEST_INPUT: usize = 4 << 10;

/// A child whose program was executed, and where it reports.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) process: Child,
    pub(crate) role: Role,
    pub(crate) reports: PipeReader,
    /// The report that was there already: of a program that has ended within moments.
    pub(crate) first: Option<Report>,
}

/// Starts the command's program in the process group `group`, or in one of its own for 0.
pub(crate) fn program(spec: &CommandSpec, group: libc::pid_t) -> Result<Started, ExecError> {
    if is_foreign(&spec.program) {
        let source = io::Error::from_raw_os_error(libc::ENOEXEC);
        return Err(ExecError::NotExecutable { program: spec.program.clone(), source });
    }
    let role = if ignores_children() { Role::Reporter } else { Role::Program };
    let plan = |report| {
        let (args, env) = (spec.args.iter().map(AsRef::as_ref), spec.env.iter().map(|(n, v)| (n.as_ref(), v.as_ref())));
        let cwd = spec.cwd.as_deref().unwrap_or("/".as_ref());
        Plan::new(&spec.program, args, env, cwd, (role, group), report)
    };
    if spec.stdin.as_ref().is_some_and(|text| text.len() > LONGEST_INPUT) {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "its input is longer than 4 KiB");
        return Err(ExecError::not_started(spec, error));
    }
    patiently(role, plan, &|| [input(spec), Stdio::piped(), Stdio::piped()])
        .map_err(|error| ExecError::not_started(spec, error))
}

/// What the program reads. A pipe takes this much without a reader, so that the write does not wait for the program.
fn input(spec: &CommandSpec) -> Stdio {
    let filled = |text: &String| {
        let (reader, mut writer) = io::pipe()?;
        writer.write_all(text.as_bytes())?;
        io::Result::Ok(reader.into())
    };
    spec.stdin.as_ref().map(filled).and_then(Result::ok).unwrap_or_else(Stdio::null)
}

/// Starts a child. Another thread of this process may have forked while it held the program open for writing; that child
/// executes its program within moments, so the start is tried again.
pub(crate) fn patiently(
    role: Role,
    plan: impl Fn(i32) -> io::Result<Plan>,
    streams: &dyn Fn() -> [Stdio; 3],
) -> io::Result<Started> {
    for _ in 1..TRIES {
        match once(role, &plan, streams()) {
            Err(error) if error.raw_os_error() == Some(libc::ETXTBSY) => thread::sleep(Duration::from_millis(5)),
            result => return result,
        }
    }
    once(role, &plan, streams())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
#[expect(unsafe_code, reason = "`pre_exec` is unsafe; std has no other way to act between fork and exec")]
fn once(role: Role, plan: impl Fn(i32) -> io::Result<Plan>, streams: [Stdio; 3]) -> io::Result<Started> {
    let (reports, writer) = io::pipe()?;
    // Out of the way of the standard streams, which a host program may have closed.
    let writer = rustix::io::fcntl_dupfd_cloexec(&writer, 3)?;
    let plan = plan(writer.as_raw_fd())?;
    // The plan names the program; nothing of this but the streams is used.
    let mut command = Command::new("/");
    let [stdin, stdout, stderr] = streams;
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    // SAFETY: `execute` makes system calls only; no memory is allocated and no lock taken (tests in `it/`).
    unsafe { command.pre_exec(move || plan.execute()) };
    let mut process = command.spawn()?;
    drop(writer);
    // The spawn returns once the child has executed its program or exited; a report was written before that.
    match report::read(&reports) {
        Some(Report::NotStarted(errno)) => {
            if role == Role::Reporter {
                process.kill().ok();
            }
            process.wait().ok();
            Err(io::Error::from_raw_os_error(errno))
        }
        first => Ok(Started { process, role, reports, first }),
    }
}

/// Whether the kernel would not know the file, so that it could only be a script without an interpreter: it is neither ELF
/// nor begins with `#!`. A file that cannot be read is left to the kernel.
fn is_foreign(program: &Path) -> bool {
    let mut head = Vec::new();
    let plain = std::fs::metadata(program).is_ok_and(|meta| meta.is_file());
    let read = plain && File::open(program).and_then(|file| file.take(4).read_to_end(&mut head)).is_ok();
    read && !head.starts_with(b"\x7fELF") && !head.starts_with(b"#!")
}

/// Whether the kernel discards the statuses of this process's children.
#[expect(unsafe_code, reason = "`sigaction` reads the present disposition; nix can only replace it")]
fn ignores_children() -> bool {
    // SAFETY: an all-zero `sigaction` is a value of it, and the call only writes to it.
    let (failed, action) = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(libc::SIGCHLD, std::ptr::null(), &raw mut action), action)
    };
    failed == 0 && (action.sa_sigaction == libc::SIG_IGN || action.sa_flags & libc::SA_NOCLDWAIT != 0)
}
