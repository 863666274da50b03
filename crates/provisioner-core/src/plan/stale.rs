//! Whether an approved plan still holds: a pure comparison of it with a plan that was made now.
//!
//! The rules: what would run now must be what was approved, or a part of it that is left after another call did the
//! rest. Argument lists, digests and the set of blocked steps decide; a step that has become satisfied, free memory
//! (and with it how many compilers run at once) and the caller's own environment do not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::command_line::INHERITED;
use crate::plan::action::{Action, Command, Launch};
use crate::plan::placeholder::{COMMIT, KEY, Placeholder, fits};
use crate::plan::step::{PlanStep, Status, StepId, StepKind};
use crate::plan::{Plan, args};
use crate::summary::Model;

/// One thing in which a plan that is made now differs from the approved one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// The step.
    pub step: StepId,
    /// What differs: `flag --parallel`, `argument 3`, `variable X`, `input tools.cxx.version`, `blocked`.
    pub what: String,
    /// As approved.
    pub approved: String,
    /// As it is now.
    pub now: String,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: approved `{}`, now `{}`", self.step, self.what, self.approved, self.now)
    }
}

/// A plan with what it leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) plan: &'a Plan,
    /// The engine's start, also where it runs already.
    pub(crate) launch: Option<&'a Launch>,
    /// The model, where it is there.
    pub(crate) model: Option<&'a Model>,
}

/// Returns in what the plan of now differs from the approved one. `included` selects the kinds of steps that will be
/// executed; `own_env` holds the variables that the pool itself sets.
pub(crate) fn stale(
    approved: View<'_>,
    now: View<'_>,
    included: &dyn Fn(StepKind) -> bool,
    own_env: &BTreeMap<String, String>,
) -> Vec<Stale> {
    let judge = Judge { placeholders: &approved.plan.placeholders };
    let steps = |plan: &'_ Plan| plan.steps.iter().filter(|step| included(step.kind)).cloned().collect::<Vec<_>>();
    let (before, after) = (steps(approved.plan), steps(now.plan));
    let mut found = blocked(&before, &after);
    found.extend(choices(approved.plan, now.plan));
    for step in &after {
        let planned = before.iter().find(|planned| planned.id == step.id);
        found.extend(judge.step(planned, step));
    }
    if let (Some(planned), Some(launch)) = (approved.launch, now.launch) {
        found.extend(judge.launch(planned, launch, own_env));
    }
    if let (Some(planned), Some(model)) = (approved.model, now.model) {
        found.extend(of_model(planned, model));
    }
    found
}

/// Returns in what a start that is about to happen differs from the approved one.
pub(crate) fn of_start(
    approved: &Plan,
    planned: &Launch,
    starts: &Launch,
    own_env: &BTreeMap<String, String>,
) -> Vec<Stale> {
    Judge { placeholders: &approved.placeholders }.launch(planned, starts, own_env)
}

fn difference(step: impl Into<StepId>, what: impl Into<String>, approved: &str, now: &str) -> Stale {
    Stale { step: step.into(), what: what.into(), approved: approved.to_owned(), now: now.to_owned() }
}

/// Steps that are blocked on one side only, or for another reason.
fn blocked(before: &[PlanStep], after: &[PlanStep]) -> Vec<Stale> {
    let code = |steps: &[PlanStep], id: &StepId| {
        let step = steps.iter().find(|step| step.id == *id)?;
        match &step.status {
            Status::Blocked { reason, code, .. } => Some(code.clone().unwrap_or_else(|| reason.clone())),
            Status::Satisfied | Status::ToRun => None,
        }
    };
    let ids: BTreeSet<&StepId> = before.iter().chain(after).map(|step| &step.id).collect();
    let text = |code: Option<String>| code.unwrap_or_else(|| "not blocked".into());
    ids.into_iter()
        .map(|id| (id, code(before, id), code(after, id)))
        .filter(|(_, before, after)| before != after)
        .map(|(id, before, after)| difference(id.clone(), "blocked", &text(before), &text(after)))
        .collect()
}

/// Values that a placeholder may take, where both plans use it.
fn choices(before: &Plan, after: &Plan) -> Vec<Stale> {
    let step = || before.steps.last().map_or_else(|| StepKind::Start.into(), |step| step.id.clone());
    let both = before.placeholders.iter().filter_map(|planned| {
        let now = after.placeholders.iter().find(|now| now.name == planned.name)?;
        (now.allowed != planned.allowed).then_some((planned, now))
    });
    both.map(|(planned, now)| {
        let what = format!("values of <{}>", planned.name);
        difference(step(), what, &planned.allowed.join(" "), &now.allowed.join(" "))
    })
    .collect()
}

