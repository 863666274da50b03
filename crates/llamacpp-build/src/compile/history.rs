//! What the steps of earlier builds took on this host, by repository and backend.
//!
//! A lost or torn history costs an estimate and nothing else. Only a build from the start with ninja is remembered: make tells
//! percentages alone, and a resumed build did not run all steps.

use std::collections::BTreeMap;

use engine_store::Layout;
use serde::{Deserialize, Serialize};

use crate::BuildRequest;

/// No history is larger, in bytes: twenty builds with CUDA.
const LARGEST: u64 = 1 << 20;
/// So many builds are remembered.
const MOST: usize = 12;

/// Earlier builds of this host, by repository and backend.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct History(BTreeMap<String, Past>);

/// The last build from the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Past {
    /// What one compiler took for a step, on average, in seconds.
    pub(crate) seconds: f64,
    /// What each step took, in seconds, by its output.
    #[serde(default)]
    pub(crate) steps: BTreeMap<String, f64>,
}

/// What is known of builds like this one.
pub(crate) fn past(layout: &Layout, request: &BuildRequest) -> Past {
    read(layout).0.remove(&name(request)).unwrap_or_default()
}

/// Remembers what the steps of a build took, in seconds.
pub(crate) fn remember(layout: &Layout, request: &BuildRequest, steps: BTreeMap<String, f64>) {
    let mut history = read(layout).0;
    let name = name(request);
    // No order is kept among the others: which one goes hardly matters.
    while history.len() >= MOST && !history.contains_key(&name) {
        history.pop_first();
    }
    let count = u32::try_from(steps.len()).unwrap_or(u32::MAX).max(1);
    let seconds = steps.values().sum::<f64>() / f64::from(count);
    history.insert(name, Past { seconds, steps });
    let bytes = serde_json::to_vec(&History(history)).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the version before wrote is read: it knew the average alone.
    #[test]
    fn an_earlier_history_is_read() {
        let old: History = serde_json::from_str(r#"{"/r cpu": {"seconds": 2.5}}"#).unwrap();
        assert_eq!(old.0["/r cpu"], Past { seconds: 2.5, steps: BTreeMap::new() });
    }
}
