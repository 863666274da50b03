//! Removing what is no longer needed: by age, then by size, least recently used first.
//!
//! Never removed: what the caller says runs, what somebody holds a lock on, and what was used within [`FRESH`] (a start
//! that has its entry and does not run yet). An entry goes by one rename, so it is complete or absent all the time.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use durable::Lock;
use serde::Serialize;

use crate::disk::{fresh_name, last_used, remove, size};
use crate::{EntryKey, Layout, Store, StoreError, quarantine, seal};

/// What was used this lately stays.
pub const FRESH: Duration = Duration::from_mins(10);

/// What dead builds left is kept this long for a next build to go on from, and damaged things to be looked at.
const LEFT: Duration = Duration::from_hours(24);

/// What may go. Without any limit, only what dead builds and damaged entries left behind a day ago does. ccache's folder
/// is no part of it: ccache bounds that itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcPolicy {
    /// Entries and mirrors that were not used for longer go.
    pub max_age: Option<Duration>,
    /// The longest unused go until the cache is no larger, in bytes.
    pub max_bytes: Option<u64>,
    /// Only say what would go.
    pub dry_run: bool,
}

/// What a thing in the cache is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheItem {
    /// A finished build.
    Entry,
    /// The mirror of a repository.
    Mirror,
    /// What a killed build left, or a damaged thing that was set aside.
    Leftover,
}

/// Why something stays although a limit says that it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The caller said that it runs.
    Runs,
    /// Somebody works with it.
    Locked,
    /// It was used within [`FRESH`].
    Fresh,
}

/// One thing that a limit says may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GcItem {
    /// What it is.
    pub item: CacheItem,
    /// Where it is, or was.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// Why it stays; gone (or, in a dry run, to go) where there is no reason.
    pub kept: Option<Kept>,
}

/// What a collection did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GcReport {
    /// Everything that a limit says may go, in the order of going.
    pub items: Vec<GcItem>,
    /// Bytes of the cache before.
    pub bytes_before: u64,
    /// Bytes after; in a dry run, what they would be.
    pub bytes_after: u64,
}

#[derive(Clone, Debug)]
struct Candidate {
    item: CacheItem,
    path: PathBuf,
    bytes: u64,
    unused: Duration,
    kept: Option<Kept>,
    lock: PathBuf,
}

impl Store {
    /// Removes what the policy lets go. `runs` holds the keys of engines that run or are about to.
    pub fn gc(&self, policy: &GcPolicy, runs: &BTreeSet<EntryKey>, now: SystemTime) -> Result<GcReport, StoreError> {
        // A cache that cannot be looked at is not an empty one.
        let root = self.layout().root();
        if !root.try_exists().map_err(StoreError::io("look at", root))? {
            return Ok(GcReport::default());
        }
        if !policy.dry_run {
            self.layout().create()?;
            for dir in ["", "git", "locks", "store", "verified", "seals"] {
                durable::remove_leftovers(&self.layout().dir(dir))?;
            }
        }
        let candidates = candidates(self, runs, now)?;
        let bytes_before = candidates.iter().map(|candidate| candidate.bytes).sum();
        let mut report = GcReport { items: Vec::new(), bytes_before, bytes_after: bytes_before };
        for candidate in chosen(candidates, policy) {
            let kept = match candidate.kept {
                Some(kept) => Some(kept),
                None => take_away(self.layout(), &candidate, policy.dry_run)?,
            };
            let Candidate { item, path, bytes, .. } = candidate;
            if kept.is_none() {
                report.bytes_after = report.bytes_after.saturating_sub(bytes);
                tracing::info!(path = %path.display(), bytes, dry_run = policy.dry_run, "collected");
            }
            report.items.push(GcItem { item, path, bytes, kept });
        }
        Ok(report)
    }
}

/// Everything of any size in the cache, the longest unused first.
fn candidates(store: &Store, runs: &BTreeSet<EntryKey>, now: SystemTime) -> Result<Vec<Candidate>, StoreError> {
    let layout = store.layout();
    let mut all = Vec::new();
    let mut add = |item, path: PathBuf, since: SystemTime, lock: PathBuf, runs: bool| {
        let unused = now.duration_since(since).unwrap_or_default();
        let fresh = (item != CacheItem::Leftover && unused < FRESH).then_some(Kept::Fresh);
        let kept = if runs { Some(Kept::Runs) } else { fresh };
        all.push(Candidate { item, bytes: size(&path), path, unused, kept, lock });
    };
    for path in children(&layout.dir("store"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let key = EntryKey::parse(&name);
        let runs = key.as_ref().is_some_and(|key| runs.contains(key));
        add(CacheItem::Entry, path.clone(), last_used(&path), layout.lock(&format!("build-{name}")), runs);
    }
    for path in children(&layout.dir("git"))?.into_iter().filter(|path| path.is_dir()) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        add(CacheItem::Mirror, path.clone(), last_used(&path), layout.lock(&format!("git-{name}")), false);
    }
    for path in children(&layout.dir("staging"))? {
        let lock = path.join("lock");
        add(CacheItem::Leftover, path.clone(), last_used(&path), lock, false);
    }
    for path in quarantine::listed(layout) {
        add(CacheItem::Leftover, path.clone(), quarantine::since(&path), layout.lock("staging"), false);
    }
    all.sort_by(|a, b| b.unused.cmp(&a.unused).then_with(|| a.path.cmp(&b.path)));
    Ok(all)
}

