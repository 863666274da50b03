//! The solver: from facts to one toolkit, host compiler and architectures, or to the reasons against each.

mod choose;
mod conflict;
mod cuda_choice;
mod fit;
mod forward;
mod obstacle;
mod remedies;
mod remedy;
mod runs;
mod select;
mod solve;
mod visible;

pub use choose::choose;
pub(crate) use conflict::CPU;
pub use conflict::{Conflict, Rejected};
pub use cuda_choice::{CudaChoice, Target};
pub use forward::Forward;
pub use obstacle::Obstacle;
pub use remedy::Remedy;
pub use select::select;
pub use solve::solve;
