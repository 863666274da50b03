//! Holds the plan that was shown before against the record of what was done (EP-83).

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::Cli;
use crate::failure::{Failure, Result};

/// The plan that was executed is the one that was shown, and what ran differs from it in nothing but the values of its
/// placeholders. A pool whose engine ran already executed nothing.
pub(crate) fn is_what_ran(cli: &Cli, file: &Path, plan: &Value) -> Result<()> {
    let starts = plan.get("steps").and_then(Value::as_array).into_iter().flatten();
    let starts = starts.filter(|step| step.get("kind").is_some_and(|kind| kind == "start"));
    if starts.clone().all(|step| step.get("status").is_some_and(|status| status == "satisfied")) {
        return Ok(());
    }
    let (_, status) = cli.ask(&["status", "--json"], file)?;
    let proof = status.pointer("/engine/proof_dir").and_then(Value::as_str);
    let proof = proof.ok_or_else(|| Failure::new(format!("`status` names no proof bundle: {status}")))?;
    let record = PathBuf::from(proof).join("executed.json");
    let executed: Value = serde_json::from_slice(&std::fs::read(&record)?)
        .map_err(|error| Failure::new(format!("`{}`: {error}", record.display())))?;
    let part = |name: &str| executed.get(name).cloned().unwrap_or_default();
    if let Some(differences) = executed.get("differences") {
        return Err(Failure::new(format!("what ran is not what the plan said: {differences}")));
    }
    if part("plan") != *plan {
        return Err(Failure::new(format!("another plan was executed than was shown: {plan}\n{}", part("plan"))));
    }
    println!("What ran is what the plan said, with {}", part("values"));
    Ok(())
}
