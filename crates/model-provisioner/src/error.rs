//! Why a model is not there, or not what it should be.

mod fetch;
mod files;
mod hub;

use std::path::PathBuf;

use durable::DurableError;
use exec::ExecError;
use miette::Diagnostic;
use thiserror::Error;

pub use fetch::FetchError;
pub use files::FilesError;
pub use hub::HubError;

/// A model that cannot be used.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum ModelError {
    /// No such file.
    #[error("there is no model file `{}`", path.display())]
    #[diagnostic(code(model::missing), help("correct `provisioning.model.ref`, or put the file there"))]
    Missing {
        /// Where it was expected.
        path: PathBuf,
    },
    /// A folder, pipe or device.
    #[error("the model `{}` is {what}", path.display())]
    #[diagnostic(code(model::not_a_file), help("name the model file itself; of a model in several parts, the first"))]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// It may not be read.
    #[error("the model `{}` cannot be read", path.display())]
    #[diagnostic(code(model::unreadable), help("ls -l '{}' shows who may; the engine runs as the same user", path.display()))]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system reported.
        #[source]
        source: std::io::Error,
    },
    /// It begins otherwise than its format does.
    #[error("the model `{}` does not begin with {expected}", path.display())]
    #[diagnostic(
        code(model::wrong_format),
        help("the download may be incomplete, an error page, or a git-lfs pointer; llama.cpp reads GGUF files")
    )]
    WrongFormat {
        /// The path.
        path: PathBuf,
        /// What it should begin with.
        expected: String,
    },
    /// Another digest than the one configured.
    #[error("the model `{}` has the checksum sha256:{actual}, not sha256:{expected}", path.display())]
    #[diagnostic(
        code(model::wrong_checksum),
        help("remove the file so that it is fetched again, or correct `provisioning.model.checksum`")
    )]
    WrongChecksum {
        /// The path.
        path: PathBuf,
        /// As configured.
        expected: String,
        /// As computed.
        actual: String,
    },
    /// The Hugging Face command is not installed.
    #[error("the model is in the Hugging Face repository `{repo}`, and neither `hf` nor `huggingface-cli` is on PATH")]
    #[diagnostic(
        code(model::no_command),
        help(
            "install it (pipx install huggingface_hub), or fetch the file yourself and name its path in `provisioning.model.ref`"
        )
    )]
    NoCommand {
        /// The repository.
        repo: String,
    },
    /// The download failed.
    #[error("could not fetch `{file}` from the Hugging Face repository `{repo}`")]
    #[diagnostic(
        code(model::fetch),
        help("check the names; a gated model needs a token: hf auth login, or export HF_TOKEN")
    )]
    Fetch {
        /// The repository.
        repo: String,
        /// The file.
        file: String,
        /// What the command reported.
        #[source]
        source: ExecError,
    },
    /// The reference of a model has a name that no hub repository, file or revision can have.
    #[error("`{name}` is not a {what} of a hub: {why}")]
    #[diagnostic(code(model::bad_name), help("correct `provisioning.model.ref`: hf:OWNER/NAME[@REVISION][/FILE]"))]
    BadName {
        /// What it names.
        what: &'static str,
        /// As it was written.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The source, shape and checksum that are configured for a model do not go together.
    #[error("{what}")]
    #[diagnostic(code(model::request), help("{help}"))]
    Request {
        /// What does not fit.
        what: &'static str,
        /// What does.
        help: &'static str,
    },
    /// The hub refused, or could not be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Hub(#[from] HubError),
    /// The download was ended.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fetching(#[from] FetchError),
    /// The files of a model are not whole, or not what an engine loads.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Files(#[from] FilesError),
    /// A file or lock could not be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Durable(#[from] DurableError),
}
