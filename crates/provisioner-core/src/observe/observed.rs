//! What the host is like, as plain data: what the planner decides from. Errors stand in it as facts.

use std::path::PathBuf;
use std::time::Duration;

use model_provisioner::Presence;

use crate::engine::command_line::CommandLine;
use crate::pool::reservation::Demand;
use crate::port::choose::PortError;
use crate::runtime::Instance;
use crate::supply::Supplied;
use crate::{Error, SideFileError};

/// What was found.
#[derive(Debug)]
pub(crate) struct Observed {
    /// How far the engine is on its way to this host.
    pub(crate) supplied: Box<dyn Supplied>,
    /// The model; none where those who run the engine have it.
    pub(crate) model: Option<Presence>,
    /// The configuration file that every engine of this kind on the host reads, where there is one.
    pub(crate) system_config: Option<PathBuf>,
    /// The port to listen on; that of the running engine while the pool still wants it.
    pub(crate) port: Result<u16, PortError>,
    /// The command line, by the best description of the engine's flags there is; absent while there is no model.
    pub(crate) line: Option<Result<CommandLine, Error>>,
    /// Whether the files that the command line names beside the model are there and fit.
    pub(crate) side_files: Result<(), SideFileError>,
    /// The engine that lives for this pool.
    pub(crate) running: Option<Instance>,
    /// How long that engine was watched without an answer or output, if it was and is to be replaced for it.
    pub(crate) silent: Option<Duration>,
    /// The port that counts as the pool's own.
    pub(crate) own_port: Option<u16>,
    /// Why the engine's source cannot load the model, where both are on this host.
    pub(crate) too_new: Option<Error>,
    /// What the operator should not overlook of the model and of the files beside it: a sentence each.
    pub(crate) model_warnings: Vec<String>,
    /// The memory that the model needs at least, where no engine runs and that is known.
    pub(crate) demand: Option<Demand>,
    /// The warning that earlier pools of the same call need the same memory.
    pub(crate) beside: Option<String>,
    /// Why this version may not be started beside the engines of other pools.
    pub(crate) version: Option<Error>,
    /// Why nothing may be started for this pool now, whatever is wanted.
    pub(crate) refusal: Option<Error>,
}
