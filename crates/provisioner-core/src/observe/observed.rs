//! What the host is like, as plain data: what the planner decides from. Errors stand in it as facts.

use std::path::PathBuf;

use model_provisioner::Presence;

use crate::Error;
use crate::engine::command_line::CommandLine;
use crate::port::choose::PortError;
use crate::runtime::Instance;
use crate::supply::Supplied;

/// What was found.
#[derive(Debug)]
pub(crate) struct Observed {
    /// How far the engine is on its way to this host.
    pub(crate) supplied: Box<dyn Supplied>,
    /// The model.
    pub(crate) model: Presence,
    /// The configuration file that every engine of this kind on the host reads, where there is one.
    pub(crate) system_config: Option<PathBuf>,
    /// The port to listen on; that of the running engine while the pool still wants it.
    pub(crate) port: Result<u16, PortError>,
    /// The command line, by the best description of the engine's flags there is; absent while there is no model.
    pub(crate) line: Option<Result<CommandLine, Error>>,
    /// The engine that lives for this pool.
    pub(crate) running: Option<Instance>,
    /// The port that counts as the pool's own.
    pub(crate) own_port: Option<u16>,
    /// Why this version may not be started beside the engines of other pools.
    pub(crate) version: Option<Error>,
    /// Why nothing may be started for this pool now, whatever is wanted.
    pub(crate) refusal: Option<Error>,
}
