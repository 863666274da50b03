//! One GPU as NVML describes it. Without name, UUID, place and capability it is no usable GPU; the rest may be absent.

use nvml_wrapper::Device;
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;

use crate::gpu::{Gpu, GpuProcess, Mig, MigInstance};
use crate::source::Source;

/// More instances than any GPU can be cut into; a number beyond it is no answer.
const MOST_INSTANCES: u32 = 64;

/// A GPU with its place on the PCI bus as (domain, bus, device).
pub(crate) fn describe(index: u32, device: &Device<'_>, source: &Source) -> Result<((u32, u32, u32), Gpu), NvmlError> {
    // The integrated GPU of a Jetson is on no bus.
    let pci = match device.pci_info() {
        Err(NvmlError::NotSupported) => None,
        pci => Some(pci?),
    };
    let capability = device.cuda_compute_capability()?;
    let part = |number: i32| u32::try_from(number).ok().filter(|number| *number < 100);
    let compute_capability = part(capability.major).zip(part(capability.minor));
    let memory = device.memory_info().ok();
    let gpu = Gpu {
        index,
        uuid: device.uuid()?,
        pci_bus_id: pci.as_ref().map(|pci| pci.bus_id.clone()).unwrap_or_default(),
        name: device.name()?,
        memory_total_bytes: memory.as_ref().map(|memory| memory.total),
        memory_free_bytes: memory.as_ref().map(|memory| memory.free),
        compute_capability: Some(compute_capability.ok_or(NvmlError::NotSupported)?),
        mig: mig(device),
        processes: processes(device),
        source: source.clone(),
    };
    Ok((pci.map(|pci| (pci.domain, pci.bus, pci.device)).unwrap_or_default(), gpu))
}

/// The GPU's partitions. The driver numbers places for instances, and not every place holds one.
fn mig(device: &Device<'_>) -> Option<Mig> {
    let enabled = device.mig_mode().ok()?.current == 1;
    let places = if enabled { device.mig_device_count().unwrap_or(0).min(MOST_INSTANCES) } else { 0 };
    let instance = |place| {
        let instance = device.mig_device_by_index(place).ok()?;
        let memory_total_bytes = instance.memory_info().ok().map(|memory| memory.total);
        Some(MigInstance { uuid: instance.uuid().ok()?, memory_total_bytes })
    };
    Some(Mig { enabled, instances: (0..places).filter_map(instance).collect() })
}

/// Everybody who computes or draws on the GPU, each once: by itself, or through
/// [MPS](https://docs.nvidia.com/deploy/mps/), whose clients are a list of their own.
pub(crate) fn processes(device: &Device<'_>) -> Option<Vec<GpuProcess>> {
    let compute = device.running_compute_processes();
    let graphics = device.running_graphics_processes();
    if compute.is_err() && graphics.is_err() {
        return None;
    }
    let all = compute.unwrap_or_default().into_iter().chain(graphics.unwrap_or_default());
    let all = all.chain(device.mps_running_compute_processes().unwrap_or_default());
    let mut found: Vec<GpuProcess> = all.map(|process| process_of(&process)).collect();
    found.sort_by_key(|process| (process.pid, process.memory_bytes.is_none()));
    found.dedup_by_key(|process| process.pid);
    Some(found)
}

fn process_of(process: &ProcessInfo) -> GpuProcess {
    let memory_bytes = match process.used_gpu_memory {
        UsedGpuMemory::Used(bytes) => Some(bytes),
        UsedGpuMemory::Unavailable => None,
    };
    GpuProcess { pid: process.pid, memory_bytes }
}
