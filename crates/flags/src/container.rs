//! How an engine's command line becomes a container's: what the image starts by itself, where the engine listens inside,
//! and what a command says that a person has pasted.
//!
//! The rule: the image's own entry point is kept wherever it can start the engine, for it may set what the engine needs;
//! the decision is made from the image's configuration alone, before a layer is pulled.

mod endpoint;
mod pasted;
mod start;

pub use endpoint::{Endpoint, Network};
pub use pasted::{Pasted, read};
pub use start::{ModelArgument, Start, StartError};
