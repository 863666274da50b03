//! Executes the steps of a plan: each once, each behind those it depends on, independent ones side by side.
//!
//! The rules: nothing runs of a plan that has a blocked step among those asked for; after the first failure nothing new
//! begins, what runs is cancelled, and the first failure is what is is_work. A step that panics is a defect: what runs
//! beside it is cancelled and waited for, and the panic goes on in the caller's thread.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Instant;

use cancel::Cancel;
use miette::Diagnostic;

use crate::Error;
use crate::event::{Happening, Reporter};
use crate::execute::work::{Done, StepError};
use crate::plan::{ExecutedStep, Failure, Outcome, PlanStep, Status, StepId};

/// What became of a plan's steps.
#[derive(Debug)]
pub(crate) struct Driven {
    /// Every step of the plan, in its order.
    pub(crate) steps: Vec<ExecutedStep>,
    /// The first failure; or why the rest of the plan no longer holds, if it does not.
    pub(crate) result: Result<Option<String>, Error>,
}

/// Does one step.
pub(crate) type Runner<'a> = dyn Fn(&PlanStep, &Cancel) -> Result<Done, StepError> + Sync + 'a;

/// Executes the steps that `wanted` names. `cancel` is the caller's.
pub(crate) fn drive(
    steps: &[PlanStep],
    wanted: &(dyn Fn(&PlanStep) -> bool + Sync),
    cancel: &Cancel,
    reporter: &Reporter,
    run: &Runner<'_>,
) -> Driven {
    drive_in(&Builder::new, steps, wanted, cancel, reporter, run)
}

/// The same in threads that `thread` makes.
fn drive_in(
    thread: &dyn Fn() -> Builder,
    steps: &[PlanStep],
    wanted: &(dyn Fn(&PlanStep) -> bool + Sync),
    cancel: &Cancel,
    reporter: &Reporter,
    run: &Runner<'_>,
) -> Driven {
    let mut state = Execution {
        steps,
        done: steps.iter().map(|_| None).collect(),
        begun: vec![false; steps.len()],
        running: 0,
        cancel: cancel.child(),
        failure: None,
        replan: None,
    };
    state.skip(wanted);
    if steps.iter().any(|step| wanted(step) && matches!(step.status, Status::Blocked { .. })) {
        return state.finish();
    }
    std::thread::scope(|scope| {
        let _cancels = CancelsOnPanic(state.cancel.clone());
        let (sender, receiver) = channel();
        let mut threads = BTreeMap::new();
        loop {
            let alone = state.running == 0;
            let ready = state.ready();
            for at in &ready {
                // One that ran right here may have failed.
                if state.is_over() {
                    break;
                }
                state.begun[*at] = true;
                let job = Job { at: *at, step: &steps[*at], cancel: state.cancel.clone(), reporter, run };
                let begun = if alone && ready.len() == 1 {
                    Begun::Ended(Box::new(job.run()))
                } else {
                    begin(scope, thread(), job, &sender)
                };
                match begun {
                    Begun::Thread(handle) => {
                        state.running += 1;
                        threads.insert(*at, handle);
                    }
                    Begun::Ended(ended) => state.end(*at, *ended),
                }
            }
            if state.running == 0 {
                if state.ready().is_empty() {
                    break;
                }
                continue;
            }
            // Every thread reports once, whatever becomes of it.
            let Ok((at, ended)) = receiver.recv() else { break };
            state.running -= 1;
            match (ended, threads.remove(&at).map(ScopedJoinHandle::join)) {
                (Some(ended), _) => state.end(at, ended),
                (None, Some(Err(panic))) => resume_unwind(panic),
                (None, _) => {}
            }
        }
    });
    state.finish()
}

/// Cancels what runs where a panic leaves the scope that waits for it.
struct CancelsOnPanic(Cancel);

impl Drop for CancelsOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.cancel();
        }
    }
}

struct Execution<'a> {
    steps: &'a [PlanStep],
    done: Vec<Option<ExecutedStep>>,
    begun: Vec<bool>,
    running: usize,
    cancel: Cancel,
    failure: Option<Error>,
    replan: Option<String>,
}

struct Job<'a> {
    at: usize,
    step: &'a PlanStep,
    cancel: Cancel,
    reporter: &'a Reporter,
    run: &'a Runner<'a>,
}

type Ended = (ExecutedStep, Result<Option<String>, Error>);

/// What became of the begin of a step.
enum Begun<'scope> {
    /// It runs in this thread.
    Thread(ScopedJoinHandle<'scope, ()>),
    /// It ran right away.
    Ended(Box<Ended>),
}

impl Job<'_> {
    fn run(&self) -> Ended {
        one(self.step, &self.cancel, self.reporter, self.run)
    }
}

