//! How long a build will take, by what earlier ones took on this host and by how this one goes.

use std::collections::BTreeMap;
use std::time::Duration;

use engine_store::Layout;
use serde::{Deserialize, Serialize};

use crate::BuildRequest;

/// No history is larger.
const LARGEST: u64 = 1 << 20;
/// Before this part is done, a build without history says nothing of its end.
const TELLING: f64 = 0.1;

/// Earlier builds of this host, by repository and backend. A lost or torn history costs an estimate.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct History(BTreeMap<String, Past>);

/// One step of the last build from the start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Past {
    /// What one compiler took for it, in seconds.
    pub(crate) seconds: f64,
}

/// What is known of builds like this one.
pub(crate) fn past(layout: &Layout, request: &BuildRequest) -> Option<Past> {
    read(layout).0.get(&name(request)).copied()
}

/// Remembers a build of `total` steps with `jobs` compilers.
pub(crate) fn remember(layout: &Layout, request: &BuildRequest, took: Duration, jobs: u32, total: u32) {
    let mut history = read(layout);
    let seconds = took.as_secs_f64() * f64::from(jobs) / f64::from(total.max(1));
    history.0.insert(name(request), Past { seconds });
    let bytes = serde_json::to_vec_pretty(&history).unwrap_or_default();
    if let Err(error) = durable::replace(&layout.root().join("history.json"), &bytes) {
        tracing::debug!(%error, "could not remember how long the build took");
    }
}

fn read(layout: &Layout) -> History {
    let bytes = durable::read_regular(&layout.root().join("history.json"), LARGEST).ok().flatten();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

fn name(request: &BuildRequest) -> String {
    format!("{} {}", crate::error::shown(&request.source.repo), request.backend)
}

/// The time left after `done` of `total` steps in `elapsed`: what earlier builds say, at this one's pace.
pub(crate) fn left(past: Option<Past>, jobs: u32, elapsed: Duration, done: u32, total: u32) -> Option<Duration> {
    let share = f64::from(done.min(total)) / f64::from(total.max(1));
    let elapsed = elapsed.as_secs_f64();
    let seconds = match past.map(|past| past.seconds * f64::from(total) / f64::from(jobs.max(1))) {
        // The more is done, the more this build's own pace counts.
        Some(whole) if whole > 0.0 => (1.0 - share) * whole * ((1.0 - share) + elapsed / whole),
        _ if share >= TELLING => elapsed * (1.0 - share) / share,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn earlier_builds_at_this_one_s_pace() {
        let s = Duration::from_secs;
        let check = |past: Option<f64>, jobs, elapsed, done, expected: Option<u64>| {
            let left = left(past.map(|seconds| Past { seconds }), jobs, s(elapsed), done, 100);
            assert_eq!(left.map(|left| left.as_secs()), expected, "{past:?} {jobs} {elapsed} {done}");
        };
        check(None, 2, 5, 5, None);
        check(None, 2, 20, 50, Some(20));
        check(Some(1.0), 1, 0, 0, Some(100));
        check(Some(1.0), 4, 0, 0, Some(25));
        check(Some(1.0), 1, 50, 50, Some(50));
        check(Some(1.0), 1, 100, 50, Some(75)); // twice as slow as before: between 50 and 100
        check(Some(1.0), 1, 300, 100, Some(0));
    }

    proptest! {
        #[test]
        fn any_numbers_do(seconds in any::<f64>(), jobs: u32, elapsed: u64, done: u32, total: u32) {
            left(Some(Past { seconds }), jobs, Duration::from_secs(elapsed), done, total);
            left(None, jobs, Duration::from_secs(elapsed), done, total);
        }
    }
}
