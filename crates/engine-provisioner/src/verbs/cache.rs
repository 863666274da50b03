//! `cache`: the engines that are kept, whether they are whole, and the removal of what nobody needs.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::{Duration, SystemTime};

use engine_store::{EntryKey, GcPolicy, GcReport, Kept, Layout, Manifest, Store, Stored, Verdict};
use indicatif::{HumanBytes, HumanDuration};
use llamacpp_build::Inputs;
use provisioner_core::builds_in_use;
use serde_json::{Value, json};

use crate::args::{Args, CacheVerb};
use crate::exit::Exit;
use crate::failure::Result;
use crate::{report, target};

const DAY: Duration = Duration::from_hours(24);
/// A commit is shown by so many of its digits.
const COMMIT: usize = 12;
const GB: u64 = 1_000_000_000;

pub(crate) fn run(args: &Args, verb: &CacheVerb) -> Result<Exit> {
    let settings = target::settings(args)?;
    let store = Store::new(Layout::new(&settings.cache_dir)?);
    let runs: BTreeSet<EntryKey> =
        builds_in_use(&settings.run_dir).iter().filter_map(|key| EntryKey::parse(key)).collect();
    match verb {
        CacheVerb::Ls => list(args, &store, &runs),
        CacheVerb::Verify => verify(args, &store),
        CacheVerb::Gc { older_than, max_size, dry_run } => {
            let policy = GcPolicy {
                max_age: older_than.map(|days| DAY * u32::try_from(days).unwrap_or(u32::MAX)),
                max_bytes: max_size.map(|size| size.saturating_mul(GB)),
                dry_run: *dry_run,
            };
            let done = store.gc(&policy, &runs, SystemTime::now())?;
            report::result(args.json, &done, || collected(&done, *dry_run))?;
            Ok(Exit::Done)
        }
    }
}

fn list(args: &Args, store: &Store, runs: &BTreeSet<EntryKey>) -> Result<Exit> {
    let all = store.list()?;
    let entries: Vec<Value> = all.iter().map(|entry| document(entry, runs.contains(&entry.key))).collect();
    report::result(args.json, &json!({ "entries": entries }), || {
        let mut text = String::new();
        for entry in &all {
            let what = entry
                .manifest
                .as_ref()
                .map_or_else(|| "its manifest cannot be read; it is never used".to_owned(), described);
            let runs = if runs.contains(&entry.key) { ", runs" } else { "" };
            let (size, unused) = (HumanBytes(entry.bytes), HumanDuration(unused(entry)));
            // Writing to a `String` cannot fail.
            writeln!(text, "{} {size}, unused for {unused}{runs}: {what}", entry.key).ok();
        }
        if text.is_empty() { "no engine is kept\n".to_owned() } else { text }
    })?;
    Ok(Exit::Done)
}

fn described(manifest: &Manifest) -> String {
    match Inputs::of(manifest) {
        Some(inputs) => {
            let commit: String = inputs.commit.as_str().chars().take(COMMIT).collect();
            // Used where it proves to be the same build; else it stays for the engines that run from it.
            let earlier = if inputs.recipe == 1 { ", by recipe 1" } else { "" };
            format!("{} {} of commit {commit}{earlier}", inputs.backend, manifest.engine_version)
        }
        None => format!("{} by {}", manifest.engine_version, manifest.recipe),
    }
}

fn document(entry: &Stored, runs: bool) -> Value {
    json!({
        "key": entry.key, "dir": entry.dir, "bytes": entry.bytes, "unused_s": unused(entry).as_secs(), "runs": runs,
        "manifest": entry.manifest,
    })
}

fn unused(entry: &Stored) -> Duration {
    SystemTime::now().duration_since(entry.last_used).unwrap_or_default()
}

/// The exit status is that of a build gone wrong where one entry was damaged.
fn verify(args: &Args, store: &Store) -> Result<Exit> {
    let mut verdicts = Vec::new();
    for entry in store.list()? {
        verdicts.push((entry.key.clone(), store.verify(&entry.key)?));
    }
    let name = |verdict: &Verdict| match verdict {
        Verdict::Sound => "sound",
        Verdict::Damaged => "damaged, set aside",
        Verdict::Busy => "busy",
        Verdict::Absent => "absent",
    };
    let entries: Vec<Value> =
        verdicts.iter().map(|(key, verdict)| json!({"key": key, "verdict": name(verdict)})).collect();
    report::result(args.json, &json!({ "entries": entries }), || {
        let lines: Vec<String> = verdicts.iter().map(|(key, verdict)| format!("{key} {}", name(verdict))).collect();
        lines.join("\n")
    })?;
    let damaged = verdicts.iter().any(|(_, verdict)| *verdict == Verdict::Damaged);
    Ok(if damaged { Exit::Build } else { Exit::Done })
}

fn collected(done: &GcReport, dry_run: bool) -> String {
    let mut text = String::new();
    for item in &done.items {
        let what = match (item.kept, dry_run) {
            (None, false) => "removed",
            (None, true) => "would be removed",
            (Some(Kept::Runs), _) => "kept, it runs or a pool goes back to it",
            (Some(Kept::Locked), _) => "kept, somebody works with it",
            (Some(Kept::Fresh), _) => "kept, it was used a moment ago",
        };
        // Writing to a `String` cannot fail.
        writeln!(text, "{} ({}): {what}", item.path.display(), HumanBytes(item.bytes)).ok();
    }
    let (before, after) = (HumanBytes(done.bytes_before), HumanBytes(done.bytes_after));
    writeln!(text, "{before} before, {after} {}", if dry_run { "afterwards" } else { "now" }).ok();
    text
}
