//! Which Linux distribution this is, which family's packages it takes, and what to type to install them.
//!
//! The rules: distributions are told apart by exact words of os-release; the table `packages.json` is the only place that
//! names package managers and packages; nothing is run.
//!
//! ```
//! use distro::Distribution;
//!
//! let rocky = Distribution::parse("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.5\"\n");
//! let family = rocky.family().ok_or("unknown")?;
//! assert_eq!(family.name, "RHEL");
//! let install = rocky.install(family.packages("cxx").ok_or("no compiler")?).ok_or("nothing to install")?;
//! assert_eq!((install.command.as_str(), install.as_root), ("dnf install gcc-c++", true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod distribution;
mod family;
mod immutable;
mod install;
mod os_release;
mod surroundings;

pub use distribution::{Distribution, distribution};
pub use family::{Family, families, family};
pub use immutable::Immutable;
pub use install::Install;
