//! The three seams: what an engine is, how it gets onto the host, and how it is run.
//!
//! A new engine is one [`EngineProfile`], a new mode one [`Supply`], a new way to run one [`Runtime`]; nothing else of
//! this crate changes. Until 1.0 these traits may change with any release; [`EngineProvisioner`](crate::EngineProvisioner)
//! does not.

pub use crate::engine::container::{ContainerProfile, DECIDED_ENV, OtherPort, SecretPlace};
pub use crate::engine::remote::{Claim, ModelList, RemoteProfile};
pub use crate::engine::side_files::{SideFile, SideFileKind};
pub use crate::engine::{EngineProfile, GpuProfile, ModelShape, profile};
pub use crate::execute::work::{Done, StepError, Work};
pub use crate::lifecycle::gpu_proof::devices_used::DevicesUsed;
pub use crate::lifecycle::gpu_proof::listed::DeviceList;
pub use crate::lifecycle::gpu_proof::log_facts::GpuLog;
pub use crate::lifecycle::health::ask;
pub use crate::observe::host::HostSnapshot;
pub use crate::plan::draft::Draft;
pub use crate::pool::desired::{Desired, DesiredModel};
pub use crate::pool::secret_file::SecretFile;
pub use crate::provisioner::{Parts, Provisioner};
pub use crate::runtime::{
    Answer, Condition, Follow, Instance, Runtime, Seen, Start, StartWhat, StopOutcome, Usage, Vitals, Watched, Watching,
};
pub use crate::supply::{Accelerated, Documents, Facts, Look, ModelFormats, Obtained, Supplied, Supply, SupplyNeeds};

// What the signatures of these traits name of other crates.
pub use exec::CommandSpec;
pub use flags::{Catalogue, Engine as FlagSyntax};
pub use model_provisioner::gguf::KnownFormats;
pub use preflight::Need;
pub use secrecy::SecretString;
pub use spawner::{LockWait, PoolDir, PoolGuard, Processes};
