//! `proof`: what was planned, what ran and what was proven, and whether that is still so.

use std::fmt::Write;
use std::path::Path;

use indicatif::HumanBytes;
use provisioner_core::{Bundle, CheckVerdict, Executed, FailedCall, ProofManifest, ProofReport};
use serde_json::json;

use crate::args::{Args, ProofVerb};
use crate::exit::Exit;
use crate::failure::Result;
use crate::report;
use crate::report::summary;

pub(crate) fn run(args: &Args, verb: &ProofVerb) -> Result<Exit> {
    match verb {
        ProofVerb::Show { bundle } => show(args, bundle),
        ProofVerb::Verify { bundle } => verify(args, bundle),
    }
}

fn show(args: &Args, path: &Path) -> Result<Exit> {
    let bundle = Bundle::read(path)?;
    let (manifest, executed, engine) = (bundle.manifest()?, bundle.executed(), bundle.summary());
    let failure = bundle.failure();
    let document = json!({ "manifest": manifest, "executed": executed, "engine": engine, "failure": failure });
    report::result(args.json, &document, || {
        let mut text = head(&manifest);
        if let Some(executed) = &executed {
            text.push_str(&ran(executed));
        }
        if let Some(engine) = &engine {
            text.push_str(&summary::of(&engine.prepared));
            for proof in &engine.prepared.proofs {
                let (stage, verdict) = (format!("{:?}", proof.stage), format!("{:?}", proof.verdict));
                let evidence = proof.evidence.join("; ");
                // Writing to a `String` cannot fail.
                writeln!(text, "  {:<8} {} {evidence}", stage.to_lowercase(), verdict.to_lowercase()).ok();
            }
        }
        if let Some(FailedCall { code, message, help, .. }) = &failure {
            let code = code.as_deref().map(|code| format!(" [{code}]")).unwrap_or_default();
            // Writing to a `String` cannot fail.
            writeln!(text, "  failed  {code} {}", message.replace('\n', "\n           ")).ok();
            if let Some(help) = help {
                writeln!(text, "  help     {}", help.replace('\n', "\n           ")).ok();
            }
        }
        for (name, file) in &manifest.files {
            writeln!(text, "  file     {name} ({})", HumanBytes(file.size)).ok();
        }
        text
    })?;
    Ok(Exit::Done)
}

fn head(manifest: &ProofManifest) -> String {
    let ProofManifest { pool_id, run_id, version, .. } = manifest;
    format!("proof of pool `{pool_id}`, run {run_id}, by version {version}\n")
}

/// Each step with what became of it.
fn ran(executed: &Executed) -> String {
    let mut text = String::new();
    for step in &executed.steps {
        let outcome = serde_json::to_value(step.outcome).ok();
        let outcome = outcome.as_ref().and_then(|outcome| outcome.as_str()).unwrap_or_default();
        let actions = step.actions.len();
        // Writing to a `String` cannot fail.
        writeln!(text, "  {:<12} {outcome}, {actions} actions, {:.3} s", step.id, step.seconds).ok();
        if let Some(failure) = &step.failure {
            writeln!(text, "      [{}] {}", failure.code, failure.message).ok();
        }
    }
    for difference in &executed.differences {
        writeln!(text, "  difference: {difference}").ok();
    }
    text
}

/// The exit status says whether something differs.
fn verify(args: &Args, path: &Path) -> Result<Exit> {
    let report = Bundle::read(path)?.verify()?;
    let document = json!({ "holds": report.holds(), "manifest": report.manifest, "checks": report.checks });
    report::result(args.json, &document, || text(&report))?;
    Ok(if report.holds() { Exit::Done } else { Exit::Conflict })
}

fn text(report: &ProofReport) -> String {
    let mut text = head(&report.manifest);
    for check in &report.checks {
        let sign = match check.verdict {
            CheckVerdict::Holds => '=',
            CheckVerdict::Differs => '!',
            CheckVerdict::Unchecked => '?',
        };
        // Writing to a `String` cannot fail.
        writeln!(text, "  {sign} {}: {}", check.what, check.detail).ok();
    }
    let unchecked = report.checks.iter().filter(|check| check.verdict == CheckVerdict::Unchecked).count();
    let verdict = if report.holds() { "nothing differs" } else { "something differs" };
    writeln!(text, "{verdict}; {unchecked} things could not be checked").ok();
    text
}
