//! Making the engine's process: the one place of this crate that runs a program.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::libc;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, setsid, umask};
use secrecy::ExposeSecret;

use crate::gate::Threshold;
use crate::request::{INSTANCE_VAR, Lifetime, StartRequest};
use crate::tender::{TENDER_VAR, Tender};
use crate::{PoolDir, SpawnError};

/// The command that becomes the engine: in a session of its own, in the pool's folder, with standard input closed, both
/// outputs in `log`, exactly the asked-for environment and the token, no other open file, no signal ignored, files
/// private, and core dumps off. Its process waits at `threshold` before it runs the program.
#[expect(clippy::disallowed_methods, reason = "the one place that starts engines")]
pub(crate) fn command(
    request: &StartRequest,
    dir: &PoolDir,
    instance: &str,
    log: &File,
    threshold: Threshold,
) -> io::Result<Command> {
    let mut command = Command::new(&request.program);
    command.args(&request.args).env_clear().envs(&request.env);
    command.envs(request.secret_env.iter().map(|(name, value)| (name, value.expose_secret())));
    command.env(INSTANCE_VAR, instance).current_dir(dir.path());
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    let tied = request.lifetime == Lifetime::Tied;
    in_child(&mut command, move || isolate().and_then(|()| threshold.cross(tied)));
    Ok(command)
}

/// The command that becomes the tender of the engine that `engine` is a pidfd of: apart from everything, as an engine is,
/// and in no folder that somebody may want to remove.
#[expect(clippy::disallowed_methods, reason = "the one place that starts engines and their tenders")]
pub(crate) fn tender_command(tender: &Tender, dir: &PoolDir, limit: u64, instance: &str, engine: OwnedFd) -> Command {
    let mut command = Command::new(&tender.program);
    command.args(&tender.args).arg(dir.path()).arg(limit.to_string());
    command.env_clear().env(TENDER_VAR, instance).current_dir("/");
    command.stdin(engine).stdout(Stdio::null()).stderr(Stdio::null());
    in_child(&mut command, isolate);
    command
}

#[expect(unsafe_code, reason = "`pre_exec` is unsafe; std has no other way to act between fork and exec")]
fn in_child(command: &mut Command, act: impl Fn() -> io::Result<()> + Send + Sync + 'static) {
    // SAFETY: between fork and exec only system calls are made; no memory is allocated and no lock taken (tests in
    // `isolation`, `engines` and `sweep`).
    unsafe { command.pre_exec(act) };
}

/// Nothing of its starter's session, files, signals, permissions or limits is left to it.
fn isolate() -> io::Result<()> {
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

/// An ignored signal stays ignored over an exec: a caller under `nohup`, or one that ignores SIGCHLD or SIGTERM, would
/// make an engine that cannot be stopped or cannot wait for its own children.
#[expect(unsafe_code, reason = "rustix has no `sigaction`, and the C library's leaves out two signals")]
fn default_signals() {
    // The kernel's `struct sigaction`, at most four words: `SIG_DFL`, no flags, no restorer, an empty mask of 8 bytes.
    let default = [0_u64; 4];
    for signal in 1..=64 {
        // SAFETY: reads those words only; SIGKILL and SIGSTOP are refused, as they should be.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), std::ptr::null::<u64>(), 8_usize) };
    }
}

/// What the system's refusal means, now that the program was inspected.
pub(crate) fn refusal(request: &StartRequest, source: io::Error) -> SpawnError {
    let program = request.program.clone();
    match source.raw_os_error() {
        Some(libc::ENOENT) => SpawnError::InterpreterMissing {
            program,
            interpreter: "the loader or interpreter that it names".to_owned(),
        },
        Some(libc::EACCES) => SpawnError::NotExecutable { program, why: source.to_string() },
        Some(libc::ENOEXEC) => SpawnError::WrongFormat { program, what: source.to_string() },
        _ => SpawnError::Spawn { program, source },
    }
}
