//! The model's step: what it lacks on this host, and how it is staged.

use std::time::Instant;

use model_provisioner::{ModelError, Presence, Staged};
use preflight::{Need, Tool};

use crate::execute::work::{Done, StepError, Work};
use crate::observe::models;
use crate::plan::{Action, ExecutedAction, PlanStep, Status};
use crate::summary::{Model, ModelFile, ModelKind};
use crate::pool::desired::Desired;

/// The tools that the model lacks. They are listed and installed with those of the engine.
pub(crate) fn needs(model: &Presence) -> Vec<Need> {
    match model {
        Presence::Unusable(ModelError::NoCommand { .. }) => vec![Need::from(Tool::HfCli)],
        _ => Vec::new(),
    }
}

/// Brings the model here, where the step has that to do, and checks it in any case.
pub(crate) fn stage(step: &PlanStep, work: &Work<'_>) -> Result<(Staged, Done), StepError> {
    let desired = work.desired;
    let started = Instant::now();
    let staged = models(desired, work.settings).ensure_present(&desired.model.source, &desired.model.want)?;
    let ran = match step.status {
        Status::ToRun => step.actions.iter().filter(|action| matches!(action, Action::Run(_))).collect(),
        _ => Vec::new(),
    };
    let seconds = started.elapsed().as_secs_f64();
    let actions = ran.into_iter().map(|action| ExecutedAction::of(action.clone(), seconds)).collect();
    Ok((staged, Done::with(actions)))
}

/// The model as the summary has it.
pub(crate) fn summary(desired: &Desired, staged: &Staged) -> Model {
    let digest = staged.sha256.as_ref().map(|sum| format!("sha256:{sum}"));
    Model {
        reference: desired.model.reference.clone(),
        path: staged.path.clone(),
        size: staged.size,
        checksum: digest.clone(),
        kind: ModelKind::File,
        files: vec![ModelFile { path: staged.path.clone(), size: staged.size, digest }],
        revision: None,
    }
}