/// Reports the end of a job when it goes out of scope, also where the job panicked: then nothing is in it.
struct Report {
    at: usize,
    ended: Option<Ended>,
    sender: Sender<(usize, Option<Ended>)>,
}

impl Drop for Report {
    fn drop(&mut self) {
        self.sender.send((self.at, self.ended.take())).ok();
    }
}

/// Runs a job in a thread of its own, or here where there is no room for one.
fn begin<'scope>(
    scope: &'scope Scope<'scope, '_>,
    thread: Builder,
    job: Job<'scope>,
    sender: &Sender<(usize, Option<Ended>)>,
) -> Begun<'scope> {
    let job = Arc::new(job);
    let (theirs, sender) = (Arc::clone(&job), sender.clone());
    let work = move || {
        let mut report = Report { at: theirs.at, ended: None, sender };
        report.ended = Some(theirs.run());
    };
    match thread.name(job.step.kind.to_string()).spawn_scoped(scope, work) {
        Ok(handle) => Begun::Thread(handle),
        Err(error) => {
            tracing::debug!(%error, "no thread for a step; it runs by itself");
            Begun::Ended(Box::new(job.run()))
        }
    }
}

/// Does one step, and reports its beginning and end.
fn one(step: &PlanStep, cancel: &Cancel, reporter: &Reporter, run: &Runner<'_>) -> Ended {
    let started = Instant::now();
    let is_work = step.status == Status::ToRun;
    if is_work {
        reporter.send(Some(&step.id), Happening::Begin { kind: step.kind });
    }
    let result = if cancel.is_cancelled() { Err(Error::Cancelled.into()) } else { run(step, cancel) };
    let seconds = started.elapsed().as_secs_f64();
    let ended = ended(step, seconds, result);
    if is_work {
        let (outcome, code) = (ended.0.outcome, ended.0.failure.as_ref().map(|failure| failure.code.clone()));
        let cache = match outcome {
            Outcome::Hit | Outcome::Waited => Some(crate::Cache::Hit),
            _ => step.cache,
        };
        reporter.send(Some(&step.id), Happening::End { outcome, seconds, cache, code });
    }
    ended
}

fn ended(step: &PlanStep, seconds: f64, result: Result<Done, StepError>) -> Ended {
    let executed = |outcome, actions, failure| ExecutedStep { id: step.id.clone(), outcome, seconds, actions, failure };
    match result {
        Ok(done) if step.status == Status::Satisfied && done.actions.is_empty() => {
            (executed(Outcome::Satisfied, Vec::new(), None), Ok(done.replan))
        }
        Ok(done) => (executed(done.outcome, done.actions, None), Ok(done.replan)),
        Err(StepError { error, actions }) => {
            let error = error.or_cancelled();
            let code = error.code().map(|code| code.to_string()).unwrap_or_default();
            let outcome = if error.is_cancelled() { Outcome::Cancelled } else { Outcome::Failed };
            let failure = Failure { code, message: error.to_string() };
            (executed(outcome, actions, Some(failure)), Err(error))
        }
    }
}

impl Execution<'_> {
    /// Steps that were not asked for are not reached, and neither is what stands behind them.
    fn skip(&mut self, wanted: &(dyn Fn(&PlanStep) -> bool + Sync)) {
        for (at, step) in self.steps.iter().enumerate() {
            if !wanted(step) {
                self.begun[at] = true;
            }
        }
    }

    /// Whether nothing new begins.
    fn is_over(&self) -> bool {
        self.failure.is_some() || self.replan.is_some()
    }

    /// The steps that can begin now.
    fn ready(&self) -> Vec<usize> {
        if self.is_over() {
            return Vec::new();
        }
        let is_done =
            |id: &StepId| self.steps.iter().zip(&self.done).any(|(step, done)| step.id == *id && done.is_some());
        let can_begin = |(at, step): &(usize, &PlanStep)| !self.begun[*at] && step.after.iter().all(is_done);
        self.steps.iter().enumerate().filter(can_begin).map(|(at, _)| at).collect()
    }

    fn end(&mut self, at: usize, (step, result): Ended) {
        self.done[at] = Some(step);
        match result {
            Ok(Some(why)) => self.replan = self.replan.take().or(Some(why)),
            Ok(None) => {}
            Err(error) => {
                self.cancel.cancel();
                self.failure.get_or_insert(error);
            }
        }
    }

    fn finish(self) -> Driven {
        let not_reached = |step: &PlanStep| ExecutedStep {
            id: step.id.clone(),
            outcome: Outcome::NotReached,
            seconds: 0.0,
            actions: Vec::new(),
            failure: None,
        };
        let steps = self.steps.iter().zip(self.done).map(|(step, done)| done.unwrap_or_else(|| not_reached(step)));
        Driven { steps: steps.collect(), result: self.failure.map_or(Ok(self.replan), Err) }
    }
}

#[cfg(test)]
mod tests;
