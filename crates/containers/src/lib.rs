//! Whether this host can hand its GPUs to a container.
//!
//! The rule: pure functions decide over files and host facts that a thin reader gathered.
//!
//! ```
//! use containers::cdi;
//!
//! let text = r#"{"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": []}"#;
//! let files = [cdi::SpecFile { path: "/etc/cdi/nvidia.json".into(), text: Ok(text.into()) }];
//! let wanted = [cdi::WantedGpu { index: 0, uuid: "GPU-1a2b".into() }];
//! let host = cdi::Host::new(&|_| cdi::PathState::Open);
//! let report = cdi::check(&files, cdi::NVIDIA, &wanted, &host);
//! assert!(report.problems[0].to_string().contains("no device for GPU 0"));
//! ```

pub mod cdi;
