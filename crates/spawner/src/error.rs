//! Why an engine could not be started, looked at or stopped.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use durable::DurableError;
use exec::Exit;
use miette::Diagnostic;
use thiserror::Error;

/// A start, stop or look that failed. No variant holds the value of a secret; log lines in it are masked.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum SpawnError {
    /// A name that could leave the run folder, or be mistaken for something else.
    #[error("`{name}` is not a pool name: it {why}")]
    #[diagnostic(
        code(spawner::bad_pool_name),
        help("use 1 to 64 of a-z, 0-9, `-` and `_`, beginning with a letter or a digit")
    )]
    BadPoolName {
        /// The name, with control characters escaped.
        name: String,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// A file of the pool could not be kept, read or locked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] DurableError),
    /// The system refused an operation on a file.
    #[error("could not {action} `{}`", path.display())]
    #[diagnostic(
        code(spawner::io),
        help("check that the file system has space (`df -h`, `df -i`) and that you may write there (`ls -ld`)")
    )]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A request that no system could carry out.
    #[error("the engine cannot be started as asked: {why}")]
    #[diagnostic(code(spawner::bad_request), help("correct the pool's program, arguments or environment"))]
    BadRequest {
        /// What is wrong with it; never a value of the environment.
        why: String,
    },
    /// No such program.
    #[error("`{}` does not exist", program.display())]
    #[diagnostic(
        code(spawner::program_missing),
        help("check the path; an engine from the cache can be built again with `engine-provisioner prepare`")
    )]
    ProgramMissing {
        /// What was to be started.
        program: PathBuf,
    },
    /// The file is there and may not be executed.
    #[error("`{}` cannot be executed: {why}", program.display())]
    #[diagnostic(code(spawner::not_executable), help("`ls -l {0}` shows its mode and `findmnt -T {0}` whether its file system is mounted `noexec`", program.display()))]
    NotExecutable {
        /// What was to be started.
        program: PathBuf,
        /// What is in the way.
        why: String,
    },
    /// Neither an ELF file for this machine nor a script.
    #[error("`{}` is not a program for this machine: {what}", program.display())]
    #[diagnostic(
        code(spawner::wrong_format),
        help("`file {0}` says what it is; it is never handed to a shell instead", program.display())
    )]
    WrongFormat {
        /// What was to be started.
        program: PathBuf,
        /// What it is.
        what: String,
    },
    /// The program is there, and what the system needs to run it is not.
    #[error("`{}` cannot be run without {interpreter}, which does not exist", program.display())]
    #[diagnostic(
        code(spawner::interpreter_missing),
        help("install it; `head -1 {0}` shows a script's interpreter, `readelf -l {0}` an ELF file's", program.display())
    )]
    InterpreterMissing {
        /// What was to be started.
        program: PathBuf,
        /// What is missing.
        interpreter: String,
    },
    /// A limit of the system keeps the process from being made.
    #[error("could not start `{}`: {limit} is reached", program.display())]
    #[diagnostic(code(spawner::limit), help("{}", limit.remedy()))]
    Limit {
        /// What was to be started.
        program: PathBuf,
        /// Which limit.
        limit: exec::Limit,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The process could not be made.
    #[error("could not start `{}`", program.display())]
    #[diagnostic(
        code(spawner::spawn),
        help(
            "the line below says what the system refused; seccomp and security modules are the usual reasons; Linux 5.11 or newer is needed"
        )
    )]
    Spawn {
        /// What was to be started.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something else than a log of ours stands at the log's path.
    #[error("the log `{}` is {why}", path.display())]
    #[diagnostic(
        code(spawner::unsafe_log),
        help("writing there could change a file that is not the engine's log; look at it with `ls -l` and remove it")
    )]
    UnsafeLog {
        /// The log's path.
        path: PathBuf,
        /// What stands there.
        why: String,
    },
    /// The pool has a living engine.
    #[error("pool `{pool}` already has an engine: process {pid} on {host}:{port}")]
    #[diagnostic(code(spawner::already_running), help("use that engine, or end it first: `engine-provisioner stop`"))]
    AlreadyRunning {
        /// The pool.
        pool: String,
        /// The engine's process.
        pid: i32,
        /// Where it was told to listen.
        host: String,
        /// On which port.
        port: u16,
    },
    /// The record was written in another PID namespace: whether its engine lives cannot be seen from here.
    #[error("pool `{pool}` has an engine that cannot be seen from here: {why}")]
    #[diagnostic(
        code(spawner::other_pid_namespace),
        help(
            "start and stop this pool where its engine was started; if that container is gone for good, delete the pool's `record.json`"
        )
    )]
    OtherPidNamespace {
        /// The pool.
        pool: String,
        /// What differs.
        why: String,
    },
    /// The record cannot be understood, so nothing can be proven about a process.
    #[error("the record `{}` cannot be used: {why}", path.display())]
    #[diagnostic(
        code(spawner::record_unreadable),
        help(
            "nothing was signalled; look for the engine yourself (`ps -e -o pid,lstart,args`), end it, then delete the record"
        )
    )]
    RecordUnreadable {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The engine ended while `start` watched it.
    #[error("`{}` ended with {exit} {} ms after its start{}{}", program.display(), after.as_millis(), if *left_behind { ", leaving processes behind that were then ended" } else { "" }, lines(log))]
    #[diagnostic(
        code(spawner::exited_early),
        help(
            "its last lines usually say why; exit status 127 is a missing program or shared library (`ldd`), and an engine that puts itself into the background is not supported"
        )
    )]
    ExitedEarly {
        /// What was started.
        program: PathBuf,
        /// How it ended.
        exit: Exit,
        /// How long it ran.
        after: Duration,
        /// Whether it left processes behind; they were ended.
        left_behind: bool,
        /// The last lines it wrote, without control characters and with every secret masked.
        log: String,
    },
    /// The system does not let us signal a process that is ours by every proof.
    #[error("process {pid} may not be signalled by this user")]
    #[diagnostic(
        code(spawner::not_permitted),
        help("it still runs; stop it as the user that started it: `ps -o user,args -p {pid}`")
    )]
    NotPermitted {
        /// The process.
        pid: i32,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Processes that did not end after SIGKILL.
    #[error("these processes did not end within {} s after SIGKILL: {}", waited.as_secs(), list(pids))]
    #[diagnostic(
        code(spawner::survivors),
        help(
            "a process in state D waits for a device or file system: `ps -o pid,stat,wchan,args -p PID`; stop again later"
        )
    )]
    Survivors {
        /// Which processes.
        pids: Vec<i32>,
        /// How long was waited for them.
        waited: Duration,
    },
    /// The proc file system could not be read, or shows other processes than ours.
    #[error("could not read {what} from `/proc`")]
    #[diagnostic(
        code(spawner::proc),
        help("`/proc` must be mounted, and be the one of this PID namespace: `ls -l /proc/self; echo $$`")
    )]
    Proc {
        /// What was looked for.
        what: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A system call on processes failed.
    #[error("`{call}` failed")]
    #[diagnostic(
        code(spawner::system_call),
        help("the limit on open files (`ulimit -n`) is the usual reason; Linux 5.11 or newer is needed")
    )]
    System {
        /// Which one.
        call: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The caller cancelled what was waited for.
    #[error("{what} was cancelled")]
    #[diagnostic(
        code(spawner::cancelled),
        help("nothing was changed by it; run the command again when you want it done")
    )]
    Cancelled {
        /// What was broken off.
        what: String,
    },
    /// Two failures: the one that counts is the source, the other happened while its traces were removed.
    #[error("a start failed, and so did cleaning up after it: {cleanup}")]
    #[diagnostic(
        code(spawner::cleanup),
        help(
            "{}a process of that start may still run, owned by the pool's record: `engine-provisioner stop`",
            advice(first)
        )
    )]
    Cleanup {
        /// Why the start failed.
        #[source]
        first: Box<Self>,
        /// Why cleaning up failed.
        cleanup: Box<Self>,
    },
}

