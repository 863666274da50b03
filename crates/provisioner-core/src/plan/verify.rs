//! In what an execution differs from its plan: a pure comparison, by substituting the recorded values of the
//! placeholders and nothing else (EP-83).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::plan::action::{Action, Command, Launch};
use crate::plan::executed::{Executed, ExecutedStep, Outcome};
use crate::plan::placeholder::Values;
use crate::plan::step::{PlanStep, Status, StepId};

/// One difference between a plan and what ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepDifference {
    /// The step.
    pub step: StepId,
    /// What differs: `argument 3`, `working folder`, `variable PATH`, `action 2`, `placeholder port`.
    pub what: String,
    /// As planned.
    pub planned: String,
    /// As it ran.
    pub ran: String,
}

impl fmt::Display for StepDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: planned `{}`, ran `{}`", self.step, self.what, self.planned, self.ran)
    }
}

/// Compares what ran with the plan. Steps are compared by id; a step that is blocked or was not reached ran nothing, one
/// that failed ran the first part of its actions, one whose result was there may have run some of them.
pub fn differences(plan: &Plan, executed: &Executed) -> Vec<StepDifference> {
    let mut found = Vec::new();
    for placeholder in &plan.placeholders {
        if let Some(value) = executed.values.get(&placeholder.name)
            && !placeholder.allows(value)
        {
            let step = plan.steps.first().map_or_else(|| StepId::new(""), |step| step.id.clone());
            let allowed = placeholder.allowed.join(" or ");
            let planned = if allowed.is_empty() { format!("a {}", placeholder.name) } else { allowed };
            let what = format!("placeholder {}", placeholder.name);
            found.push(StepDifference { step, what, planned, ran: value.clone() });
        }
    }
    for step in &plan.steps {
        let mut ran = executed.steps.iter().filter(|ran| ran.id == step.id);
        match ran.next() {
            Some(ran) => found.extend(of_step(step, ran, &executed.values)),
            None => found.push(whole(&step.id, "a step", "nothing")),
        }
        found.extend(ran.map(|again| whole(&again.id, "once", "again")));
    }
    let unknown = executed.steps.iter().filter(|ran| plan.step(&ran.id).is_none());
    found.extend(unknown.map(|ran| whole(&ran.id, "nothing", "a step")));
    found
}

fn whole(step: &StepId, planned: &str, ran: &str) -> StepDifference {
    StepDifference { step: step.clone(), what: "step".into(), planned: planned.into(), ran: ran.into() }
}

fn of_step(step: &PlanStep, ran: &ExecutedStep, values: &Values) -> Vec<StepDifference> {
    let planned: Vec<Action> = match step.status {
        Status::ToRun => step.actions.iter().map(|action| action.substituted(values)).collect(),
        Status::Satisfied | Status::Blocked { .. } => Vec::new(),
    };
    // What ran instead of what was planned is compared with it; what was left out has to be allowed to be, before what
    // ran and behind it.
    let result_was_there = matches!(ran.outcome, Outcome::Hit | Outcome::Waited | Outcome::Resumed);
    let ended_early = matches!(ran.outcome, Outcome::Failed | Outcome::Cancelled | Outcome::NotReached);
    let may_skip = |at: usize| result_was_there || planned.get(at).is_none_or(Action::is_skippable);
    let may_omit = |at: usize| ended_early || may_skip(at);
    let mut found = Vec::new();
    if matches!(step.status, Status::Blocked { .. }) && ran.outcome != Outcome::NotReached {
        found.push(whole(&step.id, "nothing", "a step"));
    }
    if ran.outcome == Outcome::NotReached {
        let ran = ran.actions.iter().enumerate();
        return found
            .into_iter()
            .chain(ran.flat_map(|(at, done)| of_action(&step.id, at + 1, None, Some(&done.action))))
            .collect();
    }
    let mut at = 0;
    for (number, done) in ran.actions.iter().enumerate() {
        if done.because.is_some() {
            continue;
        }
        // The next planned action that it is, passing over those that may be left out.
        let rest = planned.get(at..).unwrap_or_default();
        let ahead = rest.iter().position(|planned| same(planned, &done.action));
        let skips = ahead.filter(|ahead| (at..at + ahead).all(may_skip));
        if let Some(skips) = skips {
            at += skips + 1;
        } else {
            let planned = planned.get(at);
            found.extend(of_action(&step.id, number + 1, planned, Some(&done.action)));
            at += 1;
        }
    }
    for (number, left) in planned.iter().enumerate().skip(at) {
        if !may_omit(number) {
            found.extend(of_action(&step.id, number + 1, Some(left), None));
        }
    }
    found
}

