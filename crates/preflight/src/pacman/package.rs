//! One package that a pool names: looked up by pacman, and installed where that is allowed.
//!
//! The rules: the system's own databases are asked and no network; a package that is installed is used whatever it came
//! from; a package of another version than the wanted one is never installed, and none is replaced.

use std::path::PathBuf;

use distro::Distribution;
use exec::{CommandSpec, Env, Exit, run};

use super::calls;
use super::classify::classify;
use super::install::{InstallPolicy, Pacman, sudo};
use super::package_error::PackageError;
use super::trouble::Trouble;

/// A package as a pool names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageRequest {
    /// Its name.
    pub name: String,
    /// The version that it must have, with or without epoch and release (`1:6673-1`, `6673`); any, if none.
    pub version: Option<String>,
    /// The repository that must have it, such as `extra`; any, if none.
    pub repository: Option<String>,
}

/// A package that is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstalledPackage {
    /// Its name.
    pub name: String,
    /// Its version with epoch and release.
    pub version: String,
    /// The absolute paths of its files and folders, as pacman lists them.
    pub files: Vec<PathBuf>,
}

/// A package that can be installed.
#[derive(Clone, Debug)]
pub struct Installable {
    /// The version that the repository has.
    pub version: String,
    /// The repository.
    pub repository: String,
    /// The command that installs it.
    pub command: CommandSpec,
}

/// What a system has of a package.
#[derive(Clone, Debug)]
pub enum PackageState {
    /// It is installed, in the version that is wanted.
    Installed(InstalledPackage),
    /// It is not installed, and can be.
    Installable(Box<Installable>),
}

/// Looks a package up. Installs nothing and asks no network.
///
/// # Errors
///
/// `preflight::package_*` for a package that is not there and cannot, or must not, be installed; the codes of
/// [`Trouble`] where pacman fails.
pub fn find_package(
    request: &PackageRequest,
    env: &Env,
    distribution: &Distribution,
    policy: &InstallPolicy,
) -> Result<PackageState, PackageError> {
    let pacman = pacman(request, env, distribution)?;
    if let Some(installed) = pacman.find_installed(request)? {
        return Ok(PackageState::Installed(installed));
    }
    let remedy = format!("run as root: pacman -S --needed {}", pacman.targets(&pacman.wanted).join(" "));
    let (repository, version) = pacman.find_offered(request)?;
    if !policy.allowed {
        return Err(PackageError::Missing { package: request.clone(), remedy });
    }
    if !distribution.takes_packages() {
        return Err(unsupported(request, distribution));
    }
    let pacman = Pacman { sudo: sudo(env, policy, &pacman.wanted, &remedy)?, ..pacman };
    let (sudo, targets) = (pacman.sudo.as_deref(), pacman.targets(&pacman.wanted));
    let command = calls::install(&pacman.program, sudo, &targets, policy.deadline, env);
    Ok(PackageState::Installable(Box::new(Installable { version, repository, command })))
}

/// Installs a package if it is not installed yet. Returns it with all that pacman printed, redacted; `on_line` gets each
/// line as it comes.
///
/// # Errors
///
/// Those of [`find_package`], and the codes of [`Trouble`] where pacman fails.
pub fn install_package(
    request: &PackageRequest,
    env: &Env,
    distribution: &Distribution,
    policy: &InstallPolicy,
    on_line: &mut dyn FnMut(&str),
) -> Result<(InstalledPackage, String), PackageError> {
    if let PackageState::Installed(installed) = find_package(request, env, distribution, policy)? {
        return Ok((installed, String::new()));
    }
    let pacman = pacman(request, env, distribution)?;
    let pacman = Pacman { sudo: sudo(env, policy, &pacman.wanted, "")?, ..pacman };
    let (_, transcript) = pacman.install(policy, env, on_line)?;
    let installed = pacman.find_installed(request)?;
    let installed = installed.ok_or_else(|| PackageError::Unknown { package: request.clone() })?;
    Ok((installed, transcript))
}

/// The version of a package that is installed; `None` if it is not, or if there is no pacman to ask.
pub fn installed_version(name: &str, env: &Env) -> Option<String> {
    let spec = calls::installed(&env.find("pacman")?, name);
    run(&spec).ok().and_then(|output| version_in(&output.stdout_text(), name))
}

/// Whether packages can be looked up on this system at all.
///
/// # Errors
///
/// `preflight::package_unsupported` on a system of another kind, `preflight::package_no_pacman` without pacman.
pub fn packages_supported(
    request: &PackageRequest,
    env: &Env,
    distribution: &Distribution,
) -> Result<(), PackageError> {
    pacman(request, env, distribution).map(drop)
}

fn pacman(request: &PackageRequest, env: &Env, distribution: &Distribution) -> Result<Pacman, PackageError> {
    if !distribution.is_arch_like() {
        return Err(unsupported(request, distribution));
    }
    let program = env.find("pacman").ok_or_else(|| PackageError::NoPacman { name: request.name.clone() })?;
    Ok(Pacman { program, sudo: None, wanted: vec![request.name.clone()], repository: request.repository.clone() })
}

