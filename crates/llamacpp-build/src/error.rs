//! Why there is no build, and what to do about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use durable::DurableError;
use engine_store::StoreError;
use exec::{ExecError, Exit};
use miette::Diagnostic;
use thiserror::Error;

/// Everything that can keep a build from being there. Texts from programs are redacted.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum BuildError {
    /// Not a `-DNAME[:TYPE]=VALUE`.
    #[error("`{text}` is not a CMake definition")]
    #[diagnostic(
        code(build::bad_definition),
        help(
            "write it as -DNAME=VALUE or -DNAME:TYPE=VALUE; what a preset (`--preset`) or an initial cache (`-C`) sets, too, so that the build's key knows it"
        )
    )]
    BadDefinition {
        /// What was given, redacted.
        text: String,
    },
    /// A definition that makes CMake run something.
    #[error("the CMake definition `{name}` would choose programs that the build runs")]
    #[diagnostic(
        code(build::unsafe_definition),
        help(
            "leave it out: compilers, launchers and build programs are chosen and recorded by the provisioner; if you trust what it names, set `provisioning.source.build.allow_unsafe_cmake = true`"
        )
    )]
    UnsafeDefinition {
        /// The variable.
        name: String,
    },
    /// A definition that CMake is to run, and what it names is no file.
    #[error("the CMake definition `{name}` names no file: `{}`", .path.display())]
    #[diagnostic(
        code(build::unsafe_definition_file),
        help("name the file by its absolute path: its digest is a part of the build's key")
    )]
    UnsafeDefinitionFile {
        /// The variable.
        name: String,
        /// What it names.
        path: PathBuf,
    },
    /// A definition whose name says that it holds a secret.
    #[error("the CMake definition `{name}` looks like a secret")]
    #[diagnostic(
        code(build::secret_definition),
        help(
            "leave it out: definitions stand in command lines, in the CMake cache and in build.json; a build needs no secret"
        )
    )]
    SecretDefinition {
        /// The variable.
        name: String,
    },
    /// Two definitions of one thing.
    #[error("`{first}` and `{second}` contradict each other")]
    #[diagnostic(code(build::contradiction), help("keep one of them in `provisioning.source.build.cmake_flags`"))]
    Contradiction {
        /// The earlier one.
        first: String,
        /// The later one.
        second: String,
    },
    /// `cmake_flags` and `accelerator` disagree.
    #[error("`{definition}` contradicts `provisioning.accelerator = \"{}\"`", if *cuda { "cuda" } else { "cpu" })]
    #[diagnostic(code(build::accelerator_contradiction), help("leave the definition out: the accelerator decides it"))]
    AcceleratorContradiction {
        /// The definition.
        definition: String,
        /// Whether the accelerator is cuda.
        cuda: bool,
    },
    /// The server was switched off.
    #[error("`{definition}` leaves out the server, which is what is to be built")]
    #[diagnostic(code(build::no_server), help("leave the definition out"))]
    NoServer {
        /// The definition.
        definition: String,
    },
    /// Architectures that depend on who looks.
    #[error("`{definition}` does not say which architectures")]
    #[diagnostic(
        code(build::vague_architectures),
        help("leave it out to build for the cards at hand, or name them: -DCMAKE_CUDA_ARCHITECTURES=90")
    )]
    VagueArchitectures {
        /// The definition.
        definition: String,
    },
    /// The tree has no such option; CMake only warns, and the wish is lost.
    #[error("this release of llama.cpp has no option `{name}`{}", nearest.as_ref().map(|n| format!("; the nearest is `{n}`")).unwrap_or_default())]
    #[diagnostic(code(build::unknown_option), help("correct or remove it in `provisioning.source.build.cmake_flags`"))]
    UnknownOption {
        /// The option.
        name: String,
        /// The nearest one of the tree.
        nearest: Option<String>,
    },
    /// A program whose path CMake or we cannot use.
    #[error("`{}` cannot be used as a tool of a build", path.display())]
    #[diagnostic(
        code(build::bad_tool_path),
        help("its path must be absolute and in UTF-8, without `;` or line breaks: link it from such a folder")
    )]
    BadToolPath {
        /// The program.
        path: PathBuf,
    },
    /// git could not do it, for a reason that is not known.
    #[error("could not {action} `{repo}`")]
    #[diagnostic(
        code(source::git),
        help("check that the repository exists and can be reached from here: git ls-remote {repo}")
    )]
    Git {
        /// What was tried, as a verb.
        action: &'static str,
        /// The repository.
        repo: String,
        /// What git said.
        #[source]
        source: ExecError,
    },
    /// The repository sent nothing for longer than `limits.fetch_silence_s`.
    #[error("`{repo}` sent nothing for {} s, and git was ended", after.as_secs())]
    #[diagnostic(
        code(source::stalled),
        help(
            "run it again; git ls-remote {repo} shows whether the repository answers; a slow or filtered network needs a \
             larger `limits.fetch_silence_s`"
        )
    )]
    Stalled {
        /// The repository.
        repo: String,
        /// The limit.
        after: Duration,
    },
    /// git reads no repository of another user: its configuration is code that runs as us.
    #[error("`{repo}` belongs to another user, and git does not read it")]
    #[diagnostic(
        code(source::foreign_repository),
        help(
            "make it yours: chown -R \"$(id -u)\" {repo}; or have its owner pack it, and name the pack as the repository: git \
             -C {repo} bundle create /srv/llama.cpp.bundle --all"
        )
    )]
    ForeignRepository {
        /// The repository.
        repo: String,
    },
    /// No such reference.
    #[error("`{repo}` has no branch, tag or commit `{reference}`")]
    #[diagnostic(code(source::ref_not_found), help("{}", suggest(nearest)))]
    RefNotFound {
        /// The repository.
        repo: String,
        /// What was asked for.
        reference: String,
        /// The nearest names it has.
        nearest: Vec<String>,
    },
    /// One name, two things.
    #[error("in `{repo}`, `{reference}` is both a branch and a tag, of different commits")]
    #[diagnostic(code(source::ref_ambiguous), help("write `refs/heads/{reference}` or `refs/tags/{reference}`"))]
    RefAmbiguous {
        /// The repository.
        repo: String,
        /// What was asked for.
        reference: String,
    },
    /// The tree is something else.
    #[error("`{repo}` does not look like llama.cpp: it lacks {missing}")]
    #[diagnostic(code(source::not_llama_cpp), help("`provisioning.source.repo` must be llama.cpp or a fork of it"))]
    NotLlamaCpp {
        /// The repository.
        repo: String,
        /// What is missing.
        missing: &'static str,
    },
    /// The tree is from before today's names of options, target and server.
    #[error("this release of llama.cpp is too old: it has `{old}`, not yet `{new}`")]
    #[diagnostic(
        code(source::too_old),
        help(
            "the oldest that can be built is of 26 June 2024 (https://github.com/ggml-org/llama.cpp/pull/8006), such as \
             the tag b3347: set `provisioning.source.ref` to a later one, for {repo}"
        )
    )]
    TooOld {
        /// The repository.
        repo: String,
        /// The option it has.
        old: &'static str,
        /// The option it lacks.
        new: &'static str,
    },
    /// A step failed for a reason that is known.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Diagnosed(#[from] Box<crate::Diagnosed>),
    /// CMake refused, for a reason that is not known.
    #[error("CMake could not configure the build ({exit}):\n{excerpt}")]
    #[diagnostic(code(build::configure_failed), help("{}the lines above say what CMake missed{}", if *cuda { "the accelerator is cuda, so nothing is built without it; " } else { "" }, whole(log.as_ref())))]
    Configure {
        /// How CMake ended.
        exit: Exit,
        /// The lines that say why.
        excerpt: String,
        /// Whether CUDA was asked for.
        cuda: bool,
        /// The whole log, where it was kept.
        log: Option<PathBuf>,
    },
    /// CMake succeeded, without CUDA.
    #[error("CMake configured the build without CUDA: GGML_CUDA is {found} in its cache")]
    #[diagnostic(
        code(build::cuda_lost),
        help(
            "the tree does not know the option, or CMake dropped it{}",
            whole(log.as_ref())
        )
    )]
    CudaLost {
        /// What the cache says.
        found: String,
        /// The whole log, where it was kept.
        log: Option<PathBuf>,
    },
    /// CMake succeeded, without the HTTPS that was asked for.
    #[error("CMake configured the server without HTTPS: -DLLAMA_OPENSSL=ON was asked for, and it found no OpenSSL")]
    #[diagnostic(
        code(build::no_openssl),
        help(
            "install its headers: sudo apt install libssl-dev (Debian, Ubuntu), sudo dnf install openssl-devel (Fedora), sudo \
             pacman -S openssl (Arch); or leave the definition out"
        )
    )]
    NoOpenssl,
    /// The compilers failed, for a reason that is not known.
    #[error("the build failed ({exit}):\n{excerpt}")]
    #[diagnostic(
        code(build::compile_failed),
        help(
            "the lines above are the first that complain{}",
            whole(log.as_ref())
        )
    )]
    Compile {
        /// How ninja or make ended.
        exit: Exit,
        /// The lines that say why.
        excerpt: String,
        /// The whole log, where it was kept.
        log: Option<PathBuf>,
    },
    /// The build succeeded, and the server is not there.
    #[error("the build succeeded but left no `{expected}`")]
    #[diagnostic(
        code(build::no_binary),
        help("`provisioning.source.repo` must be llama.cpp or a fork of it that still builds `llama-server`")
    )]
    NoBinary {
        /// Where it should be.
        expected: String,
    },
    /// The server does not run.
    #[error("`{} {question}` ended with {exit}:\n{said}", binary.display())]
    #[diagnostic(code(build::bad_binary), help("a missing library is the usual reason: ldd {}", binary.display()))]
    BadBinary {
        /// The server.
        binary: PathBuf,
        /// What it was asked.
        question: String,
        /// How it ended.
        exit: Exit,
        /// The end of what it said.
        said: String,
    },
    /// The server runs and does not say which version it is.
    #[error("`{} --version` does not tell a version: {said:?}", binary.display())]
    #[diagnostic(code(build::no_version), help("is this really llama-server?"))]
    NoVersion {
        /// The server.
        binary: PathBuf,
        /// What it said.
        said: String,
    },
    /// The driver does not read the kernels that the toolkit compresses, and the source cannot be told to leave them
    /// uncompressed.
    #[error("the driver is older than 550 and does not read kernels as CUDA 12.8 and newer compress them")]
    #[diagnostic(
        code(cuda::compressed_kernels),
        help(
            "install driver 550 or newer, or a CUDA toolkit before 12.8; a release of llama.cpp that has GGML_CUDA_COMPRESSION_MODE is built without compression"
        )
    )]
    CompressedKernels,
    /// The server runs, without CUDA.
    #[error("the finished server has no CUDA in it; it lists: {said:?}")]
    #[diagnostic(
        code(build::no_cuda_in_binary),
        help("nothing is started: the accelerator is cuda; see the logs in the pool's proof folder")
    )]
    NoCudaInBinary {
        /// What it listed.
        said: String,
    },
    /// A program could not be run to its end.
    #[error("a program of the build did not run to its end")]
    #[diagnostic(code(build::run), help("time limits are set in `provisioning.limits`"))]
    Run {
        /// Which, and why.
        #[source]
        source: ExecError,
    },
    /// The store could not do its part, or the system refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// A file or lock could not be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Durable(#[from] DurableError),
}

