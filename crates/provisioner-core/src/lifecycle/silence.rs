//! How long an engine has neither answered nor printed.
//!
//! The rule: every answer and every line of output ends a silence. An engine that loads its model and reports that, by
//! HTTP or in its log, is not silent, however long it takes.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use spawner::PoolDir;

use crate::event::{Happening, Reporter, Unit};
use crate::lifecycle::health::Health;
use crate::lifecycle::ready::{PAUSE, ask};
use crate::runtime::{Runtime, Watching};
use crate::{Ensured, Error, Result, Settings, StepKind};

/// A silence that is being measured.
#[derive(Debug)]
pub(crate) struct Silence {
    log: PathBuf,
    printed: Option<Printed>,
    since: Instant,
}

/// Size of a log in bytes, and the time of its last change in seconds and nanoseconds.
type Printed = (u64, i64, i64);

impl Silence {
    /// Begins now, for the engine that prints to `log`. A log that does not exist never grows.
    pub(crate) fn of(log: &Path) -> Self {
        Self { log: log.to_owned(), printed: printed(log), since: Instant::now() }
    }

    /// Returns whether the engine answered or printed since the last look, given what it answered a moment ago. If so,
    /// the silence begins again.
    pub(crate) fn is_broken(&mut self, health: Health) -> bool {
        let printed = printed(&self.log);
        let broken = health != Health::Silent || printed != self.printed;
        if broken {
            (self.printed, self.since) = (printed, Instant::now());
        }
        broken
    }

    /// Returns how long the engine has been silent.
    pub(crate) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}

fn printed(log: &Path) -> Option<Printed> {
    let meta = std::fs::metadata(log).ok()?;
    Some((meta.len(), meta.mtime(), meta.mtime_nsec()))
}

/// Returns when the engine that prints to `log` last printed, in seconds since 1970.
pub(crate) fn last_output(log: &Path) -> Option<u64> {
    printed(log).and_then(|(_, seconds, _)| seconds.try_into().ok())
}

/// What watching an engine that did not answer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It answered or printed.
    Alive,
    /// It exited, or is no longer the pool's engine.
    Gone,
    /// It stayed silent for the whole time.
    Silent,
}

/// Watches an engine that runs until it answers, prints or exits, for at most `limit`. Returns at once if it answers.
///
/// # Errors
///
/// The caller cancelled, or the engine's record cannot be read.
pub(crate) fn watch(
    settings: &Settings,
    runtime: &Arc<dyn Runtime>,
    dir: &PoolDir,
    engine: &Ensured,
    limit: Duration,
    reporter: &Reporter,
) -> Result<Verdict> {
    let Some(Watching { instance, watch }) = runtime.running(dir)? else { return Ok(Verdict::Gone) };
    if Some(&instance.kind) != engine.instance.as_ref() || instance.started_unix_s != engine.started_unix_s {
        return Ok(Verdict::Gone);
    }
    let began = Instant::now();
    let (mut silence, mut shown) = (Silence::of(&instance.log), None);
    loop {
        let health = ask(settings, runtime, dir, engine, limit.saturating_sub(began.elapsed()))?.health;
        if silence.is_broken(health) {
            return Ok(Verdict::Alive);
        }
        if watch.wait(PAUSE)?.is_some() {
            return Ok(Verdict::Gone);
        }
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
        if silence.elapsed() >= limit {
            return Ok(Verdict::Silent);
        }
        let done = silence.elapsed().as_secs();
        // Once a second.
        if shown.replace(done) != Some(done) {
            let what = "the engine does not answer; it is replaced if it stays silent".to_owned();
            let total = Some(limit.as_secs());
            let progress = Happening::Progress { done, total, unit: Unit::Seconds, what, left_s: None };
            reporter.send(Some(&StepKind::Start.into()), progress);
        }
    }
}
