//! Which GPUs, drivers and CUDA toolkits a host has, and what a CUDA build there is told.
//!
//! The rules: detection never fails, because absence is data; every fact names its source; a toolkit that somebody
//! chose is used or refused and never replaced; and where a GPU was asked for and cannot be proven usable, the
//! answer is an error that says what was looked for and where. Nothing here ever chooses to go on without a GPU.
//!
//! ```
//! use gpu_detect::{Host, choose, detect};
//!
//! let host = Host::current(exec::Env::current());
//! let report = detect(&host);
//! match choose(&report, &[], &host) {
//!     Ok(choice) => println!("cmake {:?}", choice.cmake_definitions()),
//!     Err(why) => println!("no CUDA build here: {why}"),
//! }
//! ```

mod candidates;
mod card;
mod choose;
mod conflict;
mod cuda_choice;
mod detect;
mod diagnosis;
mod distribution;
mod error;
mod fit;
mod glibc;
mod gpu;
mod headers;
mod host;
mod host_compiler;
mod inspect;
mod kernel_module;
mod kfd;
mod layout;
mod libcuda;
mod link;
mod memory;
mod nvcc;
mod nvml;
mod nvml_gpu;
mod obstacle;
mod packaged;
mod probe;
mod problem;
mod releases;
mod remedy;
mod report;
mod select;
mod smi;
mod smi_text;
mod solve;
mod toolkit;
mod toolkit_version;
mod usual;
mod visible;
mod vulkan;
mod wish;

pub use card::{Card, Vendor};
pub use choose::choose;
pub use conflict::{Conflict, Rejected};
pub use cuda_choice::{CudaChoice, Target};
pub use detect::{detect, detect_with};
pub use diagnosis::{Diagnosis, Verdict, diagnose};
pub use distribution::Family;
pub use error::GpuError;
/// What compilers answered; see [`detect_with`].
pub use exec::ProbeCache as Memo;
pub use glibc::Glibc;
pub use gpu::{Gpu, GpuProcess, Mig, MigInstance};
pub use host::Host;
pub use host_compiler::{CompilerKind, CompilerSource, HostCompiler, host_compilers};
pub use memory::memory_used_by;
pub use obstacle::{Obstacle, Releases};
pub use probe::{Probe, answer_probe};
pub use problem::{Problem, ProblemKind};
pub use remedy::Remedy;
pub use report::{Driver, GpuReport, Libcuda, Looked, Source, Subject};
pub use solve::solve;
pub use toolkit::{Toolkit, ToolkitSource};
pub use wish::Wish;
