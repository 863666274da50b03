//! Which build tools a host has, which are missing or too old, and what to type to get them.
//!
//! The rules: all that is missing is told at once; a program counts only under an absolute entry of `PATH`, as an
//! executable file that runs; a version that cannot be read is a note, not a failure; distributions are told apart
//! by exact words. Nothing here changes the host: no package is installed, whatever is missing.
//!
//! ```
//! use std::path::Path;
//!
//! use preflight::{Memo, Tool, check, distribution};
//!
//! let mut memo = Memo::default();
//! let report = check(&Tool::SOURCE_BUILD, &exec::Env::current(), &mut memo);
//! match report.require(&distribution(Path::new("/"))) {
//!     Ok(report) => println!("the build runs with {:?}", report.get(Tool::NinjaOrMake).map(|found| &found.path)),
//!     Err(error) => println!("{error}"),
//! }
//! ```

mod ask;
mod check;
mod curl;
mod distribution;
mod error;
mod family;
mod headers;
mod immutable;
mod memo;
mod need;
mod pacman;
mod remedy;
mod report;
mod surroundings;
mod tool;
mod version;

pub use check::check;
pub use curl::release_has_curl;
pub use distribution::{Distribution, distribution};
pub use error::PreflightError;
pub use family::{Family, families};
pub use immutable::Immutable;
pub use memo::Memo;
pub use need::Need;
pub use pacman::{InstallError, InstallPolicy, Provided, Trouble, provide};
pub use remedy::remedy;
pub use report::{Found, Missing, Outdated, Report};
pub use tool::Tool;
pub use version::Version;
