//! One canonical, validated command line for an inference engine.
//!
//! People write engine flags in many spellings (`-ngl 33`, `--gpu-layers=33`, `--n_gpu_layers 33`) and each release
//! of the engine knows a different set. This crate reads the engine's own `--help` into a [`Catalogue`], and
//! [`normalize`] turns what a pool wrote into the one command line that will be run, or says what is wrong with it.
//! It starts no program, reads no file and looks at no environment variable.
//!
//! ```
//! use flags::{Accel, Catalogue, Engine, Policy, normalize};
//!
//! let policy = Policy {
//!     accelerator: Accel::Cuda, model: "/models/m.gguf", host: "127.0.0.1", port: 8081,
//!     ctx: Some(4096), devices: 1, tensor_split: None, heads: None,
//! };
//! let pool = ["-ngl", "33", "--threads=8"].map(String::from);
//! let line = normalize(&pool, &policy, Catalogue::newest(Engine::LlamaServer))?;
//! assert_eq!(
//!     line.args.join(" "),
//!     "--model /models/m.gguf --host 127.0.0.1 --port 8081 --ctx-size 4096 --n-gpu-layers 33 --threads 8",
//! );
//! # Ok::<(), flags::FlagError>(())
//! ```

mod catalogue;
pub mod container;
mod engine;
mod error;
mod help;
mod normalize;

pub use catalogue::role::Role;
pub use catalogue::spec::{Arity, FlagSpec};
pub use catalogue::values::Values;
pub use catalogue::{Catalogue, Found, Trust};
pub use engine::Engine;
pub use error::FlagError;
pub use normalize::policy::{Accel, Policy};
pub use normalize::{Normalized, normalize, utf8};
