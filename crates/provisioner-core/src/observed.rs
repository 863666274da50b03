//! What the host is like, as plain data: what the planner decides from. Errors stand in it as facts.

use std::path::PathBuf;

use engine_store::Entry;
use exec::CommandSpec;
use gpu_detect::{CudaChoice, GpuError};
use llamacpp_build::{BuildError, BuildRequest, Commit, Inputs, Near};
use model_provisioner::Presence;
use preflight::{Need, PreflightError};
use spawner::Record;

use crate::Error;
use crate::command_line::CommandLine;
use crate::ports::PortError;

/// What was found.
#[derive(Debug)]
pub(crate) struct Observed {
    /// One line about the tools, or what is missing.
    pub(crate) tools: Result<String, PreflightError>,
    /// What was asked for, which is what would be installed.
    pub(crate) needs: Vec<Need>,
    /// How the missing tools would be installed; absent where nothing is missing, or nothing may be installed.
    pub(crate) install: Option<CommandSpec>,
    /// What the engine will run on; `None` on the processor, because the pool says so.
    pub(crate) cuda: Option<Result<CudaChoice, GpuError>>,
    /// The build as it would be asked for; absent while tools or accelerator are.
    pub(crate) request: Option<BuildRequest>,
    /// The commit, and when it was last asked for (0: never needs asking).
    pub(crate) commit: Option<(Commit, u64)>,
    /// What the build comes to; absent while the request is, empty while the commit is not known.
    pub(crate) inputs: Option<Result<Option<Inputs>, BuildError>>,
    /// The finished build, if it is there.
    pub(crate) entry: Option<Entry>,
    /// Where it is not, the stored one that comes nearest.
    pub(crate) near: Option<Near>,
    /// The model.
    pub(crate) model: Presence,
    /// What else is worth telling of tools and definitions, in sentences.
    pub(crate) notes: Vec<String>,
    /// The configuration file that every llama.cpp program of this host reads, where there is one.
    pub(crate) system_config: Option<PathBuf>,
    /// The port to listen on; that of the running engine while the pool still wants it.
    pub(crate) port: Result<u16, PortError>,
    /// The command line, by the best help text there is; absent while port or model are.
    pub(crate) line: Option<Result<CommandLine, Error>>,
    /// The engine that runs for this pool.
    pub(crate) running: Option<Record>,
}
