//! The model's steps: what it lacks on this host, the question to the hub, and how it is staged.
//!
//! The rule: what the hub refuses is known before the first long step.

pub(crate) mod formats;
pub(crate) mod memory;

use std::sync::OnceLock;
use std::time::Instant;

use model_provisioner::{Announced, Found, ModelError, ModelRequest, Presence, Ran, Staged, StagedKind, Watch};
use preflight::{Need, Tool};

use crate::Error;
use crate::event::Unit;
use crate::execute::work::{Done, StepError, Work};
use crate::observe::models;
use crate::plan::draft::Draft;
use crate::plan::placeholder::{Placeholder, REVISION};
use crate::plan::{Action, Command, ExecutedAction, Outcome, PlanStep, Status, StepId, StepKind};
use crate::pool::desired::Desired;
use crate::pool::pins;
use crate::summary::{Model, ModelFile, ModelKind};

/// The id of the question to the hub.
pub(crate) const CHECK: &str = "model-check";

/// The tools that the model lacks. They are listed and installed with those of the engine.
pub(crate) fn needs(model: &Presence) -> Vec<Need> {
    match model {
        Presence::Unusable(ModelError::NoCommand { .. }) => vec![Need::from(Tool::HfCli)],
        _ => Vec::new(),
    }
}

/// The steps of a model.
#[derive(Debug)]
pub(crate) struct Steps {
    /// What is asked of the hub before anything long.
    pub(crate) question: Option<Draft>,
    /// The model itself.
    pub(crate) model: Draft,
}

impl Steps {
    /// The steps of a model that those who run the engine have.
    pub(crate) fn of_others(desired: &Desired) -> Self {
        let detail = format!("`{}`, which the engine must serve", desired.model.reference);
        Self { question: None, model: Draft::new(StepKind::Model, detail, Status::Satisfied) }
    }
}

/// The steps of the model: a question to the hub where it is to be fetched, and the model itself. `first` is the step
/// that brings the tools, `too_new` why the engine cannot load a model that is there.
pub(crate) fn steps(desired: &Desired, model: Presence, too_new: Option<Error>, first: Option<&StepId>) -> Steps {
    let reference = &desired.model.reference;
    let alone = |model: Draft| Steps { question: None, model: model.after(first.cloned()) };
    if let Some(error) = too_new {
        return alone(Draft::blocked(StepKind::Model, reference, error));
    }
    match model {
        Presence::Present(found) => {
            if let Some(error) = pins::model_fault(desired, &found.staged) {
                return alone(Draft::blocked(StepKind::Model, reference, error));
            }
            let files = match found.staged.files.len() {
                1 => String::new(),
                several => format!("{several} files, "),
            };
            let size = found.staged.size() / 1_000_000;
            let detail = format!("{} ({files}{size} MB)", found.staged.path.display());
            alone(Draft::new(StepKind::Model, detail, Status::Satisfied))
        }
        Presence::Unusable(error) => alone(Draft::blocked(StepKind::Model, reference, error)),
        Presence::Fetchable(fetch) => {
            let mut check = Draft::new(StepKind::Check, format!("ask for {reference}"), Status::ToRun)
                .action(Action::Look { url: fetch.asks })
                .after(first.cloned());
            check.step.id = StepId::new(CHECK);
            let mut model = Draft::new(StepKind::Model, format!("fetch {reference}"), Status::ToRun)
                .placeholder(fetch.resumes.is_none().then(|| Placeholder::any(REVISION)).flatten())
                .after([StepId::new(CHECK)]);
            for command in &fetch.commands {
                model = model.action(Action::Run(Command::of_model(command)));
            }
            Steps { question: Some(check), model }
        }
    }
}

fn request(desired: &Desired) -> crate::Result<&ModelRequest> {
    desired.model.request.as_ref().ok_or(Error::Unfinished { what: "model" })
}

/// Asks the hub what the model is made of and whether it may be fetched.
pub(crate) fn ask(step: &PlanStep, announced: &OnceLock<Announced>, work: &Work<'_>) -> Result<Done, StepError> {
    let (desired, begun) = (work.desired, Instant::now());
    let cancelled = || work.cancel.is_cancelled();
    let answer = models(desired, work.settings).ask_hub(request(desired)?, &cancelled)?;
    if let Some(commit) = &answer.commit {
        work.value(REVISION, commit.as_str());
    }
    announced.set(answer).ok();
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Done::with(step.actions.iter().map(|action| ExecutedAction::of(action.clone(), seconds)).collect()))
}

/// Brings the model here, where the step has that to do, and checks it in any case.
pub(crate) fn stage(
    step: &PlanStep,
    announced: &OnceLock<Announced>,
    work: &Work<'_>,
) -> Result<(Found, Done), StepError> {
    let (desired, models) = (work.desired, models(work.desired, work.settings));
    let request = request(desired)?;
    if step.status == Status::Satisfied {
        let mut found = models.ensure_present(request)?;
        pins::check_model(desired, &models, &mut found.staged)?;
        return Ok((found, Done::with(Vec::new())));
    }
    let mut actions = Vec::new();
    let pinned = announced.get().is_some_and(|announced| announced.commit.is_some());
    let planned = step.actions.iter().find_map(Action::argv).unwrap_or_default();
    let mut watch = Watch::default()
        .cancelled(|| work.cancel.is_cancelled())
        .progress(|progress| work.progress(progress.done, progress.total, Unit::Bytes, "", None))
        .waits(|holder| work.note(format!("waiting for the same model by {holder}")))
        .ran(|ran| actions.push(action(ran, planned, pinned)));
    let found = match announced.get() {
        Some(announced) => models.fetch(request, announced, &mut watch),
        None => models.ensure_present_watched(request, &mut watch),
    };
    drop(watch);
    let found = found.and_then(|found| models.check_sum(request, found)).map_err(crate::Error::from);
    let found = found.and_then(|mut found| {
        pins::check_model(desired, &models, &mut found.staged)?;
        Ok(found)
    });
    match found {
        Ok(found) => {
            let outcome = if actions.is_empty() { Outcome::Waited } else { Outcome::Done };
            Ok((found, Done::with(actions).outcome(outcome)))
        }
        Err(error) => Err(StepError { error, actions }),
    }
}

/// A command that ran. One that finishes a file whose beginning was there is in no plan.
fn action(ran: &Ran<'_>, planned: &[String], pinned: bool) -> ExecutedAction {
    let command = Command::concrete(ran.command);
    let because = if command.argv.first() != planned.first() {
        Some("finishes a file whose beginning was there".to_owned())
    } else if pinned {
        None
    } else {
        Some("the hub's command could not be asked for the commit".to_owned())
    };
    let exit = ran.exit.map(|exit| exit.to_string());
    ExecutedAction { action: Action::Run(command), exit, seconds: ran.took.as_secs_f64(), because }
}

/// The model as the summary has it.
pub(crate) fn summary(desired: &Desired, staged: &Staged) -> Model {
    let checked = desired.model.request.as_ref().is_some_and(|request| request.sha256.is_some());
    Model {
        reference: desired.model.reference.clone(),
        path: staged.path.clone(),
        size: staged.size(),
        checksum: staged.digest().map(str::to_owned).filter(|_| checked),
        kind: match staged.kind {
            StagedKind::File => ModelKind::File,
            StagedKind::Shards => ModelKind::Shards,
            StagedKind::Repository => ModelKind::Repository,
        },
        files: staged
            .files
            .iter()
            .map(|file| ModelFile { path: file.path.clone(), size: file.size, digest: file.digest.clone() })
            .collect(),
        revision: staged.revision.as_ref().map(ToString::to_string),
    }
}
