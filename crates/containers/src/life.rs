//! The life of a container: created, started, watched, stopped, removed.
//!
//! The rule: each step can be repeated after a kill at any moment, and ends in the same state.

mod create;
mod following;
mod logs;
mod one_shot;
mod oom;
mod processes;
mod settle;
mod start;
mod stop;
mod watch;

pub use create::create;
pub use following::{Following, follow_lines};
pub use logs::{LogPart, follow, logs};
pub use one_shot::{OneShot, one_shot};
pub use processes::processes;
pub use settle::{Settled, settle};
pub use start::start;
pub use stop::{StopOutcome, remove, stop};
pub use watch::{Watch, watch};