impl BuildError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let wrap = StoreError::io(action, path);
        move |source| wrap(source).into()
    }

    pub(crate) fn git(action: &'static str, repo: &str, source: ExecError) -> Self {
        match &source {
            // git's own advice, a setting of the user's, is for a configuration that is not read here.
            ExecError::Failed { stderr, .. } if stderr.contains("detected dubious ownership") => {
                Self::ForeignRepository { repo: shown(repo) }
            }
            ExecError::Failed { exit, stderr, .. } => {
                let known = crate::Diagnosed::of_git(action, &shown(repo), *exit, stderr);
                known.unwrap_or_else(|| Self::Git { action, repo: shown(repo), source })
            }
            ExecError::Stalled { after, .. } | ExecError::Silent { after, .. } => {
                Self::Stalled { repo: shown(repo), after: *after }
            }
            _ => Self::Git { action, repo: shown(repo), source },
        }
    }

    /// Whether a time limit of a fetch was reached.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self, Self::Stalled { .. } | Self::Git { source: ExecError::TimedOut { .. }, .. })
    }

    /// Whether git could not do its part.
    pub(crate) fn is_of_git(&self) -> bool {
        matches!(self, Self::Git { .. })
            || matches!(self, Self::Diagnosed(failure) if failure.phase == failure_diagnosis::Phase::Fetch)
    }

    /// Names the place where the log of a failed step is kept.
    pub(crate) fn with_logs(mut self, place: &Path) -> Self {
        match &mut self {
            Self::Configure { log, .. } | Self::CudaLost { log, .. } => *log = Some(place.join("configure.log")),
            Self::Compile { log, .. } => *log = Some(place.join("build.log")),
            Self::Diagnosed(failure) => failure.log = failure.log_name().map(|name| place.join(name)),
            _ => {}
        }
        self
    }
}

/// A repository as messages and manifests may show it: without user and password.
pub(crate) fn shown(repo: &str) -> String {
    exec::Redactor::new().text(repo).into_owned()
}

fn whole(log: Option<&PathBuf>) -> String {
    log.map_or_else(String::new, |log| format!("; the whole log is `{}`", log.display()))
}

fn suggest(nearest: &[String]) -> String {
    match nearest {
        [] => "`git ls-remote REPO` lists what there is; a commit must be reachable from a branch or tag".into(),
        names => format!("the nearest names are: {}", names.join(", ")),
    }
}
