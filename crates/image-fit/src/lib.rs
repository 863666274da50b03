//! Whether a driver and its GPUs can run a container image, judged from the image's configuration.
//!
//! The rules: a pure function of configuration and host facts, for any bytes; the first rule that applies decides, and the
//! verdict names it with the variable that it read; what is not known is undecided and never refused.
//!
//! ```
//! use image_fit::{Accelerator, Gpu, Host, ImageConfig, Outcome, judge};
//!
//! let config = br#"{"architecture":"amd64","os":"linux","config":{"Env":["NVIDIA_REQUIRE_CUDA=cuda>=13.0"]}}"#;
//! let host = Host {
//!     architecture: "amd64".into(),
//!     accelerator: Accelerator::Cuda,
//!     driver: Some("550.54.14".into()),
//!     cuda: None, // the driver's own answer; the table knows that 550 provides 12.4
//!     gpus: vec![Gpu { brand: "geforce".into(), architecture: Some((8, 9)) }],
//!     is_jetson: false,
//! };
//! let verdict = judge(&ImageConfig::parse(config)?, "ghcr.io/example/engine:1", &host);
//! assert_eq!(verdict.outcome, Outcome::Refuse);
//! let error = verdict.refusal("ghcr.io/example/engine:1").ok_or("a refusal")?;
//! assert!(error.to_string().contains("provides CUDA 12.4"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod architectures;
mod claim;
mod config;
mod drivers;
mod error;
mod evidence;
mod host;
mod judge;
mod requirement;
mod rules;
mod verdict;
mod version;

pub use config::{BadConfig, ImageConfig};
pub use drivers::{cuda_of_driver, driver_for_cuda};
pub use error::ImageError;
pub use host::{Accelerator, Gpu, Host, brand_of_product};
pub use judge::judge;
pub use rules::Rule;
pub use verdict::{Outcome, Verdict};
pub use version::{NoVersion, Version};
