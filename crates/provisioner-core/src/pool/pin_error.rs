//! Why a pool cannot be pinned, or is not what it was pinned to.

use std::path::PathBuf;

use config_schema::PoolId;
use miette::Diagnostic;
use thiserror::Error;

/// Why a pin cannot be made or kept.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PinError {
    /// There is no lock file beside the pool file.
    #[error("there is no lock file `{}`", path.display())]
    #[diagnostic(code(pin::no_file), help("write it: `lock`"))]
    NoFile {
        /// Where it would be.
        path: PathBuf,
    },
    /// The lock file is, or could be, written by another user.
    #[error("the lock file `{}` {why}", path.display())]
    #[diagnostic(
        code(pin::foreign),
        help("let it belong to you or to root, and be writable by its owner alone (mode 644)")
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is, or who may write it.
        why: String,
    },
    /// The lock file has no pin for something that the pool needs.
    #[error("the lock file has no {what} for pool `{pool}`")]
    #[diagnostic(code(pin::missing), help("add it: `lock --pool {pool}`"))]
    Missing {
        /// The pool.
        pool: PoolId,
        /// `commit`, `archive` or `model`.
        what: &'static str,
    },
    /// The pool file names something else than what was pinned.
    #[error("the {what} of pool `{pool}` is pinned for {pinned}, and the pool file says {wanted}")]
    #[diagnostic(code(pin::other), help("pin it again: `lock --pool {pool}`"))]
    Other {
        /// The pool.
        pool: PoolId,
        /// `commit`, `archive` or `model`.
        what: &'static str,
        /// What was pinned.
        pinned: String,
        /// What the pool file says.
        wanted: String,
    },
    /// What is on the host, or what was fetched, is not what was pinned.
    #[error("{what} of pool `{pool}` is {found}, and pinned to {pinned}")]
    #[diagnostic(
        code(pin::changed),
        help("bring back what was pinned; or look at what changed, and pin that: `lock --pool {pool} --update model`")
    )]
    Changed {
        /// The pool.
        pool: PoolId,
        /// What.
        what: String,
        /// The pin.
        pinned: String,
        /// What was found.
        found: String,
    },
    /// A branch, tag, revision or file that a pool names no longer exists.
    #[error("pool `{pool}`: {why}")]
    #[diagnostic(
        code(pin::vanished),
        help("{help}; what is pinned already can still be used where it is kept: `ensure --locked`")
    )]
    Vanished {
        /// The pool.
        pool: PoolId,
        /// What is not there, and where.
        why: String,
        /// What there is instead.
        help: String,
    },
    /// A repository, or the hub of a model, cannot be reached or does not exist.
    #[error("pool `{pool}`: {why}")]
    #[diagnostic(
        code(pin::away),
        help("{help}; what is pinned already can still be used where it is kept: `ensure --locked`")
    )]
    Away {
        /// The pool.
        pool: PoolId,
        /// Which, and why.
        why: String,
        /// What to do.
        help: String,
    },
    /// A tag is another commit than it was when it was pinned.
    #[error("pool `{pool}`: the tag `{tag}` was {pinned} when it was pinned, and is {now} now")]
    #[diagnostic(
        code(pin::tag_moved),
        help(
            "a tag is not supposed to move: ask its owner why; to take it as it is now: `lock --pool {pool} --update commit`"
        )
    )]
    TagMoved {
        /// The pool.
        pool: PoolId,
        /// The tag.
        tag: String,
        /// The pinned commit.
        pinned: String,
        /// The commit it is now.
        now: String,
    },
    /// A working tree is the source of the pool, and has no commit that could be pinned.
    #[error("pool `{pool}` builds a working tree as it is, which cannot be pinned")]
    #[diagnostic(
        code(pin::work_tree),
        help("commit it, and name a branch, tag or commit as `provisioning.source.ref`")
    )]
    WorkTree {
        /// The pool.
        pool: PoolId,
    },
    /// The hub's command does not tell at which commit the model is.
    #[error("pool `{pool}`: the Hugging Face command does not tell the commit of `{model}`")]
    #[diagnostic(
        code(pin::no_revision),
        help(
            "upgrade it (pipx upgrade huggingface_hub), or name a whole commit in the model's reference: hf:OWNER/NAME/FILE@COMMIT"
        )
    )]
    NoRevision {
        /// The pool.
        pool: PoolId,
        /// The model.
        model: String,
    },
}
