//! `--proof-out` of an `ensure` that failed: the bundle of what failed, with the reason.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use provisioner_core::cfg::{PoolConfig, PoolId};
use provisioner_core::{Bundle, FailedCall, Observer, Plan, Settings};

use crate::failure::Failure;
use crate::target;

/// The name of the run that a call makes, learned from its events.
#[derive(Clone, Default)]
pub(super) struct RunId(Arc<Mutex<String>>);

impl RunId {
    /// The settings, with an observer that also remembers the first run.
    pub(super) fn listening(&self, settings: Settings) -> Settings {
        let (known, observer) = (Arc::clone(&self.0), settings.observer.clone());
        let observer = Observer::new(move |event| {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.is_empty() {
                known.clone_from(&event.run_id);
            }
            drop(known);
            observer.on(event);
        });
        Settings { observer, ..settings }
    }

    fn name(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A call that failed.
pub(super) struct Failed<'a> {
    pub(super) id: &'a PoolId,
    pub(super) pool: Option<&'a PoolConfig>,
    pub(super) run: &'a RunId,
    /// The bundle of the engine that it started, where it did.
    pub(super) dir: Option<PathBuf>,
    pub(super) failure: &'a Failure,
}

/// Writes the bundle of a call that failed. A file that cannot be written is reported, and hides no failure.
pub(super) fn write(out: &Path, call: &Failed<'_>, settings: &Settings) {
    let run_id = call.run.name();
    let made = match &call.dir {
        Some(dir) => Bundle::read(dir).ok(),
        None => Bundle::of_run(&settings.run_dir, call.id, &run_id).ok().flatten(),
    };
    let plan = |pool: &PoolConfig| target::provider(pool, settings.clone()).ok()?.plan(pool.clone()).ok();
    let plan: Option<Plan> = if made.is_none() { call.pool.and_then(plan) } else { None };
    let failed = FailedCall::of(call.id, &run_id, call.failure);
    let bundle = Bundle::of_failure(&failed, made, plan.as_ref(), call.pool, settings);
    let written = target::absolute(out).and_then(|path| Ok(durable::replace(&path, &bundle.pack())?));
    if let Err(error) = written {
        tracing::warn!(path = %out.display(), %error, "the proof bundle of the failure could not be written");
    }
}
