//! Every pool of this host at once: what its engine does, and whether it drifted from its pool file.
//!
//! The rules: what is said of a pool is what [`Lifecycle::status`](crate::Lifecycle::status) says of it, but processes,
//! sockets and GPUs are looked at once for all; a pool that cannot be looked at is listed with the reason; one whose file,
//! record or folder is gone is listed as long as something of it lives.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config_schema::{PoolConfig, PoolId};
use exec::parallel_map;
use serde::{Deserialize, Serialize};
use spawner::PoolDir;

use super::status::{self, Alive, Asked};
use crate::execute::published;
use crate::pool::origin::{self, Drift, Files, Origin};
use crate::runtime::{self, Condition, Instance};
use crate::{Ensured, Lifecycle, PoolState, PoolStatus, Result};

/// One pool of this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPool {
    /// What its engine does.
    #[serde(flatten)]
    pub status: PoolStatus,
    /// The pool file that it was last made to run for, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_file: Option<PathBuf>,
    /// How the running engine differs from its pool file; none where that is not known, and for what does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
}

/// A pool after the first look.
enum Seen {
    Known(Box<PoolStatus>),
    Lives(Box<Engine>),
}

/// An engine that lives, before it is asked.
struct Engine {
    state: PoolState,
    dir: PoolDir,
    instance: Instance,
    uptime: Duration,
    summary: Option<Ensured>,
}

/// The pools that have a record, those of which something lives, and those of `file`; those first, in their order.
pub(super) fn all(lifecycle: &Lifecycle, file: Option<(&Path, &[PoolConfig])>) -> Result<Vec<HostPool>> {
    let settings = &lifecycle.settings;
    let living = spawner::living(&settings.run_dir)?;
    let named: Vec<PoolId> = file.iter().flat_map(|(_, pools)| pools.iter().map(|pool| pool.id.clone())).collect();
    let mut others: BTreeSet<PoolId> = recorded(&settings.run_dir).into_iter().collect();
    others.extend(living.keys().filter_map(|name| name.parse().ok()));
    let others = others.into_iter().filter(|id| !named.contains(id));
    let ids: Vec<PoolId> = named.iter().cloned().chain(others).collect();
    let seen: Vec<(PoolId, Option<Origin>, Seen)> = parallel_map(ids, |id| {
        let (origin, seen) = match look(lifecycle, &id) {
            Ok(found) => found,
            Err(error) => {
                let why = Some(error.to_string());
                let status = PoolStatus { why, ..PoolStatus::of(&id, PoolState::Unreadable) };
                (None, Seen::Known(Box::new(status)))
            }
        };
        // Without a usable record something may live all the same: that takes a look at every process.
        let seen = match seen {
            Seen::Known(status) if living.contains_key(id.as_str()) => {
                let kept = (*status).clone();
                Seen::Known(Box::new(status::unrecorded(settings, *status).unwrap_or(kept)))
            }
            seen => seen,
        };
        (id, origin, seen)
    });
    let mut statuses = asked(lifecycle, seen);
    let mut files = Files::default();
    Ok(statuses
        .drain(..)
        .map(|(status, origin)| {
            let named =
                file.and_then(|(path, pools)| Some((path, pools.iter().find(|pool| pool.id == status.pool_id)?)));
            let drift = files.drift(&status, origin.as_ref(), named.map(|(_, pool)| pool));
            let pool_file = named.map(|(path, _)| path.to_owned()).or(origin.map(|origin| origin.file));
            HostPool { status, pool_file, drift }
        })
        .collect())
}

/// The pools below `run_dir` that have a record, whether it can be read or not.
fn recorded(run_dir: &Path) -> Vec<PoolId> {
    let entries = std::fs::read_dir(run_dir).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().join("record.json").symlink_metadata().is_ok());
    names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn look(lifecycle: &Lifecycle, id: &PoolId) -> Result<(Option<Origin>, Seen)> {
    let Some(dir) = lifecycle.dir(id)? else {
        return Ok((None, Seen::Known(Box::new(PoolStatus::of(id, PoolState::Absent)))));
    };
    let runtime = lifecycle.runtime();
    let origin = origin::read(&dir);
    let lives = |state, instance: Instance, uptime, dir: PoolDir| {
        let summary = published::published(&instance, &dir);
        Seen::Lives(Box::new(Engine { state, dir, instance, uptime, summary }))
    };
    let seen = match runtime.status(&dir)? {
        Condition::Running { instance, uptime } => lives(PoolState::Running, instance, uptime, dir),
        Condition::Stopping { instance, uptime } => lives(PoolState::Stopping, instance, uptime, dir),
        other => Seen::Known(Box::new(status::of_condition(&*runtime, id, &dir, other))),
    };
    Ok((origin, seen))
}

/// Asks all engines that live, together.
fn asked(lifecycle: &Lifecycle, seen: Vec<(PoolId, Option<Origin>, Seen)>) -> Vec<(PoolStatus, Option<Origin>)> {
    let settings = &lifecycle.settings;
    let engines: Vec<&Engine> = seen
        .iter()
        .filter_map(|(.., seen)| if let Seen::Lives(engine) = seen { Some(&**engine) } else { None })
        .collect();
    let runtime = lifecycle.runtime();
    let questions: Vec<_> =
        engines.iter().map(|engine| (&engine.dir, &engine.instance, engine.summary.as_ref())).collect();
    let mut vitals = runtime.vitals_of_all(&questions).into_iter();
    let gpus = engines.iter().filter_map(|engine| engine.summary.as_ref());
    let gpus =
        Asked::of(settings, gpus.flat_map(|summary| summary.prepared.devices.iter().map(|gpu| gpu.uuid.clone())));
    drop(questions);
    let status = |id: PoolId, seen: Seen, vitals: &mut dyn Iterator<Item = Result<runtime::Vitals>>| match seen {
        Seen::Known(status) => *status,
        Seen::Lives(engine) => {
            let Engine { state, dir, instance, uptime, summary } = *engine;
            let vitals = vitals.next().and_then(Result::ok).unwrap_or_default();
            let alive = Alive { instance, uptime, summary, vitals };
            status::alive(settings, &*runtime, PoolStatus::of(&id, state), alive, &dir, &gpus)
        }
    };
    seen.into_iter().map(|(id, origin, seen)| (status(id, seen, &mut vitals), origin)).collect()
}
