//! Making the engine's process: the one place of this crate that runs a program.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::libc;
use process_wrap::std::{ChildWrapper, CommandWrap, ProcessSession};
use rustix::process::{Resource, Rlimit, setrlimit};
use secrecy::ExposeSecret;

use crate::request::{INSTANCE_VAR, StartRequest};
use crate::{PoolDir, SpawnError};

/// A process of ours that has not been waited for.
pub(crate) type Child = Box<dyn ChildWrapper>;

/// Starts the program in a session of its own, in the pool's folder, with standard input closed, both outputs in `log`,
/// exactly the asked-for environment and the token, no other open file, and core dumps off. When this returns, the
/// program itself runs, not a copy of us.
pub(crate) fn spawn(request: &StartRequest, dir: &PoolDir, instance: &str, log: &File) -> Result<Child, SpawnError> {
    let mut tries = 0;
    loop {
        match prepare(request, dir, instance, log).and_then(|mut command| command.spawn()) {
            Ok(child) => return Ok(child),
            // Another thread forked while it still held the file open for writing; that child execs within moments.
            Err(error) if error.raw_os_error() == Some(libc::ETXTBSY) && tries < 20 => {
                tries += 1;
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(refusal(request, error)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that starts engines")]
fn prepare(request: &StartRequest, dir: &PoolDir, instance: &str, log: &File) -> io::Result<CommandWrap> {
    let mut command = Command::new(&request.program);
    command.args(&request.args).env_clear().envs(&request.env);
    command.envs(request.secret_env.iter().map(|(name, value)| (name, value.expose_secret())));
    command.env(INSTANCE_VAR, instance).current_dir(dir.path());
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    seal(&mut command);
    let mut command = CommandWrap::from(command);
    command.wrap(ProcessSession);
    Ok(command)
}

/// No core dump, which would hold secrets, and no open file of ours: what a library of the caller left open without
/// close-on-exec (a GPU device, a socket) must not live on in the engine.
#[expect(unsafe_code, reason = "`pre_exec` is unsafe; std has no other way to act between fork and exec")]
fn seal(command: &mut Command) {
    let in_child = || {
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
        // SAFETY: the system call takes three integers and changes flags of file descriptors only.
        let sealed = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
        if sealed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    // SAFETY: between fork and exec only two system calls are made; no memory is allocated and no lock taken (tests
    // `the_engine_gets_no_open_file_of_ours` and `core_dumps_are_off`).
    unsafe { command.pre_exec(in_child) };
}

/// What the system's refusal means, now that the program was inspected.
fn refusal(request: &StartRequest, source: io::Error) -> SpawnError {
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
