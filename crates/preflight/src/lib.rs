//! What a host lacks for a plan, exactly what to type to get it, and, where that is allowed, getting it with pacman.
//!
//! The rules: all that is missing is told at once; a program counts only under an absolute path, as an executable file
//! that runs; a version that cannot be read is a note, not a failure; distributions are told apart by exact words.
//! [`check`] and [`Survey`] change nothing. [`provide`] installs packages only where its policy allows it, and only on
//! Arch-like systems.
//!
//! ```
//! use std::path::Path;
//!
//! use preflight::{InstallPolicy, Memo, Need, Tool, Version, distribution, provide};
//!
//! let cuda = Need::from(Tool::Cmake).at_least(Version::new(3, 18, 0), "older ones know no CUDA architectures");
//! let needs = [Tool::Git.into(), cuda, Tool::NinjaOrMake.into(), Tool::Cxx.into()];
//! let (env, policy) = (exec::Env::current(), InstallPolicy::forbidden());
//! let on_line = &mut |line: &str| println!("pacman: {line}");
//! match provide(&needs, &env, &Memo::default(), &distribution(Path::new("/")), &policy, on_line) {
//!     Ok(provided) => println!("{:?}", provided.report.get(Tool::NinjaOrMake).map(|found| &found.path)),
//!     Err(error) => println!("{error}"),
//! }
//! ```

mod error;
mod host;
mod pacman;
mod survey;
mod tools;

pub use distro::{Distribution, Family, Immutable, distribution, families};
pub use error::PreflightError;
/// What programs answered when they were asked for their versions; see [`check`].
pub use exec::ProbeCache as Memo;
pub use host::{Clock, Finding, HostFacts, HostNeeds, Memory, Place, PlaceNeed, UserNamespaces, findings};
pub use pacman::{
    InstallError, InstallPolicy, Installable, InstalledPackage, PackageError, PackageRequest, PackageState, Provided,
    Trouble, find_package, install_package, installed_version, packages_supported, planned_install, provide,
};
pub use survey::Survey;
pub use tools::{Found, Missing, Need, Outdated, Refused, Report, Tool, Version, check, check_on, remedy, save_memo};
