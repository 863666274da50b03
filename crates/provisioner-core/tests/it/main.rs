//! The whole way on a real small project: from a pool's configuration to an engine that answers, and every way in
//! which it ends before that.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed setup is a failed test")]

mod binary;
mod cancelled;
mod daemon;
mod ensure;
mod events;
mod external;
mod faults;
mod fresh;
mod golden;
mod gpu_proof;
mod images;
mod lifecycle;
mod package;
mod packages;
mod refused;
mod remote;
mod schema_one;
mod schemas;
mod secrets;
mod support;
mod together;
mod toy;
