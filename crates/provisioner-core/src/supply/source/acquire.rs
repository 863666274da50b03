//! Does what the steps of a build from source say: fetch, configure, build, prove.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use engine_store::Entry;
use llamacpp_build::{
    Begun, BuildError, BuildRequest, BuildSession, Call, Commit, Event, Ran, Resolved, StepReport, decide_jobs,
    resolve_recorded,
};

use crate::Error;
use crate::event::Unit;
use crate::execute::work::{Done, StepError, Work};
use crate::plan::placeholder::{COMMIT, DEFINITIONS, KEY, STAGING, TREE};
use crate::plan::{Action, Command, ExecutedAction, Outcome, StepId, StepKind};
use crate::pool::build_slots::BuildSlot;
use crate::supply::source::{Found, install, mirror_made, unknown};

/// What the steps made so far.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// Known while a step still works with the rest, which may take an hour.
    commit: OnceLock<Commit>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    session: Option<BuildSession>,
    /// Held as long as the session.
    slot: Option<BuildSlot>,
    entry: Option<Arc<Entry>>,
    /// How the entry came to be, where it turned out to be there already.
    found: Option<Outcome>,
}

impl Built {
    pub(crate) fn entry(&self) -> Option<Arc<Entry>> {
        self.lock().entry.clone()
    }

