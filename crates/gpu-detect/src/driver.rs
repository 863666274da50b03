//! NVIDIA's driver and its GPUs: NVML in a child process, `nvidia-smi`, the kernel's files.

mod detect;
mod kernel_module;
mod libcuda;
mod memory;
mod nvml;
mod nvml_gpu;
mod nvml_usage;
mod probe;
mod problem;
mod smi;
mod smi_text;
mod tegra;
mod usage;

pub(crate) use detect::detect;
pub(crate) use libcuda::detect as libcuda;
pub use memory::memory_used_by;
pub use probe::answer_probe;
pub use problem::{Problem, ProblemKind};
pub use usage::{DeviceUsage, GpuUsage, usage};
