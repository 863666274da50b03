//! Which Linux distribution a host runs, by the exact words in its os-release file.

use std::path::Path;

use serde::Serialize;

use crate::packages::{MANAGERS, Manager};

/// A distribution as os-release names it
/// (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// `ID`, such as `debian`; empty where no file tells it.
    pub id: String,
    /// The words of `ID_LIKE`, closest relative first.
    pub id_like: Vec<String>,
    /// `PRETTY_NAME`, for people only: nothing is decided by it.
    pub name: String,
}

/// Reads `/etc/os-release`, or `/usr/lib/os-release` where that is absent, under `root`.
pub fn distribution(root: &Path) -> Distribution {
    let read = |path: &str| std::fs::read(root.join(path)).ok();
    let bytes = read("etc/os-release").or_else(|| read("usr/lib/os-release")).unwrap_or_default();
    Distribution::parse(&String::from_utf8_lossy(&bytes))
}

impl Distribution {
    /// From the text of an os-release file.
    fn parse(text: &str) -> Self {
        let mut distribution = Self::default();
        for (key, value) in text.lines().filter_map(|line| line.trim().split_once('=')) {
            match key {
                "ID" => distribution.id = unquoted(value),
                "ID_LIKE" => {
                    distribution.id_like = unquoted(value).split_whitespace().map(str::to_owned).collect();
                }
                "PRETTY_NAME" => distribution.name = unquoted(value),
                _ => {}
            }
        }
        distribution
    }

    /// Its package manager, if we know one: by `ID` itself, then by each word of `ID_LIKE`.
    pub(crate) fn manager(&self) -> Option<&'static Manager> {
        let words = std::iter::once(&self.id).chain(&self.id_like);
        words.flat_map(|word| MANAGERS.iter().filter(move |manager| manager.ids.contains(&word.as_str()))).next()
    }

    /// Whether it is Arch Linux or calls itself like it: the only kind of host that packages may ever be installed on.
    pub fn is_arch_like(&self) -> bool {
        self.manager().is_some_and(|manager| manager.ids.contains(&"arch"))
    }
}

/// A value without the quotes of a shell assignment.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return inner.to_owned();
    }
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        text.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, install: Option<&str>) {
        let distribution = Distribution::parse(text);
        assert_eq!(distribution.manager().map(|manager| manager.install), install, "{distribution:?}");
    }

    /// EP-22: exact words of `ID` and `ID_LIKE` decide, and nothing else.
    #[test]
    fn real_files() {
        check("ID=arch\nPRETTY_NAME=\"Arch Linux\"\n", Some("pacman -S --needed"));
        check("ID=manjaro\nID_LIKE=arch\n", Some("pacman -S --needed"));
        check("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n", Some("apt-get install"));
        check("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Some("apt-get install"));
        check("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", Some("dnf install"));
        check("ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", Some("zypper install"));
        check("ID=alpine\n", Some("apk add"));
        check("ID=nixos\n", Some("nix-shell -p"));
        check("ID=void\n", None);
        check("", None);
    }

    /// F75
    #[test]
    fn words_that_contain_arch_are_not_arch() {
        for text in [
            "ID=search\nPRETTY_NAME=\"arch-like search appliance\"\n",
            "ID=archive\nID_LIKE=\"monarch\"\nNAME=arch\nHOME_URL=https://archlinux.org\n",
            "ID=x\nPRETTY_NAME=arch\nARCHITECTURE=arch\n",
            "ID_LIKE_TOO=arch\nXID=arch\n",
        ] {
            assert!(!Distribution::parse(text).is_arch_like(), "{text}");
        }
        assert!(Distribution::parse("ID=x\nID_LIKE='y arch'\n").is_arch_like());
        assert!(!Distribution::parse("ID=debian\nID_LIKE=arch\n").is_arch_like(), "what it is comes before its kin");
    }

    #[test]
    fn quotes() {
        assert_eq!(unquoted(r#""a \"b\" \$c""#), r#"a "b" $c"#);
        assert_eq!(unquoted(r"'a \b'"), r"a \b");
        assert_eq!(unquoted("plain"), "plain");
        assert_eq!(unquoted("\""), "\"");
    }

    proptest! {
        #[test]
        fn no_file_panics(text in "\\PC*") {
            let _ = Distribution::parse(&text).manager();
            let _ = unquoted(&text);
        }
    }
}