struct Judge<'a> {
    placeholders: &'a [Placeholder],
}

impl Judge<'_> {
    fn fits(&self, planned: &str, now: &str) -> bool {
        fits(planned, now, self.placeholders)
    }

    fn is_open(&self, name: &str) -> bool {
        self.placeholders.iter().any(|placeholder| placeholder.name == name)
    }

    fn step(&self, planned: Option<&PlanStep>, now: &PlanStep) -> Vec<Stale> {
        let Some(planned) = planned else {
            let has_work = now.status == Status::ToRun;
            let one = || difference(now.id.clone(), "step", "no such step", &now.detail);
            return has_work.then(one).into_iter().collect();
        };
        let mut found = self.inputs(planned, now);
        match (&planned.status, &now.status) {
            (Status::Satisfied, Status::ToRun) => {
                found.push(difference(now.id.clone(), "work", "nothing to do", &now.detail));
            }
            (Status::ToRun, Status::ToRun) => found.extend(self.actions(planned, now)),
            _ => {}
        }
        found
    }

    /// What the step's key is made of. A commit that was left open may be any.
    fn inputs(&self, planned: &PlanStep, now: &PlanStep) -> Vec<Stale> {
        let any_commit = self.is_open(COMMIT) || self.is_open(KEY);
        match (&planned.inputs, &now.inputs) {
            (Some(planned_inputs), Some(now_inputs)) => {
                let (before, after) = (flat(planned_inputs), flat(now_inputs));
                let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                let text = |map: &BTreeMap<String, String>, name: &String| {
                    map.get(name).cloned().unwrap_or_else(|| "(absent)".into())
                };
                names
                    .into_iter()
                    .filter(|name| !(any_commit && *name == COMMIT))
                    .filter(|name| before.get(*name) != after.get(*name))
                    .map(|name| {
                        let (before, after) = (text(&before, name), text(&after, name));
                        difference(now.id.clone(), format!("input {name}"), &before, &after)
                    })
                    .collect()
            }
            _ => match (&planned.key, &now.key) {
                (Some(before), Some(after)) if before != after && !any_commit => {
                    vec![difference(now.id.clone(), "key", before, after)]
                }
                _ => Vec::new(),
            },
        }
    }

    /// Each action of now is one of the approved ones, in their order; those that are left out were done meanwhile.
    fn actions(&self, planned: &PlanStep, now: &PlanStep) -> Vec<Stale> {
        let mut found = Vec::new();
        let mut at = 0;
        for action in &now.actions {
            let rest = planned.actions.get(at..).unwrap_or_default();
            if let Some(ahead) = rest.iter().position(|planned| self.same(planned, action, now.kind)) {
                at += ahead + 1;
                continue;
            }
            found.extend(self.named(rest.first(), action, now));
            // One in the place of another; what has no like was added.
            at += usize::from(matches!((rest.first(), action), (Some(Action::Run(_)), Action::Run(_))));
        }
        found
    }

    /// The engine's start is compared as a whole, whether it has to be done or not.
    fn same(&self, planned: &Action, now: &Action, kind: StepKind) -> bool {
        match (planned, now) {
            (Action::Launch(_), Action::Launch(_)) => true,
            (Action::Run(planned), Action::Run(now)) => {
                let (words, theirs) = (without_jobs(planned, kind), without_jobs(now, kind));
                words.len() == theirs.len()
                    && words.iter().zip(&theirs).all(|(planned, now)| self.fits(planned, now))
                    && self.fits(&planned.cwd, &now.cwd)
            }
            (Action::Run(_) | Action::Launch(_), _) | (_, Action::Run(_) | Action::Launch(_)) => false,
            _ => self.fits(&json(planned), &json(now)),
        }
    }

    fn named(&self, planned: Option<&Action>, now: &Action, step: &PlanStep) -> Vec<Stale> {
        let id = || step.id.clone();
        let (Some(Action::Run(planned)), Action::Run(now)) = (planned, now) else {
            let planned = planned.map_or_else(|| "nothing".to_owned(), shown);
            return vec![difference(id(), "action", &planned, &shown(now))];
        };
        let equal = |planned: &str, now: &str| self.fits(planned, now);
        let (words, theirs) = (without_jobs(planned, step.kind), without_jobs(now, step.kind));
        let mut found: Vec<Stale> = args::differences(&words, &theirs, &equal)
            .into_iter()
            .map(|args::Difference { what, before, after }| difference(id(), what, &before, &after))
            .collect();
        if !self.fits(&planned.cwd, &now.cwd) {
            found.push(difference(id(), "working folder", &planned.cwd, &now.cwd));
        }
        found
    }

    fn launch(&self, planned: &Launch, now: &Launch, own_env: &BTreeMap<String, String>) -> Vec<Stale> {
        let equal = |planned: &str, now: &str| self.fits(planned, now);
        let start = |what: String, before: &str, after: &str| difference(StepKind::Start, what, before, after);
        let mut found: Vec<Stale> = args::differences(&planned.args, &now.args, &equal)
            .into_iter()
            .map(|args::Difference { what, before, after }| start(what, &before, &after))
            .collect();
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
        let parts = [
            ("program", text(&planned.program), text(&now.program)),
            ("image", text(&planned.image), text(&now.image)),
            ("working folder", planned.cwd.clone(), now.cwd.clone()),
            ("secret variables", planned.secret_env.join(" "), now.secret_env.join(" ")),
            ("host", planned.host.clone(), now.host.clone()),
            ("port", planned.port.clone(), now.port.clone()),
        ];
        let differs = parts.into_iter().filter(|(_, planned, now)| !self.fits(planned, now));
        found.extend(differs.map(|(what, planned, now)| start(what.into(), &planned, &now)));
        // What every engine inherits is the caller's, not the pool's.
        let inherited = |name: &String| INHERITED.contains(&name.as_str()) && !own_env.contains_key(name);
        let names: BTreeSet<&String> =
            planned.env.keys().chain(now.env.keys()).filter(|name| !inherited(name)).collect();
        for name in names {
            let value = |env: &BTreeMap<String, String>| env.get(name).cloned().unwrap_or_else(|| "(absent)".into());
            let (before, after) = (value(&planned.env), value(&now.env));
            if !self.fits(&before, &after) {
                found.push(start(format!("variable {name}"), &before, &after));
            }
        }
        found
    }
}

