//! `plan`: what `ensure` would do. A plan that is blocked is still a plan; the exit status says so.

use std::fmt::Write;
use std::sync::Arc;

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{Error, Pins, Plan, PlanFile, Settings, Status, StepKind, plan_each, provider_with};
use serde_json::{Value, json};

use crate::args::{Args, PlanArgs};
use crate::exit::{Exit, of_code};
use crate::failure::{Failure, Result};
use crate::progress::Progress;
use crate::report::several;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, wish: &PlanArgs) -> Result<Exit> {
    let settings = Settings { observer: progress.observer(), replace: wish.replace, ..target::settings(args)? };
    let settings = match &args.config {
        // A lock file that is not kept to shows what moved since.
        Some(file) if !wish.locked => Settings { pins: Pins::beside(file, false)?.map(Arc::new), ..settings },
        _ => target::pinned(settings, args, wish.locked)?,
    };
    if wish.pools.all {
        return several(args, &settings, wish);
    }
    let plan = one(target::pool(args)?, &settings, wish)?;
    report::result(args.json, &plan, || text(&plan, args.verbose > 0))?;
    Ok(exit(&plan))
}

fn one(pool: PoolConfig, settings: &Settings, wish: &PlanArgs) -> Result<Plan> {
    let Some(path) = &wish.out else { return Ok(provider_with(&pool, settings.clone())?.plan(pool)?) };
    let file = PlanFile::of(&[pool], settings)?;
    file.write(path)?;
    file.plans().next().cloned().ok_or_else(|| Error::Unfinished { what: "plan" }.into())
}

/// Plans all pools of the configuration. A file is written only where each of them has a plan.
fn several(args: &Args, settings: &Settings, wish: &PlanArgs) -> Result<Exit> {
    let pools = target::pools(args)?;
    let (plans, failed) = match &wish.out {
        Some(path) => {
            let (file, failed) = PlanFile::of_each(&pools, settings);
            if failed.is_empty() {
                file.write(path)?;
            }
            (file.plans().cloned().collect(), failed)
        }
        None => plan_each(&pools, settings),
    };
    let plans: Vec<&Plan> = plans.iter().collect();
    let mut worst = plans.iter().fold(Exit::Done, |worst, plan| worst.worse(exit(plan)));
    let mut refused = Vec::new();
    for (pool, error) in failed {
        let failure = Failure::from(error);
        worst = worst.worse(crate::exit::of(&failure));
        several::report_failure(args, pool.as_str(), &failure);
        refused.push(json!({ "pool_id": pool, "error": report::document(&failure) }));
    }
    let mut document = json!({ "plans": plans });
    if !refused.is_empty() {
        document["failed"] = refused.into();
    }
    report::result(args.json, &document, || all(&plans, args.verbose > 0))?;
    Ok(worst)
}

/// The plans of several pools, with an empty line between them.
fn all(plans: &[&Plan], all: bool) -> String {
    plans.iter().map(|plan| text(plan, all)).collect::<Vec<_>>().join("\n")
}

/// The plan, with its commands and the inputs of the build's key when asked for, and what to do about a step that is
/// blocked.
fn text(plan: &Plan, all: bool) -> String {
    let mut text = plan.to_string();
    // Writing to a `String` cannot fail.
    if all {
        for step in &plan.steps {
            if let (Some(key), Some(inputs)) = (&step.key, &step.inputs) {
                writeln!(text, "\nkey {key} is of:").ok();
                for (name, value) in flat("", inputs) {
                    writeln!(text, "  {name} = {value}").ok();
                }
            }
            for command in &step.commands {
                writeln!(text, "\n{}:\n  {}", step.kind, exec::shell_line(command)).ok();
            }
        }
    }
    if let Some(Status::Blocked { help: Some(help), .. }) = plan.blocked().map(|step| &step.status) {
        writeln!(text, "\nhelp: {help}").ok();
    }
    text
}

/// Each input with its whole name, such as `tools.cxx`; one that is absent is left out.
fn flat(name: &str, value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Null => Vec::new(),
        Value::Object(parts) => match (parts.get("version"), parts.get("path")) {
            // A tool is one input.
            (Some(version), Some(path)) if parts.len() == 2 => {
                vec![(name.to_owned(), format!("{} ({})", text(version), text(path)))]
            }
            _ => {
                let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
                parts.iter().flat_map(|(part, value)| flat(&format!("{prefix}{part}"), value)).collect()
            }
        },
        value => vec![(name.to_owned(), text(value))],
    }
}

fn exit(plan: &Plan) -> Exit {
    let Some(step) = plan.blocked() else { return Exit::Done };
    match (&step.status, step.kind) {
        (Status::Blocked { code: Some(code), .. }, _) => of_code(code),
        (_, StepKind::Start) => Exit::Conflict,
        _ => Exit::Usage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_have_whole_names() {
        let inputs = json!({
            "commit": "abc", "cpu": null, "recipe": 1, "submodules": false,
            "definitions": {"GGML_NATIVE": "ON"},
            "tools": {"cxx": {"path": "/usr/bin/c++", "version": "c++ 12.2"}},
        });
        let lines: Vec<_> = flat("", &inputs).iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let expected = [
            "commit = abc",
            "definitions.GGML_NATIVE = ON",
            "recipe = 1",
            "submodules = false",
            "tools.cxx = c++ 12.2 (/usr/bin/c++)",
        ];
        assert_eq!(lines, expected);
    }
}
