//! Whether this host can hand its GPUs to a container: specs of the
//! [Container Device Interface](https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md), checked against
//! the host.
//!
//! The rule: pure functions decide over files and host facts that a thin reader gathered.
//!
//! ```
//! let text = r#"{"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": []}"#;
//! let files = [cdi::SpecFile { path: "/etc/cdi/nvidia.json".into(), text: Ok(text.into()) }];
//! let wanted = [cdi::WantedGpu { index: 0, uuid: "GPU-1a2b".into() }];
//! let host = cdi::Host::new(&|_| cdi::PathState::Open);
//! let report = cdi::check(&files, cdi::NVIDIA, &wanted, &host);
//! assert!(report.problems[0].to_string().contains("no device for GPU 0"));
//! ```

mod check;
mod error;
mod host;
mod names;
mod paths;
mod read;
mod remedy;
mod spec;
mod support;

pub use check::{Report, check};
pub use error::{CdiError, Note};
pub use host::{Host, PathState, Platform, Podman, WantedGpu};
pub use read::{SpecFile, path_state, read_folders};

/// The kind of devices that NVIDIA's toolkit writes.
pub const NVIDIA: &str = "nvidia.com/gpu";

/// The kind of devices that AMD's toolkit writes.
pub const AMD: &str = "amd.com/gpu";
