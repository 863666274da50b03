//! What to type to install packages on one system: its own package manager, or what an immutable system has instead.

use crate::distribution::Distribution;
use crate::family::Family;
use crate::immutable::Immutable;

/// One line for a shell, and what goes with it. It is for people; this crate runs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Install {
    /// The line.
    pub command: String,
    /// Whether it must be run as root.
    pub as_root: bool,
    /// What has to be done afterwards, as the end of a sentence: `and restart the host: …`.
    pub then: Option<&'static str>,
}

impl Distribution {
    /// How `packages`, by their names on this distribution, are installed on this very system; `None` where there are no
    /// packages or the distribution's family is not known.
    pub fn install(&self, packages: &[String]) -> Option<Install> {
        let family = self.family().filter(|_| !packages.is_empty())?;
        let in_place = family.line(family.command(&self.managers, self.major()), packages);
        let names = packages.join(" ");
        let mut install = Install { command: in_place, as_root: family.as_root, then: family.then.as_deref() };
        match (self.immutable, &family.image) {
            (Some(Immutable::Ostree), _) => {
                install.command = format!("rpm-ostree install --idempotent --apply-live {names}");
            }
            (Some(Immutable::Transactional), _) => {
                install.then = Some("and restart the host: the packages are in its next snapshot");
                install.command = format!("transactional-update pkg install {names}");
            }
            (Some(Immutable::Image), _) if self.container.is_some() => {
                install.then = Some("in the recipe of this container's image: its file system is read-only");
            }
            (Some(Immutable::Image), Some(image)) => {
                install.as_root = false;
                install.then = Some("and work in there: this system's own folders are replaced by its next update");
                let make = format!("distrobox create --name build --image {image} --additional-packages \"{names}\"");
                install.command = format!("{make} && distrobox enter build");
            }
            _ => {}
        }
        Some(install)
    }
}

impl Family {
    /// The line that installs `packages` on most systems of this family.
    pub fn install_line(&self, packages: &[String]) -> String {
        self.line(&self.install, packages)
    }

    fn line(&self, command: &str, packages: &[String]) -> String {
        let needs = |start: &String| packages.iter().any(|package| package.starts_with(start.as_str()));
        let before = self.before.iter().find(|(start, _)| needs(start)).map(|(_, words)| words.as_str());
        let words = before.into_iter().chain([command]).chain(packages.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(os_release: &str, packages: &[&str], expected: Option<&str>) {
        let packages: Vec<String> = packages.iter().map(|name| (*name).to_owned()).collect();
        let install = Distribution::parse(os_release).install(&packages);
        assert_eq!(install.map(|install| install.command).as_deref(), expected, "{os_release}");
    }

    #[test]
    fn one_line_for_all_packages() {
        check("ID=debian", &["git", "g++"], Some("apt-get update && apt-get install git g++"));
        check("ID=debian", &[], None);
        check("ID=x", &["git"], None);
        check("ID=centos\nVERSION_ID=7", &["git"], Some("yum install git"));
    }

    /// nixpkgs refuses packages with other licences unless this variable says otherwise.
    #[test]
    fn what_stands_before_a_command() {
        check("ID=nixos", &["git"], Some("nix-shell -p git"));
        let cuda = "cudaPackages_12_9.cudatoolkit";
        check("ID=nixos", &["git", cuda], Some(&format!("NIXPKGS_ALLOW_UNFREE=1 nix-shell -p git {cuda}")));
    }

    #[test]
    fn immutable_systems() {
        let on = |immutable, container: Option<&str>| {
            let container = container.map(str::to_owned);
            let system = Distribution { immutable: Some(immutable), container, ..Distribution::parse("ID=fedora") };
            system.install(&["git".into()]).unwrap()
        };
        assert_eq!(on(Immutable::Ostree, None).command, "rpm-ostree install --idempotent --apply-live git");
        assert!(on(Immutable::Transactional, None).then.unwrap().contains("restart"));
        let image = on(Immutable::Image, None);
        assert!(image.command.starts_with("distrobox create") && !image.as_root, "{image:?}");
        let container = on(Immutable::Image, Some("docker"));
        assert_eq!((container.command.as_str(), container.as_root), ("dnf install git", true));
    }
}
