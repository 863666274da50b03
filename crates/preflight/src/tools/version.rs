//! Versions, read leniently from the first line that a program prints about itself.

use std::fmt;

use serde::Serialize;

/// A version as three numbers; those a program does not tell are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl Version {
    /// A version of these numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The version in a line such as `gcc (Debian 12.2.0-14+deb12u1) 12.2.0`, or `None` where there is none.
    ///
    /// The first word that starts as a version counts. Words in parentheses, where distributions write their own
    /// numbers, count only when there is no other. A line that warns names the versions of others.
    pub fn in_line(line: &str) -> Option<Self> {
        let lower = line.to_lowercase();
        if ["warning", "warn ", "warn[", "error:", "deprecated"].iter().any(|word| lower.contains(word)) {
            return None;
        }
        let mut depth = 0_u32;
        let outside = |c: char| match c {
            '(' => {
                depth += 1;
                ' '
            }
            ')' => {
                depth = depth.saturating_sub(1);
                ' '
            }
            c if depth == 0 => c,
            _ => ' ',
        };
        let bare: String = line.chars().map(outside).collect();
        let inside = line.replace(['(', ')'], " ");
        [bare, inside].iter().find_map(|text| text.split_whitespace().find_map(Self::at_start))
    }

    /// `3.31.6-dirty`, `4.3`, `v1.2`, `V1.2`; a number without a point is no version, since dates and commits look so.
    fn at_start(word: &str) -> Option<Self> {
        let word = word.strip_prefix(['v', 'V']).unwrap_or(word);
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let mut numbers = word.get(..end)?.split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        let patch = numbers.next().and_then(|number| number.parse().ok()).unwrap_or(0);
        Some(Self { major, minor, patch })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, patch } = self;
        if *patch == 0 { write!(f, "{major}.{minor}") } else { write!(f, "{major}.{minor}.{patch}") }
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(line: &str, expected: Option<(u32, u32, u32)>) {
        let expected = expected.map(|(major, minor, patch)| Version::new(major, minor, patch));
        assert_eq!(Version::in_line(line), expected, "{line:?}");
    }

    /// F69: first lines as real programs print them.
    #[test]
    fn real_first_lines() {
        check("cmake version 3.31.6-dirty", Some((3, 31, 6)));
        check("cmake version 4.0.0-rc1", Some((4, 0, 0)));
        check("cmake3 version 3.17.5", Some((3, 17, 5)));
        check("git version 2.39.5 (Apple Git-154)", Some((2, 39, 5)));
        check("git version 2.45.1.windows.1", Some((2, 45, 1)));
        check("gcc (Debian 12.2.0-14+deb12u1) 12.2.0", Some((12, 2, 0)));
        check("gcc (SUSE Linux) 7.5.0", Some((7, 5, 0)));
        check("g++-13 (Homebrew GCC 13.2.0) 13.2.0", Some((13, 2, 0)));
        check("cc (GCC) 14.2.1 20240910", Some((14, 2, 1)));
        check("clang version 17.0.6 (Fedora 17.0.6-2.fc39)", Some((17, 0, 6)));
        check("Ubuntu clang version 14.0.0-1ubuntu1.1", Some((14, 0, 0)));
        check("Apple clang version 15.0.0 (clang-1500.3.9.4)", Some((15, 0, 0)));
        check("1.12.1", Some((1, 12, 1)));
        check("1.13.0.git.kitware.jobserver-pipe-1", Some((1, 13, 0)));
        check("ninja 1.13.0.git.kitware.jobserver-pipe-1", Some((1, 13, 0)));
        check("GNU Make 4.3", Some((4, 3, 0)));
        check("gcc (custom 9.1.0)", Some((9, 1, 0)));
        check("cmake version 3.28.20231206-g4a5b7c6", Some((3, 28, 20_231_206)));
        check("cmake version 3.31.6-msvc1", Some((3, 31, 6)));
        check("git version 2.50.GIT", Some((2, 50, 0)));
        check("git version 1.8.3.1", Some((1, 8, 3)));
        check("gcc (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0", Some((13, 3, 0)));
        check("gcc (Gentoo 14.2.1_p20241221 p7) 14.2.1 20241221", Some((14, 2, 1)));
        check("gcc (GCC) 15.0.1 20250418 (Red Hat 15.0.1-0)", Some((15, 0, 1)));
        check("gcc-13 (SUSE Linux) 13.3.1 20240807 [revision abc1.2]", Some((13, 3, 1)));
        check("x86_64-conda-linux-gnu-cc (conda-forge gcc 13.3.0-1) 13.3.0", Some((13, 3, 0)));
        check("x86_64-alpine-linux-musl-gcc (Alpine 14.2.0) 14.2.0", Some((14, 2, 0)));
        check("Intel(R) oneAPI DPC++/C++ Compiler 2024.2.1 (2024.2.1.20240711)", Some((2024, 2, 1)));
        check("Android (11349228, +pgo, -bolt) clang version 17.0.2", Some((17, 0, 2)));
        check("AMD clang version 18.0.0git (https://github.com/ROCm/llvm-project roc-6.3.0)", Some((18, 0, 0)));
        check("1.9.0", Some((1, 9, 0)));
        check("GNU Make 4.2.90", Some((4, 2, 90)));
        check("mold 2.34.1 (compatible with GNU ld)", Some((2, 34, 1)));
        check("Debian LLD 14.0.6 (compatible with GNU linkers)", Some((14, 0, 6)));
        check("ccache version 4.7.5", Some((4, 7, 5)));
        check("podman version 4.9.4-rhel", Some((4, 9, 4)));
        check("Docker version 27.5.1, build 9f9e405", Some((27, 5, 1)));
        check("pkgconf 2.3.0", Some((2, 3, 0)));
        check("git version 2.51.0.rc0.vfs.0.0", Some((2, 51, 0)));
        check("git version 2.8.0rc3", Some((2, 8, 0)));
        check("cmake version 2.8-patch 12", Some((2, 8, 0)));
        check("GNU Make version 3.79.1, by Richard Stallman and Roland McGrath.", Some((3, 79, 1)));
        check("Docker version 29.1.3, build 29.1.3-0ubuntu3~24.04.2", Some((29, 1, 3)));
        check("g++ (GCC) 4.8.5 20150623 (Red Hat 4.8.5-44", Some((4, 8, 5)));
        check("arm-gcc (GNU Toolchain 10.3-2021.07 (arm-10.29)) 10.3.1 20210621", Some((10, 3, 1)));
        check("clang version 6.0.1-svn334776-1~exp1~20181018152737.116 (branches/release_60)", Some((6, 0, 1)));
        check("IBM XL C/C++ for Linux, V13.1 (5724-X14)", Some((13, 1, 0)));
    }

    #[test]
    fn lines_without_a_version() {
        for line in ["", "unknown", "20240910", "gcc-13", "version 99999999999.1", "((", "..", "v", "1."] {
            check(line, None);
        }
        for line in [
            "x86_64-w64-mingw32-gcc (GCC) 13-win32",
            "Docker version library-import, build library-import",
            "perl: warning: Setting locale failed (5.36.0).",
            "WARNING: conda 4.10.3 is out of date, the newest is 23.1.0",
            "time=\"2022-01-23T10:00:00Z\" level=warning msg=\"not a shared mount, see kernel 5.10 notes\"",
            "WARN[0000] cgroups-v1 is deprecated since Podman v5.0",
            "mise WARN  missing: cmake 3.31.6",
            "CMake Error: Modules directory not found in cmake 3.22.1",
        ] {
            check(line, None);
        }
    }

    #[test]
    fn order_and_text() {
        assert!(Version::new(3, 9, 6) < Version::new(3, 14, 0));
        assert_eq!(Version::new(3, 14, 0).to_string(), "3.14");
        assert_eq!(Version::new(2, 39, 5).to_string(), "2.39.5");
    }

    proptest! {
        #[test]
        fn a_version_is_found_again_between_words(major in 0_u32..9999, minor in 0_u32..9999, patch in 0_u32..9999) {
            let line = format!("tool (Vendor 1.2-3) {major}.{minor}.{patch}-suffix (rest)");
            prop_assert_eq!(Version::in_line(&line), Some(Version { major, minor, patch }));
        }

        #[test]
        fn no_line_panics(line in "\\PC*") {
            let _ = Version::in_line(&line);
        }
    }
}