    pub(crate) fn commit(&self) -> Option<Commit> {
        self.commit.get().cloned()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does one step. The steps of a build depend on one another, so that no two of them run at once.
pub(crate) fn run(found: &Found, step: &StepId, work: &Work<'_>) -> Result<Done, StepError> {
    if *step == StepKind::Preflight.into() {
        return install::install(found, work);
    }
    let Some(request) = &found.request else { return Err(unknown(step).into()) };
    // Cancelled also where another step of the plan has failed.
    let mut request = request.clone();
    request.guard.cancel = work.cancel.clone();
    let mut state = found.built.lock();
    if *step == StepKind::Fetch.into() {
        return fetch(found, &request, &mut state, work);
    }
    if let Some(outcome) = state.found {
        return Ok(Done::with(Vec::new()).outcome(outcome));
    }
    let State { session: Some(session), .. } = &mut *state else { return Err(unknown(step).into()) };
    let observer = |event: &Event| tell(work, event);
    let report = match StepKind::ALL.iter().find(|kind| StepId::from(**kind) == *step) {
        Some(StepKind::Configure) => session.configure(&observer),
        Some(StepKind::Build) => session.compile(&observer),
        Some(StepKind::Prove) => session.prove_and_publish(&observer).map(|(entry, report)| {
            state.entry = Some(Arc::new(entry));
            report
        }),
        _ => return Err(unknown(step).into()),
    };
    let State { session: Some(session), .. } = &mut *state else { return Err(unknown(step).into()) };
    let done = ended(session, report, Vec::new());
    record(session, work);
    if state.entry.is_some() || done.is_err() {
        state.slot = None;
    }
    if state.entry.is_some() {
        state.session = None;
    }
    done
}

/// Asks which commit it is, and begins the build unless its result is there.
fn fetch(found: &Found, request: &BuildRequest, state: &mut State, work: &Work<'_>) -> Result<Done, StepError> {
    let layout = &found.wish.layout;
    let resolved = match (resolve_recorded(layout, request), found.known_commit()) {
        // What is built already is served as it was resolved last.
        (Err(error), Some(known)) if found.entry.is_some() && !layout.is_writable() => {
            let (folder, commit) = (layout.root().display(), known.as_str());
            work.note(format!("`{folder}` cannot be written: used as last resolved, {commit} ({error})"));
            Resolved { commit: known.clone(), tree: None, name: None, ran: Vec::new() }
        }
        (resolved, _) => resolved?,
    };
    let asked = actions(resolved.ran);
    work.value(COMMIT, resolved.commit.as_str());
    if let Some(tree) = &resolved.tree {
        work.value(TREE, tree);
    }
    let moved = found.entry.is_some() && found.known_commit() != Some(&resolved.commit);
    if moved {
        let replan = Some(format!("`{}` is now at {}", found.wish.source.reference, resolved.commit.as_str()));
        return Ok(Done { replan, ..Done::with(asked) });
    }
    found.built.commit.set(resolved.commit.clone()).ok();
    if found.entry.is_some() {
        return Ok(Done::with(asked));
    }
    let observer = |event: &Event| tell(work, event);
    let jobs = decide_jobs(request);
    match BuildSession::begin(layout, request, &resolved.commit, jobs, Some(work.proof_dir), &observer)? {
        Begun::Finished(entry, outcome) => {
            let outcome = outcome_of(outcome);
            work.value(KEY, entry.manifest.key.as_str());
            state.entry = Some(Arc::new(entry));
            state.found = Some(outcome);
            Ok(Done::with(asked).outcome(outcome))
        }
        Begun::ToBuild(mut session) => {
            // Once the key is this build's alone: those that wait for it hold no slot.
            let wait = || work.note("waiting for the turn of this pool's build");
            let slot = work.settings.builds.as_ref().map(|slots| slots.take(work.cancel, wait)).transpose();
            state.slot = slot.map_err(|cancel::Cancelled| Error::Cancelled)?;
            let report = session.fetch(&observer);
            let mut done = ended(&session, report, asked);
            let (Ok(Done { actions: ran, .. }) | Err(StepError { actions: ran, .. })) = &mut done;
            mirror_made::explain(work.planned, ran);
            record(&session, work);
            state.session = Some(*session);
            done
        }
    }
}

/// What a step of the build ended as; `before` ran before it.
fn ended(
    session: &BuildSession,
    report: Result<StepReport, BuildError>,
    mut before: Vec<ExecutedAction>,
) -> Result<Done, StepError> {
    match report {
        Ok(report) => {
            before.extend(actions(report.ran));
            Ok(Done::with(before).outcome(outcome_of(report.outcome)))
        }
        Err(error) => {
            before.extend(actions(session.take_ran()));
            Err(StepError { error: error.into(), actions: before })
        }
    }
}

/// Records what stands for the placeholders, as far as the build has come.
fn record(session: &BuildSession, work: &Work<'_>) {
    let values = session.values();
    if let Some(staging) = &values.staging {
        work.value(STAGING, &staging.display().to_string());
    }
    if let Some(key) = &values.key {
        work.value(KEY, key.as_str());
    }
    if let Some(definitions) = &values.definitions {
        work.value(DEFINITIONS, &definitions.join("\n"));
    }
}

fn actions(ran: Vec<Ran>) -> Vec<ExecutedAction> {
    let action = |ran: Ran| ExecutedAction {
        action: run_of(ran.call),
        exit: ran.exit.map(|status| status.to_string()),
        seconds: ran.seconds,
        because: ran.because,
    };
    ran.into_iter().map(action).collect()
}

/// A program call as an action, in a plan or as it ran.
pub(crate) fn run_of(call: Call) -> Action {
    Action::Run(Command { argv: call.argv, cwd: call.cwd.display().to_string(), env: call.env, skippable: false })
}

fn outcome_of(outcome: llamacpp_build::Outcome) -> Outcome {
    match outcome {
        llamacpp_build::Outcome::Built => Outcome::Done,
        llamacpp_build::Outcome::Resumed => Outcome::Resumed,
        llamacpp_build::Outcome::WaitedForOther => Outcome::Waited,
        llamacpp_build::Outcome::Hit => Outcome::Hit,
    }
}

/// Hands on how far the build has come.
fn tell(work: &Work<'_>, event: &Event) {
    match event {
        Event::Waits(holder) => work.note(format!("waiting for the same build by {holder}")),
        Event::Phase("wait") => work.note("waiting for another build of this host"),
        Event::Step { done, total, what, left } => {
            let left = left.map(|left| left.as_secs());
            work.progress(u64::from(*done), Some(u64::from(*total)), Unit::Steps, what, left);
        }
        _ => {}
    }
}
