//! Making the engine's process.

use std::fs::File;
use std::io;
use std::process::{Command, Stdio};

use nix::libc;
use secrecy::ExposeSecret;

use crate::process::isolate::{in_child, isolate};
use crate::process::marks::INSTANCE_VAR;
use crate::start::gate::Threshold;
use crate::start::request::{Lifetime, StartRequest};
use crate::{PoolDir, SpawnError};

/// The command that becomes the engine: in a session of its own, in the pool's folder, with standard input closed, both
/// outputs in `log`, exactly the asked-for environment with the token and the pool's identity, no other open file, no signal ignored, files
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
    command.envs(dir.identity().variables()).env(INSTANCE_VAR, instance).current_dir(dir.path());
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    let tied = request.lifetime == Lifetime::Tied;
    in_child(&mut command, move || isolate().and_then(|()| threshold.cross(tied)));
    Ok(command)
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
        _ => SpawnError::not_started(program, source),
    }
}
