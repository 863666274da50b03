//! Mode `external` with an address: an engine that others run. It is asked what it is, and used as it is.
//!
//! The rule: a plan says whom it would ask, and asks nobody; what an engine showed is believed for the call that asked.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use config_schema::{Accelerator, EngineUrl, ExternalConfig, PoolConfig};
use secrecy::SecretString;
use serde_json::json;

use crate::engine::profile;
use crate::execute::work::{Done, StepError, Work};
use crate::plan::draft::Draft;
use crate::plan::{Action, ExecutedAction, Status, StepId, StepKind};
use crate::pool::desired::Desired;
use crate::runtime::external::target::Target;
use crate::runtime::external::{self, Found, key};
use crate::summary::Artifact;
use crate::supply::{Accelerated, Documents, Facts, Look, Obtained, Supplied, Supply, SupplyNeeds};
use crate::{Error, Result};

/// Uses an engine that others run.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    target: Target,
    warnings: Vec<String>,
}

impl Remote {
    pub(crate) fn of(pool: &PoolConfig, external: &ExternalConfig, url: &EngineUrl) -> Result<Self> {
        let target = Target {
            engine: pool.engine,
            url: url.as_str().trim_end_matches('/').to_owned(),
            model: pool.model.clone(),
            version: external.version.as_ref().map(ToString::to_string),
            ca_file: external.ca_file.clone(),
            key: key::of_pool(pool, profile(pool.engine))?,
        };
        let warnings = warnings(pool, &target);
        Ok(Self { target, warnings })
    }
}

impl Supply for Remote {
    fn observe(&self, look: &Look<'_>) -> Result<Box<dyn Supplied>> {
        let name = self.target.key.as_deref();
        let file = name.and_then(|name| look.desired.secret_files.get(name));
        let key = key::value(name, file, look.settings);
        Ok(Box::new(Seen { wish: self.clone(), key, runs: false, found: Mutex::default() }))
    }

    fn needs(&self, _: &Desired) -> SupplyNeeds {
        SupplyNeeds::default()
    }
}

/// What is known of it.
#[derive(Debug)]
struct Seen {
    wish: Remote,
    key: Result<Option<SecretString>>,
    /// Whether the pool uses it already.
    runs: bool,
    /// What it showed, once it was asked.
    found: Mutex<Option<Found>>,
}

impl Seen {
    fn found(&self) -> MutexGuard<'_, Option<Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Action {
        Action::Look { url: self.wish.target.url.clone() }
    }
}

impl Supplied for Seen {
    fn steps(&mut self, runs: bool) -> Vec<Draft> {
        self.runs = runs;
        let target = &self.wish.target;
        let detail = format!("{} with the model `{}` at {}", target.engine, target.model, target.url);
        let mut check = match std::mem::replace(&mut self.key, Ok(None)) {
            Err(error) if !runs => Draft::blocked(StepKind::Check, detail, error),
            Ok(key) if !runs => {
                self.key = Ok(key);
                Draft::new(StepKind::Check, detail, Status::ToRun).action(self.look())
            }
            key => {
                self.key = key;
                Draft::new(StepKind::Check, detail, Status::Satisfied)
            }
        };
        // An approved plan holds for this engine, and for what it must show.
        check.step.inputs = Some(json!(target.facts()));
        vec![check]
    }

    fn run(&self, step: &StepId, work: &Work<'_>) -> std::result::Result<Done, StepError> {
        if *step != StepKind::Check.into() {
            return Err(Error::UnknownStep { step: step.to_string() }.into());
        }
        let began = Instant::now();
        let key = match &self.key {
            Ok(key) => key.as_ref(),
            // It was handed out by a plan that did not need it.
            Err(error) => {
                work.note(format!("asked without its API key: {error}"));
                None
            }
        };
        let found = external::look(&self.wish.target, key, work.settings, work.cancel);
        let done = ExecutedAction::of(self.look(), began.elapsed().as_secs_f64());
        let actions: Vec<_> = (!self.runs).then_some(done).into_iter().collect();
        match found {
            Ok(found) => {
                work.note(format!("{} {} answers", self.wish.target.engine, found.version));
                *self.found() = Some(found);
                Ok(Done::with(actions))
            }
            Err(error) => Err(StepError { error, actions }),
        }
    }

    fn facts(&self) -> Option<Facts> {
        Some(self.wish.target.facts())
    }

    fn wish(&self) -> String {
        self.wish.target.url.clone()
    }

    fn artifact(&self) -> Option<Artifact> {
        let version = self.found().as_ref().map(|found| found.version.clone()).unwrap_or_default();
        Some(Artifact::Remote { url: self.wish.target.url.clone(), version })
    }

    fn obtained(&self) -> Option<Obtained> {
        self.found().as_ref()?;
        let (artifact, facts) = (self.artifact()?, self.facts()?);
        Some(Obtained { artifact, facts, build_ref: None, build_key: None, logs: Vec::new() })
    }

    fn documents(&self) -> Documents {
        Documents::default()
    }

    fn accelerator(&self) -> Option<Accelerated> {
        None
    }

    fn warnings(&self) -> Vec<String> {
        self.wish.warnings.clone()
    }
}

/// What the operator should not overlook of an engine that others run.
fn warnings(pool: &PoolConfig, target: &Target) -> Vec<String> {
    let mut all = Vec::new();
    let url = http::Url::parse(&target.url).ok();
    if target.key.is_some() && url.is_some_and(|url| !url.is_https() && !url.is_loopback()) {
        all.push(format!("the API key is sent to {} without encryption", target.url));
    }
    if pool.provisioning.accelerator == Accelerator::Cuda {
        all.push(format!("whether the engine at {} uses a GPU cannot be proven from here", target.url));
    }
    let idle = idle(pool);
    if !idle.is_empty() {
        all.push(format!("those who run the engine decide this, so it has no effect here: {}", idle.join(", ")));
    }
    all
}

/// The keys of a pool that say how an engine is started.
fn idle(pool: &PoolConfig) -> Vec<&'static str> {
    let provisioning = &pool.provisioning;
    let model = &provisioning.model;
    [
        ("devices", !pool.devices.is_empty()),
        ("ctx", pool.ctx.is_some()),
        ("tensor_split", pool.tensor_split.is_some()),
        ("provisioning.flags", provisioning.flags.is_some()),
        ("provisioning.ports", provisioning.ports.is_some()),
        ("provisioning.host", !provisioning.host.is_loopback()),
        ("provisioning.env", !provisioning.env.is_empty()),
        ("provisioning.model", model.model_ref.is_some() || model.checksum.is_some() || model.cache_dir.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, written)| written.then_some(key))
    .collect()
}
