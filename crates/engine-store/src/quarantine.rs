//! Where damaged things go to be looked at: `bad/`, the newest few of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::disk::{fresh_name, remove};
use crate::{Layout, StoreError};

/// How many are kept. An entry with CUDA is half a gigabyte.
pub(crate) const KEPT: usize = 4;

/// Moves something out of its place; the oldest beyond the newest four are removed. Returns where it lies now.
pub fn quarantine(layout: &Layout, path: &Path, stem: &str) -> Result<PathBuf, StoreError> {
    let bad = layout.dir("bad");
    // Names sort by age, however many are set aside within one clock tick.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let aside = fresh_name(&bad, &format!("{now:020}.{stem}"))?;
    fs::rename(path, &aside).map_err(StoreError::io("quarantine", path))?;
    for old in listed(layout).into_iter().rev().skip(KEPT) {
        remove(&old);
    }
    Ok(aside)
}

/// When something was set aside: its name says it; its own dates are of before.
pub(crate) fn since(path: &Path) -> SystemTime {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let nanos = name.split('.').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0);
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// What was set aside, oldest first.
pub(crate) fn listed(layout: &Layout) -> Vec<PathBuf> {
    let entries = fs::read_dir(layout.dir("bad")).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
