//! Why a download was ended, or could not be begun.

use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;
use thiserror::Error;

/// A download that was ended before the model was there. What was fetched stays, and the next one resumes.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum FetchError {
    /// A download brought no bytes for too long and was ended.
    #[error("the download of `{model}` brought nothing for {} s and was ended at {bytes} bytes", after.as_secs())]
    #[diagnostic(
        code(model::stalled),
        help("run it again, it resumes; a slow or filtered network needs a larger `fetch_silence_s`")
    )]
    Stalled {
        /// The model.
        model: String,
        /// The limit.
        after: Duration,
        /// What there is in the target, in bytes.
        bytes: u64,
    },
    /// A download took too long as a whole and was ended.
    #[error("the download of `{model}` was not done after {} s and was ended at {bytes} bytes", after.as_secs())]
    #[diagnostic(
        code(model::timed_out),
        help("run it again, it resumes; a large model needs a larger `fetch_timeout_s`")
    )]
    TimedOut {
        /// The model.
        model: String,
        /// The limit.
        after: Duration,
        /// What there is in the target, in bytes.
        bytes: u64,
    },
    /// The caller cancelled a download.
    #[error("the download of `{model}` was cancelled")]
    #[diagnostic(code(model::cancelled), help("run it again, it resumes"))]
    Cancelled {
        /// The model.
        model: String,
    },
    /// The file system has too little room for a model.
    #[error("`{model}` needs {needs} more bytes, and `{}` has room for {has}", place.display())]
    #[diagnostic(
        code(model::no_space),
        help("free some space there, or name another folder in `provisioning.model.cache_dir`")
    )]
    NoSpace {
        /// The model.
        model: String,
        /// Where it goes.
        place: PathBuf,
        /// What is missing of it, in bytes.
        needs: u64,
        /// What is free for this user, in bytes.
        has: u64,
    },
    /// A disk quota ended a download.
    #[error("the quota of this user is used up in `{}`, where `{model}` goes", place.display())]
    #[diagnostic(
        code(model::quota),
        help("quota -s shows it; free some space, or name another folder in `provisioning.model.cache_dir`")
    )]
    Quota {
        /// The model.
        model: String,
        /// Where it goes.
        place: PathBuf,
    },
    /// The folder that a model goes to cannot be written.
    #[error("`{}` cannot be written ({why}), and `{model}` goes there", place.display())]
    #[diagnostic(
        code(model::read_only),
        help(
            "name a folder you may write in `provisioning.model.cache_dir`, or put the files there as a user who may"
        )
    )]
    ReadOnly {
        /// The model.
        model: String,
        /// Where it goes.
        place: PathBuf,
        /// What prevents it.
        why: &'static str,
    },
    /// The file with the Hugging Face token cannot be used.
    #[error("the token file `{}` {why}", path.display())]
    #[diagnostic(code(model::token_file), help("it must be a plain file of yours with one line, the token: chmod 600 '{}'", path.display()))]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}
