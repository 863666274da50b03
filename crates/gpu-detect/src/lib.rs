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
mod choose;
mod cuda_choice;
mod detect;
mod error;
mod host;
mod host_compiler;
mod inspect;
mod kernel_module;
mod layout;
mod link;
mod nvcc;
mod nvml;
mod problem;
mod report;
mod select;
mod toolkit;
mod toolkit_version;
mod visible;

pub use choose::choose;
pub use cuda_choice::CudaChoice;
pub use detect::detect;
pub use error::GpuError;
pub use host::Host;
pub use problem::{Problem, ProblemKind};
pub use report::{Driver, Gpu, GpuReport, Looked, Source, Subject};
pub use toolkit::{Toolkit, ToolkitSource};
