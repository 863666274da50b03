//! What is known of CUDA releases: which GPUs each can compile for and which driver each needs. Used where a toolkit or
//! a driver does not say it itself, and to name a toolkit that would fit.
//!
//! <https://docs.nvidia.com/datacenter/tesla/drivers/cuda-toolkit-driver-and-architecture-matrix.html>,
//! <https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html>

use serde::{Deserialize, Serialize};

use crate::report::Driver;

/// A version as (major, minor).
pub(crate) type Version = (u32, u32);

/// The CUDA releases that know all chosen GPUs, fit driver and C library, and are enough for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Releases {
    /// The first one.
    pub first: (u32, u32),
    /// The last one, where there is an end that is known.
    pub last: Option<(u32, u32)>,
}

impl Releases {
    /// Whether there is any release between first and last.
    pub fn is_empty(self) -> bool {
        self.last.is_some_and(|last| last < self.first)
    }
}

/// Architectures with the first release that knows them, and the first that no longer does.
const ARCHITECTURES: [(u32, Version, Option<Version>); 23] = [
    (35, (6, 0), Some((12, 0))),
    (37, (6, 5), Some((12, 0))),
    (50, (6, 5), Some((13, 0))),
    (52, (6, 5), Some((13, 0))),
    (53, (6, 5), Some((13, 0))),
    (60, (8, 0), Some((13, 0))),
    (61, (8, 0), Some((13, 0))),
    (62, (8, 0), Some((13, 0))),
    (70, (9, 0), Some((13, 0))),
    (72, (9, 2), Some((13, 0))),
    (75, (10, 0), None),
    (80, (11, 0), None),
    (86, (11, 1), None),
    (87, (11, 4), None),
    (88, (13, 0), None),
    (89, (11, 8), None),
    (90, (11, 8), None),
    (100, (12, 8), None),
    (101, (12, 8), Some((13, 0))),
    (103, (12, 9), None),
    (110, (13, 0), None),
    (120, (12, 8), None),
    (121, (12, 9), None),
];

/// The last minor release of each major one that has a successor.
const LAST_OF_MAJOR: [Version; 3] = [(10, 2), (11, 8), (12, 9)];

/// The oldest driver that runs programs of a major release.
const DRIVERS: [(u32, &str); 3] = [(11, "450.80.02"), (12, "525.60.13"), (13, "580.65.06")];

/// The architectures that a release compiles for.
pub(crate) fn architectures(release: Version) -> Vec<u32> {
    let knows = |first: &Version, gone: &Option<Version>| *first <= release && gone.is_none_or(|gone| release < gone);
    ARCHITECTURES.iter().filter(|(_, first, gone)| knows(first, gone)).map(|(number, ..)| *number).collect()
}

/// The oldest driver for a release, where it is known.
pub(crate) fn oldest_driver(release: Version) -> Option<String> {
    DRIVERS.iter().find(|(major, _)| *major == release.0).map(|(_, driver)| (*driver).to_owned())
}

/// The newest major release that a driver runs, from the driver's version alone.
fn newest_major_of(driver: &str) -> Option<u32> {
    DRIVERS.iter().rev().find(|(_, oldest)| numbers(driver) >= numbers(oldest)).map(|(major, _)| *major)
}

/// The newest major release that a driver runs: by its own word, or by its version.
pub(crate) fn newest_major(driver: &Driver) -> Option<u32> {
    driver.cuda.map(|(major, _)| major).or_else(|| newest_major_of(&driver.version))
}

/// The releases that know all of `architectures`, as the first and, where a later one dropped any, the last.
pub(crate) fn for_all(architectures: &[u32]) -> Option<(Version, Option<Version>)> {
    let mut all = ((0, 0), None);
    for wanted in architectures {
        let (_, first, gone) = ARCHITECTURES.iter().find(|(number, ..)| number == wanted)?;
        let last = gone.and_then(|gone| LAST_OF_MAJOR.iter().rev().find(|last| **last < gone)).copied();
        all = (all.0.max(*first), [all.1, last].into_iter().flatten().min());
    }
    Some(all)
}

/// The last minor release of a major one, where it is known to be the last.
pub(crate) fn last_of(major: u32) -> Option<Version> {
    LAST_OF_MAJOR.into_iter().find(|last| last.0 == major)
}

/// `550.54.14` as numbers, to be compared part by part.
pub(crate) fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// `12.8`
pub(crate) fn dotted(version: (u32, u32)) -> String {
    format!("{}.{}", version.0, version.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_come_and_go() {
        assert!(architectures((12, 9)).contains(&70) && !architectures((13, 0)).contains(&70));
        assert!(architectures((12, 8)).contains(&120) && !architectures((12, 6)).contains(&120));
        assert_eq!(architectures((11, 0)), [35, 37, 50, 52, 53, 60, 61, 62, 70, 72, 75, 80]);
    }

    #[test]
    fn releases_for_gpus() {
        assert_eq!(for_all(&[90]), Some(((11, 8), None)));
        assert_eq!(for_all(&[61, 86]), Some(((11, 1), Some((12, 9)))));
        assert_eq!(for_all(&[37]), Some(((6, 5), Some((11, 8)))));
        assert_eq!(for_all(&[90, 999]), None);
    }

    #[test]
    fn drivers() {
        assert_eq!(newest_major_of("535.104.05"), Some(12));
        assert_eq!(newest_major_of("580.65.06"), Some(13));
        assert_eq!(newest_major_of("390.46"), None);
        assert_eq!(oldest_driver((12, 4)).as_deref(), Some("525.60.13"));
    }
}
