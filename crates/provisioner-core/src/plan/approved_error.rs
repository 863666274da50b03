//! Why a plan file is not executed.

use std::path::PathBuf;

use config_schema::PoolId;
use miette::Diagnostic;
use thiserror::Error;

use crate::plan::stale::Stale;

/// Why an approved plan is not executed. Nothing was done.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PlanFileError {
    /// There is no plan file of that name.
    #[error("there is no plan file `{}`", path.display())]
    #[diagnostic(code(plan::missing), help("write one: `plan --out {}`", path.display()))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a whole plan file.
    #[error("`{}` is not a plan file: {why}", path.display())]
    #[diagnostic(code(plan::unreadable), help("write it again: `plan --out {}`", path.display()))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The plan file was changed after it was written: its digest is not that of its content.
    #[error("`{}` was changed after it was written", path.display())]
    #[diagnostic(
        code(plan::edited),
        help("a plan is what this program would do and cannot be edited: change the pool file, and `plan --out {}` again", path.display())
    )]
    Edited {
        /// The file.
        path: PathBuf,
    },
    /// The plan file is, or could be, written by another user.
    #[error("the plan file `{}` {why}", path.display())]
    #[diagnostic(
        code(plan::foreign),
        help("let the user who executes a plan write it, and keep it writable by that user alone (mode 600)")
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is, or who may write it.
        why: String,
    },
    /// The plan was made on another host or with other folders.
    #[error("the plan file `{}` was made elsewhere: {what}", path.display())]
    #[diagnostic(code(plan::host), help("make the plan on the host, and with the folders, that it is executed with"))]
    Host {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// The plan file has no plan of the pool.
    #[error("the plan file has no plan of pool `{pool}`")]
    #[diagnostic(code(plan::no_pool), help("plan this pool, or all: `plan --all --out FILE`"))]
    NoPool {
        /// The pool.
        pool: PoolId,
    },
    /// The approved plan differs from what would be done now.
    #[error("the approved plan of pool `{pool}` no longer holds:\n{}", list(differences))]
    #[diagnostic(
        code(plan::stale),
        help("nothing beyond the approved plan was done; make the plan again (`plan --out`) and have that approved")
    )]
    Stale {
        /// The pool.
        pool: PoolId,
        /// In what it differs; never empty.
        differences: Vec<Stale>,
    },
}

fn list(differences: &[Stale]) -> String {
    differences.iter().map(|difference| format!("  {difference}")).collect::<Vec<_>>().join("\n")
}
