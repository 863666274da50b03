//! Waiting until an engine answers: an engine that exits ends the wait at once, and so does a cancellation.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use exec::{Exit, Redactor};
use serde::{Deserialize, Serialize};
use spawner::PoolDir;

use crate::event::{Happening, Reporter, Unit};
use crate::execute::published;
use crate::lifecycle::error::LifecycleError;
use crate::lifecycle::exit::{self, Ended};
use crate::lifecycle::gpu_proof::{Shown, prove_ready};
use crate::lifecycle::health::Health;
use crate::lifecycle::silence::Silence;
use crate::runtime::{Answer, Condition, Instance, Runtime, Watching};
use crate::summary::{Offload, Proof, Started};
use crate::{Ensured, Error, InstanceKind, Result, Settings, StepKind};

/// How often the engine is asked.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// An engine that answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Where clients reach it.
    pub url: String,
    /// How long it was waited for.
    pub seconds: f64,
    /// Whether it is on its GPUs; none for an engine that is given none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// How many layers of its model are on GPUs, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offload: Option<Offload>,
}

impl Ready {
    /// Adds what was proven to the summary of the engine.
    pub fn complete(&self, ensured: &mut Ensured) {
        let shown = Shown { proof: self.proof.clone(), offload: self.offload, ..Shown::default() };
        ensured.prepared.show(&shown);
    }
}

/// How long an engine is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// In all.
    pub(crate) limit: Duration,
    /// While it neither answers nor prints; no limit if `None`.
    pub(crate) silence: Option<Duration>,
}

/// Waits until the engine that runs now answers.
pub(crate) fn wait(
    settings: &Settings,
    runtime: &Arc<dyn Runtime>,
    dir: &PoolDir,
    expected: Option<&Ensured>,
    Patience { limit, silence: most_silent }: Patience,
    reporter: &Reporter,
) -> Result<Ready> {
    let begin = Instant::now();
    let summary = |instance: &Instance| {
        let ensured = published::published(instance, dir).ok_or(LifecycleError::Gone)?;
        let replaced = expected.is_some_and(|expected| !expected.is_same_instance(&ensured));
        if replaced { Err(LifecycleError::Gone) } else { Ok(ensured) }
    };
    let watching = match runtime.status(dir)? {
        Condition::Running { .. } | Condition::Stopping { .. } => runtime.running(dir)?,
        _ => None,
    };
    let Some(Watching { instance, watch }) = watching else {
        let Condition::Exited { instance, exit } = runtime.status(dir)? else {
            return Err(LifecycleError::Gone.into());
        };
        let masker = exit::masker(settings, &summary(&instance)?.prepared);
        return Err(exited(&**runtime, dir, &instance, exit.unwrap_or(Exit::Unknown), &masker));
    };
    let ensured = summary(&instance)?;
    let masker = exit::masker(settings, &ensured.prepared);
    let step = StepKind::Ready.into();
    let mut last: Option<(String, u64)> = None;
    let mut silence = Silence::of(&instance.log);
    loop {
        let Answer { health, other, why } =
            ask(settings, runtime, dir, &ensured, limit.saturating_sub(begin.elapsed()))?;
        if let Some(exit) = watch.wait(if health == Health::Ready { Duration::ZERO } else { PAUSE })? {
            return Err(exited(&**runtime, dir, &instance, exit, &masker));
        }
        if health == Health::Ready {
            let started_here = expected.is_some_and(|expected| expected.started != Started::Already);
            let may_stop = started_here || settings.replace;
            let shown = match prove_ready(settings, runtime, dir, (&instance, &ensured), may_stop, reporter) {
                Err(error) if !error.is_not_used() => {
                    let exit = watch.wait(Duration::ZERO)?;
                    return Err(exit.map_or(error, |exit| exited(&**runtime, dir, &instance, exit, &masker)));
                }
                shown => shown?,
            };
            let (proof, offload) = (shown.proof, shown.offload.or(ensured.prepared.offload));
            let seconds = begin.elapsed().as_secs_f64();
            return Ok(Ready { url: ensured.prepared.url, seconds, proof, offload });
        }
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
        silence.is_broken(health);
        if let Some(after) = most_silent.filter(|most| silence.elapsed() >= *most) {
            return Err(LifecycleError::Silent { after, tail: exit::tail(&**runtime, dir, &masker) }.into());
        }
        if begin.elapsed() > limit {
            if let InstanceKind::Remote { .. } = instance.kind {
                // Why it does not answer, rather than that it runs.
                runtime.kept(dir, &ensured)?;
            }
            return Err(LifecycleError::NotReady { after: limit, tail: exit::tail(&**runtime, dir, &masker) }.into());
        }
        let what = match (other, health) {
            _ if why.is_some() => why.unwrap_or_default(),
            (Some(other), _) => format!("port {} is answered by {other}, not by the engine", instance.port),
            (None, Health::Loading) => "the engine loads the model".into(),
            (None, _) => "the engine does not answer yet".into(),
        };
        let (done, total) = (begin.elapsed().as_secs(), Some(limit.as_secs()));
        // Once a second, and when something changes.
        if last.as_ref() != Some(&(what.clone(), done)) {
            last = Some((what.clone(), done));
            reporter.send(Some(&step), Happening::Progress { done, total, unit: Unit::Seconds, what, left_s: None });
        }
    }
}

/// Asks the engine once, and waits for its answer as long as neither the caller cancels nor the time is over: an engine
/// that takes a connection and says nothing holds up neither.
pub(super) fn ask(
    settings: &Settings,
    runtime: &Arc<dyn Runtime>,
    dir: &PoolDir,
    ensured: &Ensured,
    left: Duration,
) -> Result<Answer> {
    let (sender, receiver) = mpsc::channel();
    let (its_runtime, its_dir, its_engine) = (Arc::clone(runtime), dir.clone(), ensured.clone());
    let asks = move || sender.send(its_runtime.answers(&its_dir, &its_engine)).ok();
    if let Err(error) = thread::Builder::new().name("health".into()).spawn(asks) {
        tracing::debug!(%error, "no thread to ask the engine on");
        return runtime.answers(dir, ensured);
    }
    let begin = Instant::now();
    loop {
        match receiver.recv_timeout(PAUSE) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Timeout) if begin.elapsed() <= left.max(PAUSE) => {}
            Err(_) => return Ok(Health::Silent.into()),
        }
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
    }
}

/// Why a wait ended without an engine. Another call may have stopped it.
fn exited(runtime: &dyn Runtime, dir: &PoolDir, instance: &Instance, exit: Exit, masker: &Redactor) -> Error {
    let (exit, still_ours) = match runtime.status(dir) {
        Ok(Condition::Exited { instance: now, exit: known }) => (known.unwrap_or(exit), now == *instance),
        Ok(Condition::Stale { instance: now, .. }) => (exit, now == *instance),
        _ => (exit, false),
    };
    if !still_ours {
        return LifecycleError::Gone.into();
    }
    let tail = exit::tail(runtime, dir, masker);
    let error = LifecycleError::Exited { how: exit.to_string(), tail, advice: exit::ADVICE.to_owned() };
    match Ended::of(&error, exit, &exit::masked_log(runtime, dir, masker)) {
        Some(known) => Error::Ended(Box::new(known)),
        None => error.into(),
    }
}
