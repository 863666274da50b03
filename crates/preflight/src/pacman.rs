//! Packages by pacman: asked for, installed, and what went wrong.
//!
//! The rules: only where the caller says that it is allowed, and only on an Arch-like system; only names from our own
//! table, or the one package that a pool names; never a refresh (`-Sy`) or an upgrade (`-Syu`), nothing overwritten, no lock removed, no prompt answered
//! but with pacman's own default; a transaction that has begun is never killed.

mod calls;
mod classify;
mod failure;
mod install;
mod package;
mod package_error;
mod transaction;
mod trouble;

pub use failure::InstallError;
pub use install::{InstallPolicy, Provided, planned_install, provide};
pub use package::{
    Installable, InstalledPackage, PackageRequest, PackageState, find_package, install_package, installed_version,
    packages_supported,
};
pub use package_error::PackageError;
pub use trouble::Trouble;
