//! What can go wrong here; the errors of the parts pass through with their own code and help.

use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;
use provisioner_core::cfg;
use thiserror::Error;

/// Why a verb ended without success.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum Failure {
    /// The command line is wrong. Shown with `--json` only; for people clap prints its own text.
    #[error("{message}")]
    #[diagnostic(code(usage::command_line), help("{help}"))]
    CommandLine { message: String, help: String },
    #[error("no configuration is named")]
    #[diagnostic(code(usage::no_config), help("name the file that describes the pools: --config pools.toml"))]
    NoConfig,
    #[error("neither a configuration nor a pool is named")]
    #[diagnostic(code(usage::no_pool), help("name the pool: --pool ID, or --config FILE where the file has one pool"))]
    NoPool,
    #[error("`{0}` is not a pool id")]
    #[diagnostic(code(usage::bad_pool), help("{1}"))]
    BadPool(String, &'static str),
    #[error("there is no command `{verb}`")]
    #[diagnostic(code(usage::unknown_verb), help("there are {known}"))]
    UnknownVerb { verb: String, known: String },
    #[error("the folder `{}` is relative to a folder that cannot be told", .path.display())]
    #[diagnostic(code(usage::relative_folder), help("name it absolute"))]
    RelativeFolder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the engine ended before it answered: {how}{}", .tail)]
    #[diagnostic(code(engine::exited), help("{advice}"))]
    Exited { how: String, tail: String, advice: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ended(provisioner_core::Ended),
    #[error("the engine has not answered within {} s; it still runs{}", .after.as_secs(), .tail)]
    #[diagnostic(
        code(engine::not_ready),
        help("wait longer: `ensure --wait={}` looks again; `logs` shows what it does; `stop` ends it", .after.as_secs().saturating_mul(2).max(60))
    )]
    NotReady { after: Duration, tail: String },
    #[error("the engine was stopped or replaced by somebody else while it was waited for")]
    #[diagnostic(code(engine::gone), help("`status` shows what runs now"))]
    Gone,
    #[error("standard output cannot be written")]
    #[diagnostic(code(file::stdout), help("the reader of a pipe is gone, or the disk is full"))]
    Output(#[source] std::io::Error),
    #[error("cannot read `{}`", .path.display())]
    #[diagnostic(code(usage::unreadable), help("name the file that holds what the engine printed for `--help`"))]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("`{}` does not tell its flags", .binary.display())]
    #[diagnostic(code(usage::no_help), help("{} --help has to print them", .binary.display()))]
    NoHelp { binary: PathBuf },
    #[error("{} lists no flags", .path.display())]
    #[diagnostic(code(usage::no_flags), help("give a file with all that `--help` printed, or a server's README.md"))]
    NoFlags { path: PathBuf },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Exec(#[from] exec::ExecError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Flags(#[from] flags::FlagError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] cfg::ConfigError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Core(#[from] provisioner_core::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] llamacpp_build::BuildError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Spawn(#[from] spawner::SpawnError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] durable::DurableError),
}

/// What this crate's functions return.
pub(crate) type Result<T> = std::result::Result<T, Failure>;