/// Which of them the policy lets go: leftovers of yesterday (younger ones for want of room), then what is too old, then the longest unused until the rest fits.
fn chosen(candidates: Vec<Candidate>, policy: &GcPolicy) -> Vec<Candidate> {
    let mut total: u64 = candidates.iter().map(|candidate| candidate.bytes).sum();
    let (leftovers, rest): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|candidate| candidate.item == CacheItem::Leftover);
    let mut chosen = Vec::new();
    for candidate in leftovers.into_iter().chain(rest) {
        let leftover = candidate.item == CacheItem::Leftover && candidate.unused > LEFT;
        let old = policy.max_age.is_some_and(|limit| candidate.unused > limit);
        let large = policy.max_bytes.is_some_and(|limit| total > limit);
        if leftover || old || large {
            if candidate.kept.is_none() {
                total = total.saturating_sub(candidate.bytes);
            }
            chosen.push(candidate);
        }
    }
    chosen
}

/// Removes one thing under its lock; says that it is locked instead where somebody has it.
fn take_away(layout: &Layout, candidate: &Candidate, dry_run: bool) -> Result<Option<Kept>, StoreError> {
    if dry_run {
        return Ok(is_held(&candidate.lock).then_some(Kept::Locked));
    }
    // A folder in staging that has no lock file is half made or half removed: see `staging`.
    let staging = candidate.lock.parent() == Some(candidate.path.as_path());
    let _sweep =
        if staging { Some(Lock::acquire(&layout.lock("staging"), "gc", Duration::from_mins(2))?) } else { None };
    let _lock = if staging && !candidate.lock.exists() {
        None
    } else {
        match Lock::try_acquire(&candidate.lock, "gc")? {
            Some(lock) => Some(lock),
            None => return Ok(Some(Kept::Locked)),
        }
    };
    if candidate.item == CacheItem::Leftover {
        remove(&candidate.path);
        return Ok(None);
    }
    // Used since it was looked at: whoever did may be about to start it.
    if last_used(&candidate.path).elapsed().is_ok_and(|unused| unused < FRESH) {
        return Ok(Some(Kept::Fresh));
    }
    let name = candidate.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let doomed = fresh_name(&layout.dir("staging"), &name)?;
    std::fs::rename(&candidate.path, &doomed).map_err(StoreError::io("remove", &candidate.path))?;
    remove(&layout.dir("verified").join(format!("{name}.json")));
    remove(&seal::place(layout, &name));
    remove(&doomed);
    Ok(None)
}

/// Whether somebody holds the lock, without making its file.
fn is_held(lock: &Path) -> bool {
    lock.exists() && matches!(Lock::try_acquire(lock, "gc"), Ok(None))
}

/// What lies in a folder, which need not exist.
fn children(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match std::fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        entries => {
            let entries = entries.map_err(StoreError::io("list", dir))?;
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()
                .map_err(StoreError::io("list", dir))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, item: CacheItem, bytes: u64, days: u64, kept: Option<Kept>) -> Candidate {
        let unused = Duration::from_hours(24 * days);
        Candidate { item, path: name.into(), bytes, unused, kept, lock: "l".into() }
    }

    #[test]
    fn leftovers_then_the_old_then_the_longest_unused() {
        use CacheItem::{Entry, Leftover, Mirror};
        let all = || {
            vec![
                candidate("old", Entry, 10, 90, None),
                candidate("runs", Entry, 10, 80, Some(Kept::Runs)),
                candidate("mirror", Mirror, 10, 40, None),
                candidate("left", Leftover, 10, 3, None),
                candidate("new", Entry, 10, 1, None),
            ]
        };
        let check = |max_age: Option<u64>, max_bytes: Option<u64>, expected: &[&str]| {
            let max_age = max_age.map(|days| Duration::from_hours(24 * days));
            let policy = GcPolicy { max_age, max_bytes, dry_run: false };
            let names: Vec<_> = chosen(all(), &policy).into_iter().map(|c| c.path.display().to_string()).collect();
            assert_eq!(names, expected, "{max_age:?} {max_bytes:?}");
        };
        assert!(chosen(vec![candidate("young", Leftover, 10, 1, None)], &GcPolicy::default()).is_empty());
        check(None, None, &["left"]);
        check(Some(60), None, &["left", "old", "runs"]);
        check(Some(30), None, &["left", "old", "runs", "mirror"]);
        check(None, Some(100), &["left"]);
        check(None, Some(30), &["left", "old"]);
        check(None, Some(20), &["left", "old", "runs", "mirror"]);
        check(None, Some(0), &["left", "old", "runs", "mirror", "new"]);
    }
}
