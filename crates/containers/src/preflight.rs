//! Whether this host can run a container: facts that are read, and a judgement that is pure.

mod host;
mod id_ranges;
mod info;
mod judge;
mod problem;
mod read;

pub use host::{Cgroups, Helper, HostFacts, Namespaces, RuntimeDir, UserFacts};
pub use id_ranges::IdRanges;
pub use info::{Info, info};
pub use judge::{Demand, judge};
pub use problem::HostProblem;
pub use read::host_facts;
