//! The plan of an engine that others run: it is looked at and used; model, flags and port are not this host's.

use crate::Error;
use crate::observe::observed::Observed;
use crate::plan::action::Action;
use crate::plan::changes::{Comparison, compare};
use crate::plan::draft::Draft;
use crate::plan::planner::{Planned, Rest, assemble, describe, warnings};
use crate::plan::{Status, StepKind};
use crate::pool::desired::Desired;
use crate::summary::Model;
use crate::supply::model;

/// The plan of a pool whose engine answers at `url`.
pub(crate) fn plan(desired: &Desired, mut observed: Observed, url: &str, replace: bool) -> Planned {
    let comparison = compare(desired, &observed);
    let mut drafts = observed.supplied.steps(comparison == Comparison::Same);
    let warnings = warnings(desired, &observed);
    let Observed { supplied, running, silent, own_port, version, refusal, .. } = observed;
    let runs = running.as_ref().map(describe).unwrap_or_default();
    let last = drafts.last().map(|draft| draft.step.id.clone());
    let model::Steps { model, .. } = model::Steps::of_others(desired);
    let flags = Draft::new(StepKind::Flags, "set by those who run the engine", Status::Satisfied);
    let start = match (refusal, &comparison) {
        (Some(error), _) => Draft::blocked(StepKind::Start, "the pool's earlier engine", error),
        (None, Comparison::Same) => Draft::new(StepKind::Start, format!("uses {url}"), Status::Satisfied),
        (None, Comparison::Differs(differences)) if !replace => {
            let error = Error::Differs { pool: desired.pool_id.clone(), differences: differences.clone() };
            Draft::blocked(StepKind::Start, format!("another configuration runs as {runs}"), error)
        }
        (None, Comparison::Differs(_)) => {
            let draft = Draft::new(StepKind::Start, format!("stop {runs}, then use {url}"), Status::ToRun);
            draft.action(Action::Stop).action(Action::Look { url: url.to_owned() })
        }
        (None, Comparison::Nothing) => {
            let draft = Draft::new(StepKind::Start, format!("use {url}"), Status::ToRun);
            draft.action(Action::Look { url: url.to_owned() })
        }
    };
    let start = match version {
        Some(error) if start.step.status == Status::ToRun => {
            Draft::blocked(StepKind::Start, "another version of the engine", error)
        }
        _ => start,
    };
    drafts.push(model);
    drafts.push(flags.after(last.into_iter().chain([StepKind::Model.into()])));
    drafts.push(start.after([StepKind::Flags]));
    let model = Some(Model::of_others(&desired.model.reference));
    let rest =
        Rest { comparison, supplied, running, silent: silent.is_some(), own_port, port: None, launch: None, model };
    assemble(desired, drafts, (Vec::new(), warnings), rest)
}
