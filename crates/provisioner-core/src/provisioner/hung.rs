//! Whether an engine that runs as it is wanted hangs.
//!
//! The rule: an engine is replaced for its silence only by a caller that replaces, only in a pool that has
//! `limits.ready_silence_s`, and only after this call watched it for that long.

use std::time::Duration;

use spawner::PoolDir;

use super::Call;
use crate::execute::published;
use crate::lifecycle::silence::{self, Verdict};
use crate::plan::changes::Comparison;
use crate::plan::planner::Planned;
use crate::{Ensured, Result};

/// Whether the engine that runs as it is wanted does nothing.
pub(super) enum Hung {
    /// It answers, or is not asked.
    No,
    /// It exited, or was stopped or replaced while it was watched.
    Gone,
    /// It was silent for so long.
    For(Duration),
}

impl Call<'_> {
    /// The engine that is replaced if it stays silent, and for how long it is watched: only one that runs as it is
    /// wanted, and only if the caller replaces and the pool has `limits.ready_silence_s`.
    pub(super) fn watched(&self, dir: &PoolDir, planned: &Planned) -> Option<(Ensured, Duration)> {
        let limit = self.desired.limits.ready_silence().filter(|_| self.settings.replace)?;
        let running = planned.running.as_ref().filter(|_| planned.comparison == Comparison::Same)?;
        Some((published::published(running, dir)?, limit))
    }

    /// Watches an engine that does not answer, and returns whether it stayed silent.
    pub(super) fn hung(&self, dir: &PoolDir, planned: &Planned) -> Result<Hung> {
        let Some((engine, limit)) = self.watched(dir, planned) else { return Ok(Hung::No) };
        Ok(match silence::watch(self.settings, &self.runtime, dir, &engine, limit, &self.reporter)? {
            Verdict::Alive => Hung::No,
            Verdict::Gone => Hung::Gone,
            Verdict::Silent => {
                self.reporter.warn(format!(
                    "the engine neither answered nor printed for {} s, and is replaced",
                    limit.as_secs()
                ));
                Hung::For(limit)
            }
        })
    }
}
