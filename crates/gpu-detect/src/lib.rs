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

mod cards;
mod detect;
mod diagnosis;
mod driver;
mod error;
mod family;
mod fs;
mod gpu;
mod host;
mod report;
mod solver;
mod source;
mod toolkit;
mod wish;

pub use cards::{Card, PciAddress, Vendor};
pub use detect::{detect, detect_with};
pub use diagnosis::{Diagnosis, Verdict, diagnose};
pub use driver::{DeviceUsage, GpuUsage, Problem, ProblemKind, answer_probe, memory_used_by, usage};
pub use error::GpuError;
/// What compilers answered; see [`detect_with`].
pub use exec::ProbeCache as Memo;
pub use family::Family;
pub use gpu::{Gpu, GpuProcess, Mig, MigInstance};
pub use host::{Host, Probe};
pub use report::{Driver, GpuReport, Libcuda};
pub use solver::{Conflict, CudaChoice, Forward, Obstacle, Rejected, Remedy, Target, choose, select, solve};
pub use source::{Looked, Source, Subject};
pub use toolkit::{
    CompilerKind, CompilerSource, Glibc, HostCompiler, Releases, Toolkit, ToolkitSource, host_compilers, nccl,
};
pub use wish::Wish;
