//! Why a package that a pool names is not there, and what the operator does about it.

use miette::Diagnostic;
use thiserror::Error;

use super::failure::InstallError;
use super::package::PackageRequest;

/// Why a package is not installed, or is another one than the pool names.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum PackageError {
    /// The package is not installed, and the pool does not allow installations. No package was installed.
    #[error("the package `{}` is not installed", package.name)]
    #[diagnostic(code(preflight::package_missing), help("{remedy}; or set provisioning.allow_package_installs = true"))]
    Missing {
        /// The package.
        package: PackageRequest,
        /// What to type.
        remedy: String,
    },
    /// The package cannot be looked up or installed on this system: it is not Arch-like, or is not changed in place.
    #[error("packages are taken from Arch-like systems only, by pacman: this is {distribution}")]
    #[diagnostic(code(preflight::package_unsupported), help("{remedy}"))]
    Unsupported {
        /// What the system calls itself.
        distribution: String,
        /// What to type there.
        remedy: String,
    },
    /// The system is Arch-like, and the program `pacman` is not on `PATH`.
    #[error("`pacman` is not on `PATH`, so that the package `{name}` cannot be looked up")]
    #[diagnostic(code(preflight::package_no_pacman), help("run this program with a `PATH` that has `pacman`"))]
    NoPacman {
        /// The package.
        name: String,
    },
    /// No repository of this system has the package. Packages of the AUR are named, and never built.
    #[error("{}", not_offered(package))]
    #[diagnostic(
        code(preflight::package_unknown),
        help(
            "correct `provisioning.package`, or upgrade the system (`pacman -Syu`) if the package is new; if it is in the AUR \
             (https://aur.archlinux.org/packages/{}), build and install it yourself: an installed package is used, and \
             nothing of the AUR is built by this program",
            package.name
        )
    )]
    Unknown {
        /// The package.
        package: PackageRequest,
    },
    /// The package has another version than the pool asks for. A repository has one version of a package.
    #[error("the package `{name}` {is} {found}, and the pool asks for {wanted}")]
    #[diagnostic(
        code(preflight::package_version),
        help(
            "write the version that is wanted now as `provisioning.package.version`, or leave it out; another version is \
             installed by hand: an upgrade of the whole system (`pacman -Syu`), or a package file of that version \
             (`pacman -U FILE`)"
        )
    )]
    OtherVersion {
        /// The package.
        name: String,
        /// `is installed in version`, or `is in the repository in version`.
        is: &'static str,
        /// The version that is there.
        found: String,
        /// The version that the pool asks for.
        wanted: String,
    },
    /// pacman failed, or must not be run by this user.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Install(#[from] Box<InstallError>),
}

impl From<InstallError> for PackageError {
    fn from(error: InstallError) -> Self {
        Self::Install(Box::new(error))
    }
}

fn not_offered(PackageRequest { name, repository, .. }: &PackageRequest) -> String {
    match repository {
        Some(repository) => {
            format!("`{repository}` is not a repository of this system, or does not have the package `{name}`")
        }
        None => format!("no repository of this system has the package `{name}`"),
    }
}
