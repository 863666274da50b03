//! The programs of the system that tests and demo need: installed where we may (Debian, as root), otherwise named.

use std::fs;
use std::os::unix::fs::MetadataExt;

use exec::Env;

use crate::failure::{Failure, Result};
use crate::proc;

/// A program, and the Debian package it comes in.
pub(crate) type Tool = (&'static str, &'static str);

/// What a build of llama.cpp needs.
pub(crate) const BUILD: &[Tool] =
    &[("git", "git"), ("cmake", "cmake"), ("ninja", "ninja-build"), ("make", "make"), ("g++", "g++")];

/// What makes archives, and certificates for the server that they come from.
pub(crate) const ARCHIVES: &[Tool] = &[("tar", "tar"), ("xz", "xz-utils"), ("zstd", "zstd"), ("openssl", "openssl")];

/// What some tests need beside it.
pub(crate) const TESTS: &[Tool] = &[
    ("strace", "strace"),
    ("podman", "podman"),
    ("runc", "runc"),
    ("slirp4netns", "slirp4netns"),
    ("fuse-overlayfs", "fuse-overlayfs"),
    ("newuidmap", "uidmap"),
    ("docker-registry", "docker-registry"),
];

/// Makes sure that all of them are there.
pub(crate) fn ensure(env: &Env, tools: &[Tool]) -> Result<()> {
    let missing: Vec<Tool> = tools.iter().copied().filter(|(program, _)| env.find(program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let debian = is_debian(&fs::read_to_string("/etc/os-release").unwrap_or_default());
    let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !(debian && root) {
        return Err(Failure::missing(advice(&missing, debian)));
    }
    let apt = proc::find(env, "apt-get")?;
    let quiet = [("DEBIAN_FRONTEND", "noninteractive".as_ref())];
    proc::with_terminal(&apt, &["update", "-qq"], &quiet)?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(missing.iter().map(|(_, package)| *package));
    proc::with_terminal(&apt, &args, &quiet)
}

/// What a person has to type.
fn advice(missing: &[Tool], debian: bool) -> String {
    let join = |part: fn(&Tool) -> &'static str| missing.iter().map(part).collect::<Vec<_>>().join(" ");
    let (programs, packages) = (join(|tool| tool.0), join(|tool| tool.1));
    if debian {
        format!("missing: {programs}\ninstall them with:\n  sudo apt-get install {packages}")
    } else {
        format!("missing: {programs}\ninstall them with your system's package manager (Debian calls them: {packages})")
    }
}

pub(crate) fn is_debian(os_release: &str) -> bool {
    let value = |line: &str| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")).map(String::from);
    os_release.lines().filter_map(value).any(|ids| ids.trim_matches('"').split(' ').any(|id| id == "debian"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_and_its_children_are_recognised() {
        for (text, expected) in [
            ("NAME=\"Debian GNU/Linux\"\nID=debian\n", true),
            ("ID=ubuntu\nID_LIKE=debian\n", true),
            ("ID=pop\nID_LIKE=\"ubuntu debian\"\n", true),
            ("ID=arch\n", false),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nHOME_URL=\"debian\"\n", false),
            ("", false),
        ] {
            assert_eq!(is_debian(text), expected, "{text}");
        }
    }

    #[test]
    fn advice_can_be_pasted() {
        let missing = [("ninja", "ninja-build"), ("g++", "g++")];
        assert_eq!(
            advice(&missing, true),
            "missing: ninja g++\ninstall them with:\n  sudo apt-get install ninja-build g++"
        );
        assert!(advice(&missing, false).ends_with("(Debian calls them: ninja-build g++)"));
    }

    #[test]
    fn nothing_is_done_where_nothing_is_missing() {
        assert!(ensure(&Env::current(), &[("sh", "dash")]).is_ok());
    }
}