fn unsupported(request: &PackageRequest, distribution: &Distribution) -> PackageError {
    const THEN: &str = "then name the program that it brings: provisioning.mode = \"external\", provisioning.external = { path \
                        = \"/usr/bin/PROGRAM\" }";
    let install = distribution.install(std::slice::from_ref(&request.name));
    let remedy = match install {
        Some(install) => {
            let as_root = if install.as_root { " as root" } else { "" };
            let after = install.then.map(|then| format!(" {then}")).unwrap_or_default();
            format!("install it by hand, under its name there; run{as_root}: {}{after}\n{THEN}", install.command)
        }
        None => format!("install it by hand, as this system installs software\n{THEN}"),
    };
    let fixed = if distribution.is_arch_like() { ", whose own folders are not changed in place" } else { "" };
    PackageError::Unsupported { distribution: format!("{}{fixed}", distribution.title()), remedy }
}

impl Pacman {
    fn find_installed(&self, request: &PackageRequest) -> Result<Option<InstalledPackage>, PackageError> {
        let Some(text) = self.ask(&calls::installed(&self.program, &request.name))? else { return Ok(None) };
        // pacman answers with another package where one provides the name.
        let Some(version) = version_in(&text, &request.name) else { return Ok(None) };
        check_version(request, "is installed in version", &version)?;
        let files = self.ask(&calls::files(&self.program, &request.name))?.unwrap_or_default();
        let files = files.lines().map(PathBuf::from).filter(|path| path.is_absolute()).collect();
        Ok(Some(InstalledPackage { name: request.name.clone(), version, files }))
    }

    /// Which repository has the package, and in which version.
    fn find_offered(&self, request: &PackageRequest) -> Result<(String, String), PackageError> {
        let unknown = || PackageError::Unknown { package: request.clone() };
        let target = self.targets(&self.wanted).join("");
        let text = self.ask(&calls::offered(&self.program, &target))?.ok_or_else(unknown)?;
        let (repository, version) = offer_in(&text).ok_or_else(unknown)?;
        check_version(request, "is in the repository in version", &version)?;
        Ok((repository, version))
    }

    /// What pacman prints; `None` where it knows no such package.
    fn ask(&self, spec: &CommandSpec) -> Result<Option<String>, PackageError> {
        let output = run(spec).map_err(|error| self.broken(spec, error.to_string()))?;
        let (text, errors) = (output.stdout_text().into_owned(), output.stderr_tail(20));
        match output.exit {
            Exit::Code(0) => Ok(Some(text)),
            exit => match classify(exit, &errors) {
                (Trouble::UnknownPackage, _) => Ok(None),
                _ => Err(self.failure(spec, exit, &errors).into()),
            },
        }
    }
}

fn check_version(request: &PackageRequest, is: &'static str, found: &str) -> Result<(), PackageError> {
    match &request.version {
        Some(wanted) if !is_version(found, wanted) => {
            let (name, found, wanted) = (request.name.clone(), found.to_owned(), wanted.clone());
            Err(PackageError::OtherVersion { name, is, found, wanted })
        }
        _ => Ok(()),
    }
}

/// Whether a version with epoch and release is the wanted one, which may leave out either.
fn is_version(found: &str, wanted: &str) -> bool {
    let without_epoch = found.split_once(':').map_or(found, |(_, rest)| rest);
    let without_release = |version: &str| version.rsplit_once('-').map(|(version, _)| version.to_owned());
    [found, without_epoch]
        .into_iter()
        .any(|version| version == wanted || without_release(version).as_deref() == Some(wanted))
}

/// The version in a line such as `llama.cpp 6673-1`, if it is of that package.
fn version_in(text: &str, name: &str) -> Option<String> {
    let (found, version) = text.lines().next()?.trim().split_once(' ')?;
    (found == name && !version.is_empty()).then(|| version.to_owned())
}

/// Repository and version of the first package that `pacman -Si` describes: the one that it would install.
fn offer_in(text: &str) -> Option<(String, String)> {
    let fact = |key: &str| {
        let value = |line: &str| Some(line.strip_prefix(key)?.trim_start().strip_prefix(':')?.trim().to_owned());
        text.lines().find_map(value)
    };
    Some((fact("Repository")?, fact("Version")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_and_without_epoch_and_release() {
        for (found, wanted, expected) in [
            ("6673-1", "6673-1", true),
            ("6673-1", "6673", true),
            ("1:6673-1", "6673", true),
            ("1:6673-1", "6673-1", true),
            ("1:6673-1", "1:6673", true),
            ("6673-1", "667", false),
            ("6673-2", "6673-1", false),
            ("1:6673-1", "2:6673-1", false),
        ] {
            assert_eq!(is_version(found, wanted), expected, "{found} {wanted}");
        }
    }

    #[test]
    fn what_pacman_prints() {
        assert_eq!(version_in("llama.cpp 6673-1\n", "llama.cpp").as_deref(), Some("6673-1"));
        assert_eq!(version_in("llama.cpp-cuda 6673-1\n", "llama.cpp"), None, "another package that provides it");
        assert_eq!(version_in("", "x"), None);
        let text = "Repository      : extra\nName            : x\nVersion         : 1:2-3\nDescription     : Version : 9\n\n\
                    Repository      : testing\nVersion         : 4-1\n";
        assert_eq!(offer_in(text), Some(("extra".into(), "1:2-3".into())));
        assert_eq!(offer_in("Version : 1\n"), None);
    }
}
