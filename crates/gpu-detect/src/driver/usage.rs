//! What is in use on single GPUs at one moment: used memory and processes, asked of NVML within a time limit.
//!
//! The rule: this is the narrow question. It attaches to the named GPUs alone, asks for neither names nor capabilities,
//! and never fails: what NVML does not report is absent, and a library that hangs is a [`Problem`].

use serde::{Deserialize, Serialize};

use super::nvml_usage::UsageAnswer;
use super::probe;
use super::problem::Problem;
use crate::gpu::GpuProcess;
use crate::host::Host;

/// Used memory and processes of some GPUs at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuUsage {
    /// One for each UUID that was asked for, in that order; empty where NVML did not answer at all.
    pub devices: Vec<DeviceUsage>,
    /// Why NVML did not answer.
    pub problem: Option<Problem>,
}

/// Used memory and processes of one GPU or MIG instance at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceUsage {
    /// Its UUID, as it was asked for.
    pub uuid: String,
    /// The memory in use on it by anybody, in bytes; `None` where NVML does not report it, as for GPUs that share the
    /// host's memory.
    pub used_bytes: Option<u64>,
    /// The processes on it; `None` where NVML does not report them. Under WSL and inside some containers the list is
    /// empty although the GPU is in use.
    pub processes: Option<Vec<GpuProcess>>,
    /// Why nothing is known of it.
    pub problem: Option<String>,
}

impl GpuUsage {
    /// What is known of the GPU or MIG instance with this UUID.
    pub fn of(&self, uuid: &str) -> Option<&DeviceUsage> {
        self.devices.iter().find(|device| device.uuid == uuid)
    }
}

/// Asks NVML for used memory and processes of the GPUs and MIG instances with these UUIDs, in bounded time: the host's
/// deadline. The library is opened where [`Host::probe`] says.
pub fn usage(uuids: &[String], host: &Host) -> GpuUsage {
    let UsageAnswer { devices, problem } = probe::ask_usage(host, uuids);
    GpuUsage { devices, problem }
}
