//! Why a program did not do what it was asked.

use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;
use thiserror::Error;

use crate::{CommandSpec, Exit, Limit, Output};

/// How many lines of stderr an error keeps.
const TAIL: usize = 20;

/// A program that could not be started, failed, or had to be ended. Command lines and output in it are redacted.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum ExecError {
    /// No such file.
    #[error("`{}` does not exist", program.display())]
    #[diagnostic(code(exec::not_found), help("check the path, or install the program"))]
    NotFound {
        /// What was to be run.
        program: PathBuf,
    },
    /// The file is there but may not be executed, or its interpreter or loader is missing.
    #[error("`{}` cannot be executed", program.display())]
    #[diagnostic(code(exec::not_executable), help("`ls -l {}` shows its mode; a file system mounted `noexec` or a missing interpreter has the same effect", program.display()))]
    NotExecutable {
        /// What was to be run.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A limit of the system keeps the process from being made.
    #[error("could not start `{name}`: {limit} is reached")]
    #[diagnostic(code(exec::limit), help("{}", limit.remedy()))]
    Limit {
        /// The program's file name.
        name: String,
        /// Which one.
        limit: Limit,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Any other reason why the process could not be made.
    #[error("could not start `{command}`")]
    #[diagnostic(
        code(exec::spawn),
        help("the line below says what the system refused; seccomp and security modules are the usual reasons")
    )]
    Spawn {
        /// The command line.
        command: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It ended with a status other than 0.
    #[error("`{name}` ended with {exit}{}", tail(stderr))]
    #[diagnostic(code(exec::failed), help("to see it fail yourself, run: {command}"))]
    Failed {
        /// The program's file name.
        name: String,
        /// The command line.
        command: String,
        /// How it ended.
        exit: Exit,
        /// The end of standard error.
        stderr: String,
    },
    /// It was still running at its deadline.
    #[error("`{name}` was still running after {} s and was ended", after.as_secs())]
    #[diagnostic(code(exec::timed_out), help("to see where it hangs, run: {command}"))]
    TimedOut {
        /// The program's file name.
        name: String,
        /// The command line.
        command: String,
        /// The deadline.
        after: Duration,
    },
    /// It printed nothing for too long.
    #[error("`{name}` printed nothing for {} s and was ended", after.as_secs())]
    #[diagnostic(code(exec::silent), help("to see where it hangs, run: {command}"))]
    Silent {
        /// The program's file name.
        name: String,
        /// The command line.
        command: String,
        /// The longest silence allowed.
        after: Duration,
    },
    /// It added nothing to the folder that it fills for too long.
    #[error("`{name}` received nothing for {} s and was ended", after.as_secs())]
    #[diagnostic(code(exec::stalled), help("to see where it hangs, run: {command}"))]
    Stalled {
        /// The program's file name.
        name: String,
        /// The command line.
        command: String,
        /// The longest time without progress allowed.
        after: Duration,
    },
    /// The caller cancelled the run; its process group was ended.
    #[error("`{name}` was cancelled")]
    #[diagnostic(code(exec::cancelled), help("run the same command again to continue"))]
    Cancelled {
        /// The program's file name.
        name: String,
        /// The command line.
        command: String,
    },
    /// The entry point of a group keeper was called by something other than `exec::run`.
    #[error("this process is not the keeper of a process group: {why}")]
    #[diagnostic(code(exec::not_a_keeper), help("it is started by the program itself and is of no use elsewhere"))]
    NotAKeeper {
        /// What is missing.
        why: String,
    },
}

impl ExecError {
    pub(crate) fn failed(spec: &CommandSpec, output: &Output) -> Self {
        let redactor = spec.redactor();
        Self::Failed {
            name: spec.name(),
            command: spec.display(&redactor),
            exit: output.exit,
            stderr: redactor.text(&output.stderr_tail(TAIL)).into_owned(),
        }
    }

    /// Why a command could not be started, from what the system said.
    pub fn not_started(spec: &CommandSpec, source: std::io::Error) -> Self {
        let program = spec.program.clone();
        if let Some(limit) = Limit::of(&source) {
            return Self::Limit { name: spec.name(), limit, source };
        }
        match source.kind() {
            std::io::ErrorKind::NotFound if !program.exists() => Self::NotFound { program },
            // NotFound for a file that exists: the interpreter of a script, or the loader, is missing.
            std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied => {
                Self::NotExecutable { program, source }
            }
            _ if source.raw_os_error() == Some(nix::libc::ENOEXEC) => Self::NotExecutable { program, source },
            _ => Self::Spawn { command: spec.display(&spec.redactor()), source },
        }
    }
}

fn tail(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(":\n{stderr}") }
}
