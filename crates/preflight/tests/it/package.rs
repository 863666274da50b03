//! One package that a pool names, looked up and installed by the real pacman in a root of its own.

use std::time::Duration;

use miette::Diagnostic;
use preflight::{
    Distribution, InstallPolicy, PackageError, PackageRequest, PackageState, distribution, find_package,
    install_package, installed_version,
};
use testkit::{ArchRoot, Package};

fn request(name: &str) -> PackageRequest {
    PackageRequest { name: name.into(), ..PackageRequest::default() }
}

fn allowed() -> InstallPolicy {
    InstallPolicy { allowed: true, root: true, lock_wait: Duration::ZERO, ..InstallPolicy::forbidden() }
}

fn find(arch: &ArchRoot, request: &PackageRequest, policy: &InstallPolicy) -> Result<PackageState, PackageError> {
    find_package(request, &arch.env(), &distribution(&arch.at("root")), policy)
}

#[track_caller]
fn refused(arch: &ArchRoot, request: &PackageRequest, policy: &InstallPolicy) -> (String, String) {
    let error = find(arch, request, policy).unwrap_err();
    let code = error.code().unwrap().to_string();
    (code, format!("{error}\n{}", error.help().unwrap()))
}

/// EP-21, EP-22: looked up, installed by the real pacman from the repository that is named, and known by its files.
#[test]
fn a_package_is_installed_and_known_by_its_files() {
    let arch = ArchRoot::new();
    arch.add(&Package::new("engine", "1:6673-1", &[("usr/bin/engine", "version: 6673")]));
    arch.refresh();
    let wanted = PackageRequest { version: Some("6673".into()), repository: Some("extra".into()), ..request("engine") };
    assert_eq!(installed_version("engine", &arch.env()), None);
    let (code, text) = refused(&arch, &wanted, &InstallPolicy::forbidden());
    assert_eq!(code, "preflight::package_missing");
    assert!(text.contains("pacman -S --needed extra/engine; or set provisioning.allow_package_installs"), "{text}");
    let PackageState::Installable(installable) = find(&arch, &wanted, &allowed()).unwrap() else { panic!("installed") };
    assert_eq!((installable.version.as_str(), installable.repository.as_str()), ("1:6673-1", "extra"));
    assert!(arch.calls().iter().all(|call| !call.starts_with("pacman -S ")), "{:?}", arch.calls());

    let system = distribution(&arch.at("root"));
    let mut lines = Vec::new();
    let mut on_line = |line: &str| lines.push(line.to_owned());
    let (installed, transcript) =
        install_package(&wanted, &arch.env(), &system, &allowed(), &mut on_line).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(installed.version, "1:6673-1");
    assert!(installed.files.contains(&arch.at("root/usr/bin/engine")), "{installed:?}");
    assert!(transcript.contains("-- extra/engine") && lines.iter().any(|line| line.contains("installing engine")));
    assert_eq!(installed_version("engine", &arch.env()).as_deref(), Some("1:6673-1"));
    // What is there needs no permission.
    assert!(
        matches!(find(&arch, &wanted, &InstallPolicy::forbidden()), Ok(PackageState::Installed(found)) if found == installed)
    );
}

/// EP-22: what no repository has is named, and what the AUR may have is never built.
#[test]
fn what_is_not_the_wanted_package_is_refused_by_name() {
    let arch = ArchRoot::new();
    arch.add(&Package::new("engine", "2-1", &[("usr/bin/engine", "2")]));
    arch.add(&Package { facts: &[("provide", "provided")], ..Package::new("other", "2-1", &[("usr/bin/other", "2")]) });
    arch.refresh();
    let (code, text) = refused(&arch, &request("engine-git"), &allowed());
    assert_eq!(code, "preflight::package_unknown");
    assert!(
        text.contains("https://aur.archlinux.org/packages/engine-git") && text.contains("nothing of the AUR"),
        "{text}"
    );
    let from = |repository: &str| PackageRequest { repository: Some(repository.into()), ..request("engine") };
    assert_eq!(refused(&arch, &from("aur"), &allowed()).0, "preflight::package_unknown");
    let version = PackageRequest { version: Some("1".into()), ..request("engine") };
    assert_eq!(refused(&arch, &version, &allowed()).0, "preflight::package_version");

    // Installed: in another version than the wanted one, and from no repository at all.
    let system = distribution(&arch.at("root"));
    install_package(&request("engine"), &arch.env(), &system, &allowed(), &mut |_| ()).unwrap();
    let (code, text) = refused(&arch, &version, &allowed());
    assert_eq!(code, "preflight::package_version");
    assert!(text.contains("is installed in version 2-1") && text.contains("pacman -U FILE"), "{text}");
    arch.retire("engine-2-1");
    arch.refresh();
    assert!(matches!(find(&arch, &request("engine"), &allowed()), Ok(PackageState::Installed(_))));
    // A user who is not root is told what to type.
    let user = InstallPolicy { root: false, ..allowed() };
    assert_eq!(refused(&arch, &request("git"), &user).0, "preflight::pacman_not_root");
}

/// EP-22: any other distribution gets its own words, and no package manager is run.
#[test]
fn other_systems_get_their_own_words() {
    let arch = ArchRoot::new();
    for (os_release, expected) in [
        ("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 13\"", "run as root: apt-get update && apt-get install engine"),
        ("ID=fedora", "run as root: dnf install engine"),
        ("ID=nobody-knows", "install it by hand"),
    ] {
        let error = find_package(&request("engine"), &arch.env(), &Distribution::parse(os_release), &allowed());
        let error = error.unwrap_err();
        assert_eq!(error.code().unwrap().to_string(), "preflight::package_unsupported");
        let help = error.help().unwrap().to_string();
        assert!(help.contains(expected) && help.contains("mode = \"external\""), "{help}");
    }
    assert!(arch.calls().is_empty(), "{:?}", arch.calls());
}