/// The argument list without the number of compilers, which follows from free memory.
fn without_jobs(command: &Command, kind: StepKind) -> Vec<String> {
    let mut words = command.argv.clone();
    if kind == StepKind::Build
        && let Some(at) = words.iter().position(|word| word == "-j")
        && let Some(jobs) = words.get_mut(at + 1)
    {
        "(as memory allows)".clone_into(jobs);
    }
    words
}

fn of_model(planned: &Model, now: &Model) -> Vec<Stale> {
    let model = |what: String, before: &str, after: &str| difference(StepKind::Model, what, before, after);
    let mut found = Vec::new();
    if let (Some(before), Some(after)) = (&planned.revision, &now.revision)
        && before != after
    {
        found.push(model("revision".into(), before, after));
    }
    for file in &planned.files {
        let path = file.path.display();
        let Some(other) = now.files.iter().find(|other| other.path == file.path) else {
            found.push(model(format!("file {path}"), "there", "not part of the model"));
            continue;
        };
        if file.size != other.size {
            found.push(model(format!("size of {path}"), &file.size.to_string(), &other.size.to_string()));
        }
        if let (Some(before), Some(after)) = (&file.digest, &other.digest)
            && before != after
        {
            found.push(model(format!("digest of {path}"), before, after));
        }
    }
    found
}

/// Each input with its whole name, such as `tools.cxx.version`.
fn flat(value: &Value) -> BTreeMap<String, String> {
    fn walk(name: &str, value: &Value, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(parts) => {
                for (part, value) in parts {
                    let name = if name.is_empty() { part.clone() } else { format!("{name}.{part}") };
                    walk(&name, value, into);
                }
            }
            Value::Null => {}
            Value::String(text) => {
                into.insert(name.to_owned(), text.clone());
            }
            other => {
                into.insert(name.to_owned(), other.to_string());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk("", value, &mut all);
    all
}

fn shown(action: &Action) -> String {
    match action {
        Action::Stop => "stop the engine that runs".into(),
        Action::Run(command) => exec::shell_line(&command.argv),
        other => json(other),
    }
}

fn json(action: &Action) -> String {
    serde_json::to_string(action).unwrap_or_default()
}

#[cfg(test)]
mod tests;
