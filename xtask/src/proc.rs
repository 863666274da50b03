//! Running programs: captured, through `exec`, or with the terminal of the person who called us.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use exec::{CommandSpec, Env, Output, Stream};

use crate::failure::{Failure, Result};

/// The repository; `/` where this program was carried to another machine.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().filter(|root| root.is_dir()).unwrap_or(Path::new("/"))
}

/// The absolute path of a program that must be there.
pub(crate) fn find(env: &Env, program: &str) -> Result<PathBuf> {
    env.find(program).ok_or_else(|| Failure::missing(format!("`{program}` is not on PATH")))
}

/// The cargo that runs us.
pub(crate) fn cargo(env: &Env) -> Result<PathBuf> {
    match env.get("CARGO") {
        Some(cargo) => Ok(cargo.into()),
        None => find(env, "cargo"),
    }
}

/// A command of the developer's own tools, which may see the developer's whole environment.
pub(crate) fn command(env: &Env, program: PathBuf, deadline: Duration) -> CommandSpec {
    env.iter().fold(CommandSpec::new(program, deadline).cwd(root()), |spec, (name, value)| spec.env(name, value))
}

/// A tool that works in a folder: its name, then its arguments.
pub(crate) fn tool(env: &Env, words: &[&str], folder: &Path) -> Result<CommandSpec> {
    let (program, args) = words.split_first().ok_or_else(|| Failure::new("no program to run"))?;
    let spec = command(env, find(env, program)?, Duration::from_mins(15));
    Ok(spec.args(args.iter().copied()).cwd(folder))
}

/// Runs to the end, whatever the status; each line is shown as it comes and handed to `seen`.
pub(crate) fn lines(spec: &CommandSpec, seen: &mut dyn FnMut(Stream, &str)) -> Result<Output> {
    Ok(exec::run_lines(spec, &mut |stream, line| {
        match stream {
            Stream::Stdout => println!("{line}"),
            Stream::Stderr => eprintln!("{line}"),
        }
        seen(stream, line);
    })?)
}

/// Runs to the end; a status other than 0 is a failure.
pub(crate) fn capture(spec: &CommandSpec) -> Result<Output> {
    Ok(exec::run(spec)?.require_success(spec)?)
}

/// Runs with our output and our environment, so that bars and colours show. Standard input is closed.
#[expect(clippy::disallowed_methods, reason = "`exec` captures; here the child must see the terminal")]
pub(crate) fn with_terminal<S: AsRef<OsStr>>(program: &Path, args: &[S], env: &[(&str, &OsStr)]) -> Result<()> {
    let mut command = Command::new(program);
    command.args(args).envs(env.iter().copied()).current_dir(root()).stdin(Stdio::null());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Failure::from(error).while_doing(format!("starting `{name}`")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{name}` ended with {status}"))) }
}
