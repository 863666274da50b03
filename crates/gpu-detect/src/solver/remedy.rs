//! What to change, in words and as a command for each family of systems. Nothing here is ever run.

use std::collections::BTreeMap;
use std::fmt;

use distro::Distribution;
use serde::{Deserialize, Serialize};

use crate::family::Family;

/// One change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What to do, in words.
    pub change: String,
    /// What to type, for each family of systems where that is known.
    pub commands: BTreeMap<Family, String>,
    /// The packages that those commands install, where that is all they do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<Family, Vec<String>>,
    /// The name in `distro`'s table of software that does it, too, for distributions that have a package of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
}

impl Remedy {
    /// The change in words with this family's command, or with all commands where the family is unknown.
    pub fn for_family(&self, family: Option<Family>) -> String {
        match family.and_then(|family| self.commands.get(&family)) {
            Some(command) => format!("{}: `{command}`", self.change),
            None => self.to_string(),
        }
    }

    /// The change in words with the command of this very system: its own package manager, or what an immutable system has
    /// instead. With all commands where the system is unknown or has no such package.
    pub fn for_host(&self, distribution: &Distribution) -> String {
        let family = Family::of(distribution);
        let own = || distribution.family()?.packages(self.software.as_deref()?);
        let packages = family.and_then(|family| self.packages.get(&family)).map(Vec::as_slice).or_else(own);
        match packages.and_then(|packages| distribution.install(packages)) {
            Some(install) => {
                let then = install.then.map(|then| format!(", {then}")).unwrap_or_default();
                format!("{}: `{}`{then}", self.change, install.command)
            }
            None => self.for_family(family),
        }
    }

    /// A change without a command.
    pub(super) fn words(change: impl Into<String>) -> Self {
        Self { change: change.into(), ..Self::default() }
    }

    /// The same, done by installing these packages; a family with none has no command.
    pub(super) fn by_installing<const N: usize>(mut self, packages: [(Family, Vec<String>); N]) -> Self {
        self.packages = packages.into_iter().filter(|(_, names)| !names.is_empty()).collect();
        self.commands = self.packages.iter().map(|(family, names)| (*family, family.install_line(names))).collect();
        self
    }

    /// The same, done by a distribution's own package as well.
    pub(super) fn or_software(mut self, name: &str) -> Self {
        self.software = Some(name.into());
        self
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.change)?;
        let commands: Vec<String> = self.commands.iter().map(|(family, line)| format!("{family}: `{line}`")).collect();
        if commands.is_empty() { Ok(()) } else { write!(f, " ({})", commands.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solver::remedies;
    use crate::toolkit::Releases;

    #[track_caller]
    fn check(os_release: &str, remedy: &Remedy, expected: &str) {
        assert_eq!(remedy.for_host(&Distribution::parse(os_release)), expected, "{os_release}");
    }

    /// Each system's own command, also of families that NVIDIA has no packages for.
    #[test]
    fn a_compiler() {
        let any = remedies::host_compiler(None);
        check("ID=debian", &any, "install g++: `apt-get update && apt-get install g++`");
        check("ID=void", &any, "install g++: `xbps-install -S gcc`");
        check("ID=gentoo", &any, "install g++: `emerge --noreplace sys-devel/gcc`");
        check("ID=centos\nVERSION_ID=7", &any, "install g++: `yum install gcc-c++`");
        let old = remedies::host_compiler(Some(13));
        let change = "install g++ 13 beside the others; as `g++-13` on `PATH` it is found";
        check("ID=azurelinux", &old, &format!("{change}: `tdnf install gcc13-c++`"));
        let unknown = old.for_host(&Distribution::default());
        assert!(unknown.contains("Debian, Ubuntu: `apt-get update && apt-get install g++-13`"), "{unknown}");
    }

    #[test]
    fn a_toolkit() {
        let newest = remedies::toolkit(Releases { first: (12, 8), last: None });
        let change = "install CUDA 12.8 or newer and point `CUDA_HOME` at it";
        check("ID=arch", &newest, &format!("{change}: `pacman -S --needed cuda`"));
        check("ID=gentoo", &newest, &format!("{change}: `emerge --noreplace dev-util/nvidia-cuda-toolkit`"));
        check("ID=aosc", &newest, &format!("{change}: `oma install cuda`"));
        let last = remedies::toolkit(Releases { first: (12, 8), last: Some((12, 9)) });
        let change = "install CUDA 12.8 to 12.9 and point `CUDA_HOME` at it";
        check("ID=rocky\nID_LIKE=rhel", &last, &format!("{change}: `dnf install cuda-toolkit-12-9`"));
        let nix = "NIXPKGS_ALLOW_UNFREE=1 nix-shell -p cudaPackages_12_9.cudatoolkit";
        check("ID=nixos", &last, &format!("{change}: `{nix}`, and run this program in that shell"));
        // Its own package is of another release: no command is better than a wrong one.
        let gentoo = last.for_host(&Distribution::parse("ID=gentoo"));
        assert!(!gentoo.contains("emerge") && gentoo.contains("conda"), "{gentoo}");
    }

    /// What an immutable system is told works there.
    #[test]
    fn an_immutable_system() {
        let remedy = remedies::toolkit(Releases { first: (12, 8), last: Some((12, 9)) });
        let immutable = Some(distro::Immutable::Ostree);
        let silverblue = Distribution { immutable, ..Distribution::parse("ID=fedora") };
        let line = "`rpm-ostree install --idempotent --apply-live cuda-toolkit-12-9`";
        assert!(remedy.for_host(&silverblue).ends_with(line), "{}", remedy.for_host(&silverblue));
    }
}