impl SpawnError {
    /// Why a program that is there was not started, from what the system said.
    pub(crate) fn not_started(program: PathBuf, source: io::Error) -> Self {
        match exec::Limit::of(&source) {
            Some(limit) => Self::Limit { program, limit, source },
            None => Self::Spawn { program, source },
        }
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn system(call: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::System { call, source: errno.into() }
    }

    pub(crate) fn proc(what: impl Into<String>) -> impl FnOnce(procfs::ProcError) -> Self {
        let what = what.into();
        move |error| {
            let source = match error {
                procfs::ProcError::Io(source, _) => source,
                procfs::ProcError::NotFound(_) => io::ErrorKind::NotFound.into(),
                procfs::ProcError::PermissionDenied(_) => io::ErrorKind::PermissionDenied.into(),
                other => io::Error::other(other.to_string()),
            };
            Self::Proc { what, source }
        }
    }

    /// Itself, with the failure to clean up after it where there was one.
    pub(crate) fn after(self, cleanup: Result<(), Self>) -> Self {
        match cleanup {
            Ok(()) => self,
            Err(cleanup) => Self::Cleanup { first: Box::new(self), cleanup: Box::new(cleanup) },
        }
    }
}

fn lines(log: &str) -> String {
    if log.is_empty() { "; it wrote nothing".to_owned() } else { format!("; its last lines:\n{log}") }
}

/// The advice of the first failure, to stand before that of the second.
fn advice(first: &SpawnError) -> String {
    first.help().map_or_else(String::new, |help| format!("{help}; "))
}

fn list(pids: &[i32]) -> String {
    pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
