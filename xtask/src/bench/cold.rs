//! A build from nothing: through `prepare` with a fresh store, and with git, cmake and ninja by hand.

use std::path::Path;
use std::time::{Duration, Instant};

use exec::Env;
use serde_json::Value;

use super::{Row, median};
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::pool::Pool;
use crate::proc;

/// Measures both in turn, so that a machine that gets slower does so for both.
pub(super) fn measure(env: &Env, cli: &Cli, pool: &Pool, scratch: &Path, rounds: u32, subject: &str) -> Result<Row> {
    let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let home = scratch.join(format!("cold-{round}"));
        let cli = cli.clone().contained(&home)?;
        let file = pool.write(&home)?;
        // The very commands that `prepare` is about to run, with the folder it would choose left open.
        let (_, plan) = cli.ask(&["plan", "--json"], &file)?;
        let start = Instant::now();
        proc::capture(&cli.command(&["prepare"], &file))?;
        ours.push(start.elapsed());
        by_hand.push(hand_made(env, pool, &plan, &home.join("by-hand"))?.whole);
    }
    let what = format!("cold build of {subject}, median of {rounds}");
    Ok(Row { what, ours: median(ours), by_hand: median(by_hand) })
}

/// What the same work takes by hand.
pub(super) struct ByHand {
    pub(super) whole: Duration,
    /// CMake's part of it.
    pub(super) configure: Duration,
}

/// Clones, configures and builds in `staging`, with a ccache that knows nothing yet, as ours.
pub(super) fn hand_made(env: &Env, pool: &Pool, plan: &Value, staging: &Path) -> Result<ByHand> {
    let source = staging.join("src").display().to_string();
    let git = |args: &[&str]| argv(&[&["git"], args].concat());
    let clone = git(&["clone", "--quiet", "--no-checkout", &pool.repo, &source]);
    let checkout = git(&["-C", &source, "-c", "advice.detachedHead=false", "checkout", "--quiet", &pool.reference]);
    let mut commands = vec![clone, checkout];
    for kind in ["configure", "build"] {
        commands.push(planned(plan, kind, staging)?);
    }
    let (start, mut parts) = (Instant::now(), Vec::new());
    for command in commands {
        let (program, args) = command.split_first().ok_or_else(|| Failure::new("an empty command in the plan"))?;
        let program = if program.starts_with('/') { program.into() } else { proc::find(env, program)? };
        let spec = proc::command(env, program, Duration::from_hours(1)).args(args);
        parts.push(proc::capture(&spec.env("CCACHE_DIR", staging.join("ccache")))?.elapsed);
    }
    Ok(ByHand { whole: start.elapsed(), configure: parts.get(2).copied().unwrap_or_default() })
}

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// The last command of one step of the plan, in our folder, with all definitions: what is tried before it is ours alone.
fn planned(plan: &Value, kind: &str, staging: &Path) -> Result<Vec<String>> {
    let steps = plan.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let step = steps.iter().find(|step| step.get("kind").is_some_and(|found| found == kind));
    let command = step.and_then(|step| step.get("commands")?.as_array()?.last()?.as_array());
    let words = command.ok_or_else(|| Failure::new(format!("the plan has no command for `{kind}`: {plan}")))?;
    let staging = staging.display().to_string();
    let placeholders = plan.get("placeholders").and_then(Value::as_array).into_iter().flatten();
    let definitions = placeholders.filter(|it| it.get("kind").is_some_and(|kind| kind == "definitions"));
    let definitions: Vec<&Value> = definitions.filter_map(|it| it.get("allowed")?.as_array()).flatten().collect();
    let words = words.iter().flat_map(|word| match word.as_str() {
        Some("<definitions>") => definitions.clone(),
        _ => vec![word],
    });
    Ok(words.filter_map(Value::as_str).map(|word| word.replace("<staging>", &staging)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_planned_command_moves_to_our_folder() {
        let plan = json!({"placeholders": [{"kind": "definitions", "allowed": ["-DA=1", "-DB=2"]}], "steps": [
            {"kind": "fetch", "commands": [["git", "fetch"]]},
            {"kind": "configure", "commands": [["/usr/bin/ccache"], ["/usr/bin/cmake", "-B<staging>/build", "<definitions>"]]},
        ]});
        let got = planned(&plan, "configure", Path::new("/s")).unwrap();
        assert_eq!(got, ["/usr/bin/cmake", "-B/s/build", "-DA=1", "-DB=2"]);
        assert!(planned(&plan, "build", Path::new("/s")).is_err());
    }
}
