//! What can be said of a bundle without trusting it.

use std::path::Path;

use engine_store::Manifest;
use serde_json::Value;

use super::{Bundle, Check, CheckVerdict, ProofManifest, manifest};
use crate::plan::{Action, Executed, Plan, differences};
use crate::{Ensured, ProofVerdict};

fn check(what: impl Into<String>, verdict: CheckVerdict, detail: impl Into<String>) -> Check {
    Check { what: what.into(), verdict, detail: detail.into() }
}

/// One that compares two texts.
fn compared(what: impl Into<String>, says: &str, is: &str) -> Check {
    if says == is {
        check(what, CheckVerdict::Holds, is)
    } else {
        check(what, CheckVerdict::Differs, format!("`{says}` in one place, `{is}` in another"))
    }
}

pub(super) fn checks(bundle: &Bundle, manifest: &ProofManifest) -> Vec<Check> {
    let mut all = files(bundle, manifest);
    let (plan, executed, summary) = (bundle.plan(), bundle.executed(), bundle.summary());
    match (&plan, &executed) {
        (Some(plan), Some(executed)) => all.extend(ran(plan, executed, manifest)),
        _ => all.push(check("plan and executed", CheckVerdict::Unchecked, "one of them is missing or cannot be read")),
    }
    match &summary {
        Some(summary) => all.extend(engine(bundle, summary, executed.as_ref())),
        None => all.push(check("engine", CheckVerdict::Unchecked, "nothing was started, or its summary is missing")),
    }
    let unsigned = "the bundle is not signed: who could write it could write its digests";
    all.push(check("author", CheckVerdict::Unchecked, unsigned));
    all
}

fn files(bundle: &Bundle, manifest: &ProofManifest) -> Vec<Check> {
    let mut all = Vec::new();
    for (name, file) in &manifest.files {
        all.push(match bundle.files.get(name) {
            None => check(format!("file {name}"), CheckVerdict::Differs, "it is missing"),
            Some(bytes) => {
                let is = format!("sha256:{} of {} bytes", durable::sha256_of(bytes), bytes.len());
                compared(format!("file {name}"), &format!("{} of {} bytes", file.digest, file.size), &is)
            }
        });
    }
    let known = |name: &String| manifest.files.contains_key(name) || name == manifest::NAME;
    for name in bundle.files.keys().filter(|name| !known(name)) {
        let verdict = if manifest.left_out.contains(name) { CheckVerdict::Unchecked } else { CheckVerdict::Differs };
        all.push(check(format!("file {name}"), verdict, "it is not part of the bundle"));
    }
    all
}

fn ran(plan: &Plan, executed: &Executed, manifest: &ProofManifest) -> Vec<Check> {
    let mut all = vec![
        compared("pool", manifest.pool_id.as_str(), executed.pool_id.as_str()),
        compared("run", &manifest.run_id, &executed.run_id),
    ];
    let same = *plan == executed.plan;
    let (verdict, detail) = if same {
        (CheckVerdict::Holds, "the plan that is kept is the plan that was executed")
    } else {
        (CheckVerdict::Differs, "the plan that is kept is not the one in `executed.json`")
    };
    all.push(check("plan", verdict, detail));
    let found = differences(plan, executed);
    if found.is_empty() {
        let steps = executed.steps.iter().filter(|step| !step.actions.is_empty()).count();
        all.push(check("what ran", CheckVerdict::Holds, format!("{steps} steps ran something, all of it as planned")));
    }
    all.extend(found.iter().map(|found| check("what ran", CheckVerdict::Differs, found.to_string())));
    all
}

fn engine(bundle: &Bundle, summary: &Ensured, executed: Option<&Executed>) -> Vec<Check> {
    let prepared = &summary.prepared;
    let mut all = Vec::new();
    let actions = executed.into_iter().flat_map(|executed| &executed.steps).flat_map(|step| &step.actions);
    let launch = actions
        .filter_map(|done| if let Action::Launch(launch) = &done.action { Some(launch) } else { None })
        .next_back();
    match launch {
        Some(launch) => {
            all.push(compared("flags", &exec::shell_line(&prepared.flags), &exec::shell_line(&launch.args)));
            let program = prepared.binary_path.as_ref().map(|path| path.display().to_string());
            all.push(compared("program", &program.unwrap_or_default(), launch.program.as_deref().unwrap_or_default()));
        }
        None => all.push(check("flags", CheckVerdict::Unchecked, "this run started no engine: it ran already")),
    }
    let digest = prepared.engine_digest.as_deref().unwrap_or_default();
    match bundle.document::<Manifest>("build.json") {
        Some(build) => {
            all.push(compared("engine's digest in build.json", digest, &build.engine_digest()));
            all.push(compared("build key", prepared.build_key.as_deref().unwrap_or_default(), build.key.as_str()));
        }
        None => all.push(check("build.json", CheckVerdict::Unchecked, "it is missing or cannot be read")),
    }
    match bundle.document::<Value>("provenance.json") {
        // Of an archive: it names no file in it, and the key holds the archive's digest.
        Some(provenance) if provenance.get("subject").is_none() => {
            let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("none").to_owned();
            let build = bundle.document::<Value>("build.json");
            let wanted = text(build.as_ref().and_then(|build| build.pointer("/inputs/archive")));
            let named = text(provenance.get("archive"));
            all.push(compared("archive's digest in provenance.json", &wanted, &named));
        }
        Some(provenance) => {
            let subjects = provenance.get("subject").and_then(Value::as_array).into_iter().flatten();
            let sums = subjects.filter_map(|subject| subject.pointer("/digest/sha256").and_then(Value::as_str));
            let named = sums.map(|sum| format!("sha256:{sum}")).find(|sum| sum == digest);
            all.push(compared("engine's digest in provenance.json", digest, &named.unwrap_or_else(|| "none".into())));
        }
        None => all.push(check("provenance.json", CheckVerdict::Unchecked, "it is missing or cannot be read")),
    }
    match &prepared.binary_path {
        Some(path) => all.push(file_here("engine on this host", path, Some(digest))),
        None => all.push(check("engine on this host", CheckVerdict::Unchecked, "it is no program")),
    }
    for file in &prepared.model.files {
        let what = format!("model file {}", file.path.file_name().unwrap_or_default().to_string_lossy());
        all.push(file_here(&what, &file.path, file.digest.as_deref()));
    }
    all.extend(prepared.proofs.iter().map(|proof| {
        let verdict = match proof.verdict {
            ProofVerdict::Proven => CheckVerdict::Holds,
            ProofVerdict::Denied => CheckVerdict::Differs,
            ProofVerdict::Undecided => CheckVerdict::Unchecked,
        };
        check(format!("accelerator, {:?}", proof.stage).to_lowercase(), verdict, proof.evidence.join("; "))
    }));
    if prepared.proofs.is_empty() {
        let detail = format!("accelerator {}: no proof is recorded", prepared.accelerator);
        all.push(check("accelerator", CheckVerdict::Unchecked, detail));
    }
    all
}

/// A file that the bundle speaks of and does not hold.
fn file_here(what: &str, path: &Path, digest: Option<&str>) -> Check {
    let Some(digest) = digest.filter(|digest| !digest.is_empty()) else {
        return check(what, CheckVerdict::Unchecked, "no digest of it was recorded");
    };
    let is_file = std::fs::metadata(path).is_ok_and(|meta| meta.is_file());
    match durable::sha256(path) {
        Ok((_, sum)) if is_file => compared(what, digest, &format!("sha256:{sum}")),
        _ => check(what, CheckVerdict::Unchecked, format!("`{}` is not on this host", path.display())),
    }
}
