//! Why an archive gave no engine.

use std::path::PathBuf;

use artifact_fit::FitError;
use config_schema::PoolId;
use download::DownloadError;
use miette::Diagnostic;
use thiserror::Error;
use unpack::{ProgramError, UnpackError};

/// Everything that can keep mode `binary` from its engine.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum BinaryError {
    /// A pool of mode `binary` names no archive.
    #[error("pool `{pool}` has mode `binary` but names no archive")]
    #[diagnostic(
        code(pool::no_binary),
        help("name one: provisioning.binary = {{ url = \"https://host/engine.tar.gz\", checksum = \"sha256:…\" }}")
    )]
    NoBinary {
        /// The pool.
        pool: PoolId,
    },
    /// An archive without a checksum is never run: nothing says which one is meant.
    #[error("`{url}` has no checksum")]
    #[diagnostic(
        code(pool::no_checksum),
        help(
            "compare what `lock` shows as its digest with what its publisher says, and write that as `checksum`; or accept it with \
             `lock --update archive`, and use `--locked`"
        )
    )]
    NoChecksum {
        /// The archive.
        url: String,
    },
    /// The pool does not allow that engines are downloaded.
    #[error("`{url}` is not here, and this pool does not allow downloads of programs")]
    #[diagnostic(
        code(pool::downloads_not_allowed),
        help("set provisioning.allow_binary_downloads = true, or name a file of this host with `file://`")
    )]
    NotAllowed {
        /// The archive.
        url: String,
    },
    /// No program, or several, in the archive.
    #[error(transparent)]
    #[diagnostic(
        code(download::no_program),
        help("set provisioning.binary.program to its path in the archive, after `strip`")
    )]
    Program(#[from] NoProgram),
    /// The archive changed while it was unpacked.
    #[error("`{}` was written to while it was unpacked", path.display())]
    #[diagnostic(code(download::changed), help("try again once it is complete"))]
    Changed {
        /// The archive.
        path: PathBuf,
    },
    /// The folder that the pool wants the engine in is something of the operator's.
    #[error("`{}` cannot become a link to the engine: {why}", path.display())]
    #[diagnostic(
        code(pool::install_dir),
        help("name a path that does not exist yet, in a folder that you may write to")
    )]
    InstallDir {
        /// The path.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The host lacks what the program needs.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fit(#[from] FitError),
    /// It did not arrive.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Download(#[from] DownloadError),
    /// It was not unpacked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unpack(#[from] UnpackError),
}

/// No program was found among the files.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct NoProgram(pub ProgramError);
