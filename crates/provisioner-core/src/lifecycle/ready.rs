//! Waiting until an engine answers: an engine that exits ends the wait at once, and so does whoever cancels.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use spawner::{Exit, PoolDir, Record, Status, status, wait_exit};

use crate::event::{Happening, Reporter, Unit};
use crate::execute::published;
use crate::lifecycle::error::LifecycleError;
use crate::lifecycle::exit::{self, Ended};
use crate::lifecycle::health::{Health, look};
use crate::runtime::process::instance;
use crate::{Ensured, Error, Result, Settings, StepKind};

/// How often the engine is asked.
const PAUSE: Duration = Duration::from_millis(100);

/// An engine that answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Where clients reach it.
    pub url: String,
    /// How long it was waited for.
    pub seconds: f64,
}

/// Waits until the engine that runs now answers.
pub(crate) fn wait(
    settings: &Settings,
    dir: &PoolDir,
    expected: Option<&Ensured>,
    limit: Duration,
    reporter: &Reporter,
) -> Result<Ready> {
    let begin = Instant::now();
    let record = match status(dir)? {
        Status::Running { record, .. } | Status::Exited { record, .. } => record,
        Status::Stale { .. } | Status::Foreign { .. } | Status::Absent | Status::Unreadable { .. } => {
            return Err(LifecycleError::Gone.into());
        }
    };
    let ensured = published::published(&instance(&record, dir), dir).ok_or(LifecycleError::Gone)?;
    if expected.is_some_and(|expected| !expected.is_same_instance(&ensured)) {
        return Err(LifecycleError::Gone.into());
    }
    let step = StepKind::Ready.into();
    let mut last: Option<(String, u64)> = None;
    loop {
        let (health, other) = ask(settings, &ensured, &record, limit.saturating_sub(begin.elapsed()))?;
        if let Some(exit) = wait_exit(&record, if health == Health::Ready { Duration::ZERO } else { PAUSE })? {
            return Err(exited(dir, &record, exit));
        }
        if health == Health::Ready {
            return Ok(Ready { url: ensured.prepared.url, seconds: begin.elapsed().as_secs_f64() });
        }
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
        if begin.elapsed() > limit {
            return Err(LifecycleError::NotReady { after: limit, tail: exit::tail(dir) }.into());
        }
        let what = match (other, health) {
            (Some(other), _) => format!("port {} is answered by {other}, not by the engine", record.port),
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
fn ask(settings: &Settings, ensured: &Ensured, record: &Record, left: Duration) -> Result<(Health, Option<String>)> {
    let (sender, receiver) = mpsc::channel();
    let (theirs, their_record) = (ensured.clone(), record.clone());
    let asks = move || sender.send(look(&theirs, &their_record)).ok();
    if let Err(error) = thread::Builder::new().name("health".into()).spawn(asks) {
        tracing::debug!(%error, "no thread to ask the engine on");
        return look(ensured, record);
    }
    let begin = Instant::now();
    loop {
        match receiver.recv_timeout(PAUSE) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Timeout) if begin.elapsed() <= left.max(PAUSE) => {}
            Err(_) => return Ok((Health::Silent, None)),
        }
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
    }
}

/// Why a wait ended without an engine. Another call may have stopped it.
fn exited(dir: &PoolDir, record: &Record, exit: Exit) -> Error {
    let (exit, still_ours) = match status(dir) {
        Ok(Status::Exited { record: now, exit: known }) => (known.unwrap_or(exit), now.instance == record.instance),
        Ok(Status::Stale { record: now, .. }) => (exit, now.instance == record.instance),
        _ => (exit, false),
    };
    if !still_ours {
        return LifecycleError::Gone.into();
    }
    let tail = exit::tail(dir);
    let advice = exit::advice(exit).to_owned();
    let error = LifecycleError::Exited { how: exit.to_string(), tail: tail.clone(), advice };
    match Ended::of(&error, exit, &tail) {
        Some(known) => Error::Ended(Box::new(known)),
        None => error.into(),
    }
}
