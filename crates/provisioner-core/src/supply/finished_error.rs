//! Why a program that comes finished is not the engine that a pool asks for.

use std::path::{Path, PathBuf};

use config_schema::PoolId;
use miette::Diagnostic;
use thiserror::Error;

use crate::supply::source::libraries::Gone;

/// Why a program that comes finished is not the engine that a pool asks for.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum FinishedError {
    /// Mode external, and not exactly one of path and url.
    #[error("pool `{pool}` has mode `external` and does not name exactly one of `path` and `url`")]
    #[diagnostic(
        code(pool::no_external),
        help(
            "name an installed program, provisioning.external = {{ path = \"/usr/bin/llama-server\" }}, or an engine that others run, provisioning.external = {{ url = \"https://host\" }}"
        )
    )]
    NoExternal {
        /// The pool.
        pool: PoolId,
    },
    /// An engine that others run, in a program that was built without what asks such engines.
    #[error("the engine at `{url}` is run by others, and this program was built without what looks at such engines")]
    #[diagnostic(
        code(pool::unsupported_url),
        help("build `provisioner-core` with its feature `finished`, or name an installed program with `path` instead")
    )]
    RemoteEngine {
        /// Where it answers.
        url: String,
    },
    /// A pool has mode `package`, and names no package.
    #[error("pool `{pool}` has mode `package` but names no package")]
    #[diagnostic(code(pool::no_package), help("name one: provisioning.package = {{ name = \"llama.cpp\" }}"))]
    NoPackage {
        /// The pool.
        pool: PoolId,
    },
    /// The files of an installed package hold no program of the engine's name, or several.
    #[error("the package {package} has {what} `{program}`")]
    #[diagnostic(
        code(fit::package_program),
        help(
            "name the package that brings `{program}` (`pacman -F {program}`), or the program itself: mode = \"external\", \
             external = {{ path = \"/usr/bin/{program}\" }}"
        )
    )]
    PackageProgram {
        /// The package with its version.
        package: String,
        /// The program.
        program: &'static str,
        /// `no executable file` or `several files named`.
        what: &'static str,
    },
    /// A program that is named relative to nothing.
    #[error("the program's path `{}` is relative", path.display())]
    #[diagnostic(
        code(pool::relative_program),
        help("write it absolute; only a path in a configuration file is taken from that file's folder")
    )]
    RelativeProgram {
        /// The path.
        path: PathBuf,
    },
    /// The program that others installed is not there.
    #[error("the program `{}` is {what}", path.display())]
    #[diagnostic(code(fit::no_program), help("install it, or correct `provisioning.external.path`"))]
    NoLandedProgram {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The installed program has another version than the pool asks for.
    #[error("`{program}` has version {found}, and the pool asks for {wanted}")]
    #[diagnostic(
        code(fit::other_version),
        help("install the wanted version, or change `provisioning.external.version`")
    )]
    OtherVersion {
        /// The program.
        program: String,
        /// Its version.
        found: String,
        /// The wanted one.
        wanted: String,
    },
    /// A stored build needs a library of the CUDA toolkit that it was linked with, and this host no longer has it.
    #[error("`{}` needs `{library}`, which is no longer in {searched} and nowhere else on this host", program.display())]
    #[diagnostic(
        code(fit::library_gone),
        help(
            "bring back the CUDA toolkit that it was built with, or name the library's folder: \
             provisioning.env.LD_LIBRARY_PATH = \"/FOLDER\"; or delete the build, and it is made again: `rm -r {}`",
            entry(program)
        )
    )]
    LibraryGone {
        /// The file that needs it.
        program: PathBuf,
        /// The library.
        library: String,
        /// Where that file looks for it first.
        searched: String,
    },
    /// A finished program does not start, or prints no version.
    #[error("`{program} {question}` {what}: {said}")]
    #[diagnostic(
        code(fit::does_not_answer),
        help("take a program for this host, or build from source (mode = \"source\")")
    )]
    NoAnswer {
        /// The program.
        program: String,
        /// What it was asked.
        question: &'static str,
        /// What it did.
        what: String,
        /// What it printed last.
        said: String,
    },
    /// A pool on CUDA, and a finished program that lists no GPU.
    #[error("`{program} --list-devices` lists no NVIDIA GPU: {said}")]
    #[diagnostic(
        code(fit::no_device),
        help("take a program for CUDA, with its CUDA libraries; `engine-provisioner gpus` shows what this host has")
    )]
    NoDevice {
        /// The program.
        program: String,
        /// What it printed.
        said: String,
    },
}

impl FinishedError {
    /// The error for a library of a stored build that is gone.
    pub(crate) fn gone(gone: &Gone) -> Self {
        let searched = match gone.searched.as_slice() {
            [] => "the loader's folders".to_owned(),
            folders => folders.iter().map(|folder| format!("`{folder}`")).collect::<Vec<_>>().join(", "),
        };
        Self::LibraryGone { program: gone.file.clone(), library: gone.library.clone(), searched }
    }
}

/// The folder of a file of a stored build: that above `bin`.
fn entry(program: &Path) -> String {
    program.parent().and_then(Path::parent).unwrap_or(program).display().to_string()
}