/// Whether what ran is what was planned; whether it could have been left out is no part of what ran.
fn same(planned: &Action, ran: &Action) -> bool {
    match (planned, ran) {
        (Action::Run(planned), Action::Run(ran)) => {
            Command { skippable: false, ..planned.clone() } == Command { skippable: false, ..ran.clone() }
        }
        _ => planned == ran,
    }
}

fn of_action(step: &StepId, number: usize, planned: Option<&Action>, ran: Option<&Action>) -> Vec<StepDifference> {
    let difference =
        |what: String, planned: String, ran: String| StepDifference { step: step.clone(), what, planned, ran };
    let (Some(planned), Some(ran)) = (planned, ran) else {
        let text = |action: Option<&Action>| action.map_or_else(|| "nothing".into(), json);
        return vec![difference(format!("action {number}"), text(planned), text(ran))];
    };
    let pairs = match (planned, ran) {
        (Action::Run(planned), Action::Run(ran)) => {
            parts((&planned.argv, &ran.argv), (&planned.cwd, &ran.cwd), (&planned.env, &ran.env), Vec::new())
        }
        (Action::Launch(planned), Action::Launch(ran)) => {
            let argv = |launch: &Launch| {
                let program = launch.program.clone().or_else(|| launch.image.clone());
                program.into_iter().chain(launch.args.iter().cloned()).collect::<Vec<_>>()
            };
            let names = |launch: &Launch| launch.secret_env.join(",");
            let rest = vec![
                ("host".into(), planned.host.clone(), ran.host.clone()),
                ("port".into(), planned.port.clone(), ran.port.clone()),
                ("secret variables".into(), names(planned), names(ran)),
            ];
            parts((&argv(planned), &argv(ran)), (&planned.cwd, &ran.cwd), (&planned.env, &ran.env), rest)
        }
        _ => Vec::new(),
    };
    let mut found: Vec<_> =
        pairs.into_iter().filter(|(_, a, b)| a != b).map(|(what, a, b)| difference(what, a, b)).collect();
    if found.is_empty() && !same(planned, ran) {
        found.push(difference(format!("action {number}"), json(planned), json(ran)));
    }
    found
}

type Pair = (String, String, String);

fn parts(
    argv: (&[String], &[String]),
    cwd: (&str, &str),
    env: (&BTreeMap<String, String>, &BTreeMap<String, String>),
    rest: Vec<Pair>,
) -> Vec<Pair> {
    let absent = || "(absent)".to_owned();
    let word = |list: &[String], at: usize| list.get(at).cloned().unwrap_or_else(absent);
    let mut pairs: Vec<Pair> = (0..argv.0.len().max(argv.1.len()))
        .map(|at| {
            let what = if at == 0 { "program".into() } else { format!("argument {at}") };
            (what, word(argv.0, at), word(argv.1, at))
        })
        .collect();
    pairs.push(("working folder".into(), cwd.0.into(), cwd.1.into()));
    let names: std::collections::BTreeSet<&String> = env.0.keys().chain(env.1.keys()).collect();
    let value = |map: &BTreeMap<String, String>, name: &String| map.get(name).cloned().unwrap_or_else(absent);
    pairs.extend(names.into_iter().map(|name| (format!("variable {name}"), value(env.0, name), value(env.1, name))));
    pairs.extend(rest);
    pairs
}

fn json(action: &Action) -> String {
    serde_json::to_string(action).unwrap_or_default()
}

#[cfg(test)]
mod tests;
