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
//!     ctx: Some(4096), devices: 1, tensor_split: None,
//! };
//! let pool = ["-ngl", "33", "--threads=8"].map(String::from);
//! let line = normalize(&pool, &policy, Catalogue::newest(Engine::LlamaServer))?;
//! assert_eq!(
//!     line.args.join(" "),
//!     "--model /models/m.gguf --host 127.0.0.1 --port 8081 --ctx-size 4096 --n-gpu-layers 33 --threads 8",
//! );
//! # Ok::<(), flags::FlagError>(())
//! ```

mod brackets;
mod catalogue;
mod classify;
mod docs;
mod duplicates;
mod engine;
mod eras;
mod error;
mod families;
mod gpu;
mod gpus;
mod head;
mod help;
mod hint;
mod known;
mod layout;
mod nearest;
mod normalize;
mod notes;
mod pair;
mod policy;
mod renames;
mod resolve;
mod role;
mod scan;
mod secrets;
mod sizes;
mod spec;
mod spelling;
mod table;
mod text;
mod toggle;
mod values;

pub use catalogue::{Catalogue, Found, Trust};
pub use engine::Engine;
pub use error::FlagError;
pub use normalize::{Normalized, normalize, utf8};
pub use policy::{Accel, Policy};
pub use role::Role;
pub use spec::{Arity, FlagSpec};
pub use values::Values;
