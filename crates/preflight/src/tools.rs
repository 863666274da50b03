//! Tools and headers: what a plan needs of them, what is here, and what to type for the rest.

mod ask;
mod check;
mod headers;
mod need;
mod remedy;
mod report;
mod tool;
mod version;

pub use ask::save_memo;
pub use check::{check, check_on};
pub use need::Need;
pub use remedy::remedy;
pub(crate) use remedy::{packages, remedy_for, sentence};
pub use report::{Found, Missing, Outdated, Refused, Report};
pub use tool::Tool;
pub use version::Version;
