//! `executed.json`: what one run did, kept beside the pool's record and in its proof bundle.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use spawner::PoolDir;

use crate::event::Reporter;
use crate::execute::proof::ProofBundle;
use crate::plan::{Executed, ExecutedStep, Plan, Values, differences};

/// No such file is larger.
const LARGEST: u64 = 16 << 20;

/// The record of a run that goes on.
#[derive(Debug)]
pub(crate) struct Record(Executed);

impl Record {
    pub(crate) fn begin(plan: &Plan, reporter: &Reporter, replanned: &[String]) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut executed = Executed::begin(plan.clone(), reporter.run_id(), now.as_secs());
        executed.replanned = replanned.to_vec();
        Self(executed)
    }

    /// Takes in what was done, and compares it with the plan.
    pub(crate) fn finish(&mut self, steps: Vec<ExecutedStep>, values: Values) {
        self.0.steps = steps;
        self.0.values = values;
        self.0.differences = differences(&self.0.plan, &self.0);
        for difference in &self.0.differences {
            tracing::warn!(pool = self.0.pool_id.as_str(), %difference, "what ran is not what the plan said");
        }
    }

    /// Writes it. A record that cannot be kept is reported, and no reason to stop an engine that runs.
    pub(crate) fn keep(&self, dir: &PoolDir, proof: &ProofBundle) {
        if let Err(error) = proof.keep_plan(&self.0.plan) {
            tracing::warn!(%error, "the plan could not be kept in the proof bundle");
        }
        let bytes = serde_json::to_vec_pretty(&self.0).unwrap_or_default();
        for path in [proof.dir().join("executed.json"), file(dir)] {
            if let Err(error) = durable::replace_until_reboot(&path, &bytes) {
                tracing::warn!(path = %path.display(), %error, "the record of what was done could not be kept");
            }
        }
    }
}

fn file(dir: &PoolDir) -> PathBuf {
    dir.path().join("executed.json")
}

/// What the last `prepare` or `ensure` of the pool did; none where nothing was recorded or it cannot be read.
pub(crate) fn read(dir: &PoolDir) -> Option<Executed> {
    let bytes = durable::read_regular(&file(dir), LARGEST).ok().flatten()?;
    serde_json::from_slice(&bytes).ok()
}
