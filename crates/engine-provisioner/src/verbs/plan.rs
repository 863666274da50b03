//! `plan`: what `ensure` would do. A plan that is blocked is still a plan; the exit status tells.

use std::fmt::Write;

use provisioner_core::{Plan, Status, StepKind};

use crate::args::Args;
use crate::exit::{Exit, of_code};
use crate::failure::Result;
use crate::progress::Progress;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress) -> Result<Exit> {
    let pool = target::pool(args)?;
    let plan = target::provider(args, &pool, progress, false)?.plan(pool)?;
    report::result(args.json, &plan, || text(&plan, args.verbose > 0))?;
    Ok(exit(&plan))
}

/// The plan, with its commands and the inputs of the build's key when asked for, and what to do about a step that is
/// blocked.
fn text(plan: &Plan, all: bool) -> String {
    let mut text = plan.to_string();
    // Writing to a `String` cannot fail.
    if all {
        for step in &plan.steps {
            if let Some(inputs) = &step.inputs {
                writeln!(text, "\nkey {} is of:", inputs.key()).ok();
                for (name, value) in inputs.named() {
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

fn exit(plan: &Plan) -> Exit {
    let Some(step) = plan.blocked() else { return Exit::Done };
    match (&step.status, step.kind) {
        (Status::Blocked { code: Some(code), .. }, _) => of_code(code),
        (_, StepKind::Start) => Exit::Conflict,
        _ => Exit::Usage,
    }
}
