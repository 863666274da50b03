//! What can go wrong here; the errors of the parts pass through with their own code and help.

use std::io::ErrorKind;
use std::path::PathBuf;

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
    #[error("the folder `{}` is relative, and the current folder is not known", .path.display())]
    #[diagnostic(code(usage::relative_folder), help("name an absolute path"))]
    RelativeFolder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("`{}` is there already", .path.display())]
    #[diagnostic(code(usage::file_exists), help("name another file: `--config FILE`; nothing was written"))]
    FileExists { path: PathBuf },
    #[error("no model is named")]
    #[diagnostic(
        code(usage::no_model),
        help("name the model: --model /srv/model.gguf, or --model hf:OWNER/REPOSITORY/FILE.gguf")
    )]
    NoModel,
    #[error("`{model}` is not a model: {}", .invalid.reason())]
    #[diagnostic(code(usage::bad_model), help("{}", .invalid.advice()))]
    BadModel { model: String, invalid: cfg::Invalid },
    #[error("cannot write `{}`", .path.display())]
    #[diagnostic(code(file::not_written), help("name a file in a folder that this user may write to"))]
    CannotWrite {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("standard output cannot be written")]
    #[diagnostic(code(file::stdout), help("the disk is full, or what standard output leads to does not work"))]
    Output(#[source] std::io::Error),
    #[error("cannot read `{}`", .path.display())]
    #[diagnostic(code(usage::unreadable), help("name the file that holds what the engine printed for `--help`"))]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot read the log `{}`", .path.display())]
    #[diagnostic(code(usage::unreadable_log), help("name a file that this user may read, or `-` for standard input"))]
    UnreadableLog {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("there is no error code `{code}`")]
    #[diagnostic(code(usage::unknown_code), help("{help}"))]
    UnknownCode { code: String, help: String },
    #[error("`{}` printed no flags for `--help`", .binary.display())]
    #[diagnostic(code(usage::no_help), help("name a program whose `--help` prints its flags: {} --help", .binary.display()))]
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
    Store(#[from] engine_store::StoreError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] durable::DurableError),
}

impl Failure {
    /// Whether all that failed is that nobody reads standard output any more. That is not shown as an error.
    pub(crate) fn is_reader_gone(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == ErrorKind::BrokenPipe)
    }
}

/// What this crate's functions return.
pub(crate) type Result<T> = std::result::Result<T, Failure>;
