//! The running proof: from what the flags, NVML and the log say to one verdict with its evidence. Pure.
//!
//! The rule: proven where NVML lists processes of the engine on every GPU that its flags use, and its log does not deny
//! it. Denied where the log denies it, or where NVML neither lists a process of the engine on a GPU nor saw its used
//! memory grow since before the start, or where it does not list the engine and the log names other GPUs by their PCI
//! addresses. Everything else is undecided.

use gpu_detect::{DeviceUsage, GpuProcess, GpuUsage, PciAddress};
use serde::{Deserialize, Serialize};

use crate::lifecycle::gpu_proof::log_facts::LogFacts;
use crate::summary::{Device, Proof, ProofStage, ProofVerdict};

/// Growth below it is the noise of other processes; a CUDA context alone takes more than 100 MiB.
const GROWN: u64 = 16 << 20;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'a> {
    /// The pool's GPUs.
    pub(crate) given: &'a [Device],
    /// Those of them that the engine's flags use.
    pub(crate) used: &'a [&'a Device],
    /// The engine's processes, as this host numbers them.
    pub(crate) pids: &'a [i32],
    /// Whether NVML's numbers of processes may be those of another PID namespace.
    pub(crate) nested: bool,
    /// Before the engine was started.
    pub(crate) before: Option<&'a GpuUsage>,
    /// Now.
    pub(crate) now: &'a GpuUsage,
    /// What the log says.
    pub(crate) log: &'a LogFacts,
}

/// A GPU that an engine uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnGpu {
    /// Its number as `nvidia-smi` prints it.
    pub index: u32,
    /// Its UUID.
    pub uuid: String,
    /// The memory that the engine's processes hold on it, in bytes; absent where NVML does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// What NVML says of one GPU.
enum There {
    /// Processes of the engine, and their memory.
    Listed(Option<u64>),
    /// No trace of the engine.
    Absent(String),
    Unknown(String),
}

/// The verdict, with the engine's memory on each GPU.
pub(crate) fn running(sight: Sight<'_>) -> (Proof, Vec<OnGpu>) {
    let (mut evidence, mut gpus) = (Vec::new(), Vec::new());
    let (mut absent, mut unknown, mut listed) = (false, false, false);
    for device in sight.used {
        let mut memory_bytes = None;
        evidence.push(match there(device, sight) {
            There::Listed(bytes) => {
                (listed, memory_bytes) = (true, bytes);
                let held = bytes.map_or_else(String::new, |bytes| format!(" with {}", mib(bytes)));
                format!("NVML lists the engine on GPU {}{held}", device.index)
            }
            There::Absent(why) => {
                absent = true;
                format!("GPU {}: {why}", device.index)
            }
            There::Unknown(why) => {
                unknown = true;
                format!("GPU {}: {why}", device.index)
            }
        });
        gpus.push(OnGpu { index: device.index, uuid: device.uuid.clone(), memory_bytes });
    }
    let elsewhere = !listed && is_elsewhere(sight.given, sight.log);
    evidence.extend(named(sight, elsewhere));
    if sight.used.is_empty() {
        evidence.push("its flags use none of the pool's GPUs".to_owned());
    }
    let no_layers = sight.log.offload.filter(|offload| offload.layers == 0 && offload.of > 0);
    if let Some(offload) = sight.log.offload {
        evidence.push(format!("its log says that {} of {} layers are on GPUs", offload.layers, offload.of));
    }
    let denied = sight.log.denial.is_some() || no_layers.is_some() || absent || elsewhere || sight.used.is_empty();
    if let Some(denial) = &sight.log.denial {
        evidence.insert(0, denial.clone());
    }
    let verdict = match (denied, unknown) {
        (true, _) => ProofVerdict::Denied,
        (false, true) => ProofVerdict::Undecided,
        (false, false) => ProofVerdict::Proven,
    };
    (Proof { stage: ProofStage::Running, verdict, evidence }, gpus)
}

/// Whether the log names GPUs by their address, and none of them is the pool's.
fn is_elsewhere(given: &[Device], log: &LogFacts) -> bool {
    let ours: Option<Vec<PciAddress>> = given.iter().map(Device::pci_address).collect();
    ours.is_some_and(|ours| !log.uses.is_empty() && !log.uses.iter().any(|address| ours.contains(address)))
}

/// What the log says of addresses, as evidence.
fn named(sight: Sight<'_>, elsewhere: bool) -> Vec<String> {
    if elsewhere {
        return vec!["its log names GPUs by their PCI addresses, and none of the pool's".to_owned()];
    }
    let named = |device: &&&Device| device.pci_address().is_some_and(|address| sight.log.uses.contains(&address));
    let line = |device: &&Device| {
        format!("its log names GPU {} ({})", device.index, device.pci_bus_id.as_deref().unwrap_or_default())
    };
    sight.used.iter().filter(named).map(line).collect()
}

fn there(device: &Device, sight: Sight<'_>) -> There {
    let Some(now) = sight.now.of(&device.uuid) else {
        let why = sight.now.problem.as_ref().map_or("it was not asked for", |problem| problem.text.as_str());
        return There::Unknown(format!("NVML did not answer: {why}"));
    };
    if let Some(problem) = &now.problem {
        return There::Unknown(format!("NVML did not answer: {problem}"));
    }
    let before = sight.before.and_then(|before| before.of(&device.uuid)).filter(|before| before.problem.is_none());
    let ours = ours(now, before, sight.pids);
    if !ours.is_empty() {
        let memory: Option<Vec<u64>> = ours.iter().map(|process| process.memory_bytes).collect();
        return There::Listed(memory.map(|all| all.into_iter().fold(0, u64::saturating_add)));
    }
    let list = listed(now);
    let Some((was, is)) = before.and_then(|before| before.used_bytes).zip(now.used_bytes) else {
        return There::Unknown(format!("{list}, and how much memory was in use before the start is not known"));
    };
    let nested = if sight.nested { " (this program runs in a PID namespace of its own)" } else { "" };
    if is >= was.saturating_add(GROWN) {
        let grown = mib(is - was);
        return There::Unknown(format!("{list}, and used memory has grown by {grown} since before the start{nested}"));
    }
    if was >= is.saturating_add(GROWN) {
        return There::Unknown(format!("{list}, and others have freed {} since before the start", mib(was - is)));
    }
    There::Absent(format!("{list}, and used memory has not grown since before the start"))
}

/// The engine's processes that are listed with memory, or with memory that is not told. A process with such a number from
/// before the start is another one, of another PID namespace.
fn ours<'a>(now: &'a DeviceUsage, before: Option<&DeviceUsage>, pids: &[i32]) -> Vec<&'a GpuProcess> {
    let was_there = |pid: u32| {
        let before = before.and_then(|before| before.processes.as_ref());
        before.is_some_and(|before| before.iter().any(|process| process.pid == pid))
    };
    let ours = |pid: u32| i32::try_from(pid).is_ok_and(|pid| pids.contains(&pid)) && !was_there(pid);
    now.processes.iter().flatten().filter(|process| ours(process.pid) && process.memory_bytes != Some(0)).collect()
}

fn listed(now: &DeviceUsage) -> String {
    match now.processes.as_deref() {
        None => "NVML does not list processes".to_owned(),
        Some([]) => "NVML lists no process".to_owned(),
        Some(others) => format!("NVML lists {} processes, and none of the engine's", others.len()),
    }
}

/// Bytes as people read them.
pub(crate) fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(test)]
mod tests;
