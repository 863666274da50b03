//! What is asked of a build: plain data, no defaults that hide a decision.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use cancel::Cancel;
use exec::{CommandSpec, Env, Keeper};
use serde::{Deserialize, Serialize};

use crate::Definition;

/// How the repository is reached; git is allowed this way and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `https://`
    Https,
    /// `ssh://` or `user@host:path`
    Ssh,
    /// An absolute path, `file://`, or a git bundle.
    Local,
    /// An absolute path whose files as they are now, committed or not, are the source; the reference counts for nothing.
    WorkTree,
}

/// Where the source comes from. The strings are validated by the caller: none begins with `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What git calls the repository: a URL or an absolute path.
    pub repo: String,
    /// How it is reached.
    pub transport: Transport,
    /// A branch, tag, full reference name or commit (whole or abbreviated).
    pub reference: String,
    /// Whether submodules are fetched too.
    pub submodules: bool,
}

/// A program and what it says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolId {
    /// Where it is; absolute.
    pub path: PathBuf,
    /// The first line of what it prints for `--version`.
    pub version: String,
}

/// Which program runs the compilers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Generator {
    /// `ninja`: fewer seconds, exact progress.
    Ninja,
    /// `make`
    Make,
}

impl Generator {
    /// CMake's name for it.
    pub fn cmake_name(self) -> &'static str {
        match self {
            Self::Ninja => "Ninja",
            Self::Make => "Unix Makefiles",
        }
    }
}

/// The programs a build uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// git
    pub git: ToolId,
    /// CMake
    pub cmake: ToolId,
    /// Which kind of build files.
    pub generator: Generator,
    /// The program that runs them: ninja or make.
    pub make: ToolId,
    /// The C compiler.
    pub cc: ToolId,
    /// The C++ compiler.
    pub cxx: ToolId,
    /// What the compilers link with: `mold` and `lld` (by their file names) are asked for, any other is taken to be the
    /// compilers' own, and named so that a build knows it. One that does not link a small program is not used.
    pub linker: Option<ToolId>,
    /// ccache, which keeps objects under the cache folder. One that does not work is not used. (sccache is not taken: it
    /// leaves a server running that has the environment of the build that started it.)
    pub ccache: Option<ToolId>,
}

impl Toolchain {
    /// The word after `-fuse-ld=` that asks for the linker, where one must be asked for.
    pub(crate) fn fuse(&self) -> Option<&'static str> {
        let name = self.linker.as_ref()?.path.file_name()?.to_str()?;
        ["mold", "lld"].into_iter().find(|known| name.contains(known))
    }
}

/// What the engine runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The processor alone.
    Cpu,
    /// NVIDIA cards.
    Cuda {
        /// nvcc, and its version as recipe 1 named it: major and minor.
        nvcc: ToolId,
        /// What of the toolkit ends up in the result, by name, in full versions or digests: `nvcc` (`13.0.88`),
        /// `cuda_host_compiler`, `cudart`, `cublas`, `cccl`, and `nccl` where there is one to link with. They are part of the
        /// build's key, in place of paths; what is left out is told apart by its path alone.
        parts: BTreeMap<String, String>,
        /// CMake definitions that name toolkit, compiler and architectures.
        definitions: Vec<(String, String)>,
        /// Variables for CMake and the compilers, without secrets. Their `PATH` is ours and finds nvcc.
        env: Vec<(String, String)>,
        /// The folder of the driver's library, where programs do not find it by themselves: the finished server is asked
        /// with it. It is no part of what is built.
        driver_folder: Option<PathBuf>,
    },
}

/// How long the parts of a build may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Everything that asks the repository.
    pub fetch: Duration,
    /// The longest time that the repository sends nothing.
    pub fetch_silence: Duration,
    /// Configuring and compiling.
    pub build: Duration,
    /// The longest silence of CMake or the compilers.
    pub silence: Duration,
}

/// One build.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// Where the source comes from.
    pub source: Source,
    /// What the engine runs on.
    pub backend: Backend,
    /// The operator's own CMake definitions.
    pub definitions: Vec<Definition>,
    /// The programs used.
    pub tools: Toolchain,
    /// How many compilers at once; decided from cores and memory when left out.
    pub jobs: Option<u32>,
    /// Time limits.
    pub limits: Limits,
    /// The caller's environment: proxies, certificates and the ssh agent are taken from it, nothing else.
    pub env: Env,
    /// What ends a build early.
    pub guard: Guard,
}

/// What ends the programs of a build before they are done.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// Ends what runs and every wait once it is cancelled. What was compiled by then is resumed by the next build.
    pub cancel: Cancel,
    /// Ends what runs when this process is killed.
    pub keeper: Option<Keeper>,
}

impl Guard {
    /// A command that is ended by either.
    pub(crate) fn over(&self, spec: &CommandSpec) -> CommandSpec {
        let spec = spec.clone().cancel(self.cancel.clone());
        match &self.keeper {
            Some(keeper) => spec.keeper(keeper.clone()),
            None => spec,
        }
    }
}

/// Something a person may want to see while it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A part begins: "fetch", "configure", "build", "wait" (for the compilers of other builds), "prove", "publish".
    Phase(&'static str),
    /// Somebody else builds the same engine; what comes is theirs. Holds who says so.
    Waits(String),
    /// The compilers have finished `done` of `total` steps; `what` is the current one.
    Step {
        /// Finished steps.
        done: u32,
        /// All steps.
        total: u32,
        /// What was finished last.
        what: String,
        /// How long the rest will take, by earlier builds on this host and by how this one goes; nothing at the
        /// beginning of a first one.
        left: Option<Duration>,
    },
}

/// Receives [`Event`]s; called from the building thread.
pub trait Observer: Sync {
    /// Called for each event.
    fn on(&self, event: &Event);
}

impl<F: Fn(&Event) + Sync> Observer for F {
    fn on(&self, event: &Event) {
        self(event);
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda { .. } => "cuda",
        })
    }
}
