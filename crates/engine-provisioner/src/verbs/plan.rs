//! `plan`: what `ensure` would do. A plan that is blocked is still a plan; the exit status says so.

use std::fmt::Write;
use std::sync::Arc;

use provisioner_core::{Pins, Plan, PlanFile, Settings, Status, StepKind, plan_all};
use serde_json::{Value, json};

use crate::args::{Args, PlanArgs};
use crate::exit::{Exit, of_code};
use crate::failure::Result;
use crate::progress::Progress;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, wish: &PlanArgs) -> Result<Exit> {
    let settings = Settings { observer: progress.observer(), replace: wish.replace, ..target::settings(args)? };
    let settings = match &args.config {
        // A lock file that is not kept to shows what moved since.
        Some(file) if !wish.locked => Settings { pins: Pins::beside(file, false)?.map(Arc::new), ..settings },
        _ => target::pinned(settings, args, wish.locked)?,
    };
    let pools = if wish.all { target::pools(args)? } else { vec![target::pool(args)?] };
    let plans = match &wish.out {
        Some(path) => {
            let file = PlanFile::of(&pools, &settings)?;
            file.write(path)?;
            file.plans().cloned().collect()
        }
        None => plan_all(&pools, &settings)?,
    };
    let plans: Vec<&Plan> = plans.iter().collect();
    match plans.as_slice() {
        [plan] if !wish.all => report::result(args.json, plan, || text(plan, args.verbose > 0))?,
        plans => report::result(args.json, &json!({ "plans": plans }), || all(plans, args.verbose > 0))?,
    }
    Ok(plans.iter().map(|plan| exit(plan)).find(|exit| *exit != Exit::Done).unwrap_or(Exit::Done))
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
