//! What a person is told: everything that is missing, and what to type.

use std::fs;

use miette::Diagnostic;
use preflight::{Distribution, Memo, Tool, check, distribution, remedy};

use crate::support::Host;

#[expect(clippy::disallowed_methods, reason = "nobody reads the file before the test does")]
fn like(os_release: &str) -> Distribution {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/os-release"), os_release).unwrap();
    distribution(root.path())
}

#[track_caller]
fn check_remedy(os_release: &str, tools: &[Tool], expected: &str) {
    assert_eq!(remedy(tools, &like(os_release)), expected);
}

/// EP-22: one line for everything, in the distribution's own words.
#[test]
fn one_line_for_each_distribution() {
    let all = Tool::SOURCE_BUILD;
    check_remedy("ID=debian", &all, "apt-get update && apt-get install git cmake ninja-build gcc libc6-dev g++");
    check_remedy(
        "ID=ubuntu\nID_LIKE=debian",
        &all,
        "apt-get update && apt-get install git cmake ninja-build gcc libc6-dev g++",
    );
    check_remedy("ID=arch", &all, "pacman -S --needed git cmake ninja gcc");
    check_remedy("ID=fedora", &all, "dnf install git cmake ninja-build gcc gcc-c++");
    check_remedy("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"", &all, "zypper install git cmake ninja gcc gcc-c++");
    check_remedy("ID=alpine", &all, "apk add git cmake samurai gcc musl-dev g++");
    check_remedy("ID=nixos", &all, "nix-shell -p git cmake ninja gcc");
    check_remedy("ID=arch", &[Tool::Make], "pacman -S --needed make");
    check_remedy("ID=void", &all, "xbps-install -S git cmake ninja gcc");
    check_remedy("ID=gentoo", &[Tool::Git, Tool::Cc], "emerge --noreplace dev-vcs/git sys-devel/gcc");
    let unfree = "NIXPKGS_ALLOW_UNFREE=1 nix-shell -p git cudaPackages.cudatoolkit";
    check_remedy("ID=nixos", &[Tool::Git, Tool::Nvcc], unfree);
    let headers = [Tool::CurlHeaders, Tool::OpensslHeaders];
    check_remedy("ID=debian", &headers, "apt-get update && apt-get install libcurl4-openssl-dev libssl-dev");
    check_remedy("ID=fedora", &headers, "dnf install libcurl-devel openssl-devel");
}

/// EP-22, EP-23, EP-24: the system's own packages come first.
#[test]
fn what_has_no_package_is_named() {
    check_remedy("ID=arch", &[Tool::Git, Tool::HfCli], "pacman -S --needed git python-huggingface-hub");
    let by_hand = "apt-get update && apt-get install git; then install the Hugging Face CLI (`pipx install huggingface_hub` gives `hf`)";
    check_remedy("ID=debian", &[Tool::Git, Tool::HfCli], by_hand);
    let all = "install git, CMake, Ninja or Make, a C compiler, a C++ compiler";
    check_remedy("ID=search\nPRETTY_NAME=\"arch-like search appliance\"", &Tool::SOURCE_BUILD, all);
    check_remedy("ID=debian", &[], "");
}

#[test]
fn os_release_is_read_from_either_place() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(distribution(root.path()), Distribution::default());
    fs::create_dir_all(root.path().join("usr/lib")).unwrap();
    durable::replace(&root.path().join("usr/lib/os-release"), b"ID=alpine\nPRETTY_NAME=\"Alpine \xff\"\n").unwrap();
    assert_eq!(distribution(root.path()).id, "alpine");
}

/// EP-20
#[test]
fn nothing_missing_is_no_error() {
    let report = check(&Tool::SOURCE_BUILD, &Host::complete().env(), &Memo::default());
    assert_eq!(report.clone().require(&Distribution::default()).unwrap(), report);
}

/// EP-20, EP-22: one error names all that is missing or too old, with one command.
#[test]
fn one_error_tells_everything() {
    let host = Host::complete().without("git").without("c++").says("cmake", "cmake version 3.10.2");
    let report = check(&Tool::SOURCE_BUILD, &host.env(), &Memo::default());
    let error = report.require(&like("ID=debian\n")).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "preflight::tools_missing");
    let expected = format!(
        "3 tools are missing or too old on this host:\n  git: not found (needed: `git`, 2.30 or newer; it fetches the \
         engine's sources)\n  a C++ compiler: not found (needed: `c++` or `g++` or `clang++`; it compiles the engine)\
         \n  CMake: `{}` is version 3.10.2 (needed: 3.14 or newer; it configures the build)",
        host.at("bin/cmake").display()
    );
    assert_eq!(error.to_string(), expected);
    let help = error.help().unwrap().to_string();
    assert!(help.starts_with("run as root: apt-get update && apt-get install git g++ cmake\n"), "{help}");
    assert!(help.contains("too old"), "{help}");
}

/// EP-23
#[test]
fn a_missing_hugging_face_cli_on_a_distribution_without_it() {
    let report = check(&[Tool::HfCli], &Host::new().env(), &Memo::default());
    let error = report.require(&like("ID=debian\n")).unwrap_err();
    let help = error.help().unwrap().to_string();
    assert_eq!(
        help,
        "install the Hugging Face CLI (`pipx install huggingface_hub` gives `hf`), for which no package of this distribution is known here"
    );
}

/// What the plan itself says about a tool that there is no package for: Debian's own CUDA is not in its main archive, and
/// Arch has the newest release only.
#[test]
fn the_plan_knows_better_how_a_tool_is_got() {
    let words = "install CUDA 11.1 to 12.9 and point `CUDA_HOME` at it";
    let told = |os_release: &str, tool: Tool| {
        let needs = [Tool::Git.into(), preflight::Need::from(tool).by_hand(words)];
        let report = check(&needs, &Host::new().env(), &Memo::default());
        report.require(&like(os_release)).unwrap_err().help().unwrap().to_string()
    };
    let expected = format!("run as root: apt-get update && apt-get install git\n{words}");
    assert_eq!(told("ID=debian", Tool::Nvcc), expected);
    let aur = format!("run as root: pacman -S --needed git\n{words} (the AUR has older releases, such as `cuda-12.5`)");
    assert_eq!(told("ID=arch", Tool::Nvcc12), aur);
    assert_eq!(told("ID=arch", Tool::Nvcc), "run as root: pacman -S --needed git cuda");
    let nix =
        "run: NIXPKGS_ALLOW_UNFREE=1 nix-shell -p git cudaPackages.cudatoolkit\nand run this program in that shell";
    assert_eq!(told("ID=nixos", Tool::Nvcc), nix);
}
