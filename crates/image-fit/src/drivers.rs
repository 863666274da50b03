//! Which CUDA version a driver provides, and which driver a CUDA version takes.
//!
//! From the [release notes of CUDA](https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/), table of toolkit driver
//! versions. Used only where the driver itself does not report its CUDA version.

use crate::Version;

/// The first branch of drivers that provides a CUDA version.
const BRANCHES: [(u32, Version); 28] = [
    (384, Version::new(9, 0)),
    (390, Version::new(9, 1)),
    (396, Version::new(9, 2)),
    (410, Version::new(10, 0)),
    (418, Version::new(10, 1)),
    (440, Version::new(10, 2)),
    (450, Version::new(11, 0)),
    (455, Version::new(11, 1)),
    (460, Version::new(11, 2)),
    (465, Version::new(11, 3)),
    (470, Version::new(11, 4)),
    (495, Version::new(11, 5)),
    (510, Version::new(11, 6)),
    (515, Version::new(11, 7)),
    (520, Version::new(11, 8)),
    (525, Version::new(12, 0)),
    (530, Version::new(12, 1)),
    (535, Version::new(12, 2)),
    (545, Version::new(12, 3)),
    (550, Version::new(12, 4)),
    (555, Version::new(12, 5)),
    (560, Version::new(12, 6)),
    (565, Version::new(12, 7)),
    (570, Version::new(12, 8)),
    (575, Version::new(12, 9)),
    (580, Version::new(13, 0)),
    (590, Version::new(13, 1)),
    (595, Version::new(13, 2)),
];

/// The newest branch of the table and its CUDA version; what a later branch provides is not known.
const NEWEST: (u32, Version) = (610, Version::new(13, 3));

/// The CUDA version that a driver provides; `None` for a branch that is older or newer than the table.
pub fn cuda_of_driver(driver: Version) -> Option<Version> {
    let branch = driver.major();
    if branch >= NEWEST.0 {
        return (branch == NEWEST.0).then_some(NEWEST.1);
    }
    BRANCHES.iter().rev().find(|(first, _)| *first <= branch).map(|(_, cuda)| *cuda)
}

/// The first branch of drivers that provides a CUDA version; `None` for one that is newer than the table.
pub fn driver_for_cuda(cuda: Version) -> Option<u32> {
    let all = BRANCHES.iter().copied().chain([NEWEST]);
    all.into_iter().find(|(_, provides)| *provides >= cuda.release()).map(|(branch, _)| branch)
}

/// What is known of a branch of drivers for data centers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Branch {
    /// A long-lived or production branch, for which NGC's images have compat libraries.
    LongLived,
    /// A branch between them, or one that is no longer supported.
    ShortLived,
    /// A branch that is newer than this table.
    Unknown,
}

/// What a driver's branch is (<https://docs.nvidia.com/datacenter/tesla/drivers/index.html>).
pub(crate) fn branch(driver: Version) -> Branch {
    match driver.major() {
        535 | 550 | 570 | 580 => Branch::LongLived,
        ..590 => Branch::ShortLived,
        _ => Branch::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_versions_are_one_table() {
        let at = |text: &str| cuda_of_driver(text.parse().unwrap()).map(|cuda| cuda.to_string());
        assert_eq!(at("570.211.01").as_deref(), Some("12.8"));
        assert_eq!(at("552.22").as_deref(), Some("12.4"));
        assert_eq!(at("610.43.02").as_deref(), Some("13.3"));
        assert_eq!((at("340.1"), at("620.1")), (None, None));
        assert_eq!(driver_for_cuda(Version::new(12, 4)), Some(550));
        assert_eq!(driver_for_cuda(Version::new(13, 3)), Some(610));
        assert_eq!(driver_for_cuda(Version::new(99, 0)), None);
        assert!(BRANCHES.is_sorted());
    }
}
