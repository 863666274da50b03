//! Whether the clock can be right: a wrong one makes every certificate and signature invalid.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// 2025-01-01, before this program was written.
const EARLIEST: Duration = Duration::from_hours(482_136);
/// 2100-01-01.
const LATEST: Duration = Duration::from_hours(1_139_568);
/// A system that was made in another time zone, or by a clock that was put right since.
const SLACK: Duration = Duration::from_hours(24);

/// What the clock looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Nothing speaks against it.
    Plausible,
    /// It is behind the time at which this program was written, or at which the system was last changed.
    Behind,
    /// It is far ahead.
    Ahead,
}

impl Clock {
    pub(crate) fn look(root: &Path, now: SystemTime) -> Self {
        let changed =
            ["etc", "usr", "var"].iter().filter_map(|folder| root.join(folder).metadata().ok()?.modified().ok());
        let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        if since_epoch > LATEST {
            Self::Ahead
        } else if since_epoch < EARLIEST
            || changed.into_iter().any(|changed| changed.duration_since(now).is_ok_and(|ahead| ahead > SLACK))
        {
            Self::Behind
        } else {
            Self::Plausible
        }
    }
}
