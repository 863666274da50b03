//! Engines that others run: looked at, never started and never stopped.
//!
//! The rules: a pool uses such an engine while a record says so, and only after the engine has shown to be what the pool
//! asks for; stopping the pool ends that use and nothing else; what cannot be known from here, such as since when the
//! engine runs, is not said.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cancel::Cancel;
use secrecy::SecretString;
use spawner::{PoolDir, PoolGuard, PoolRecord, RecordedEngine, RemoteEngine};

use crate::lifecycle::Health;
use crate::runtime::{
    Answer, Condition, Follow, Instance, Runtime, Seen, Start, StartWhat, StopOutcome, Vitals, Watching,
};
use crate::supply::Facts;
use crate::{Ensured, Error, InstanceKind, Result, Settings};

mod ask;
mod documents;
mod error;
pub(crate) mod key;
pub(crate) mod target;
mod watch;

pub use error::RemoteError;
use target::Target;

/// What an engine showed of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its version.
    pub(crate) version: String,
}

/// Asks an engine whether it serves and what it is.
///
/// # Errors
/// Every [`RemoteError`] that is not of a configuration; [`Error::Cancelled`].
pub(crate) fn look(target: &Target, key: Option<&SecretString>, settings: &Settings, cancel: &Cancel) -> Result<Found> {
    let asker = ask::Asker::new(target, key, settings, cancel)?;
    asker.health()?;
    asker.identity()
}

/// Looks at engines that others run.
#[derive(Clone, Debug)]
pub(crate) struct ExternalRuntime {
    settings: Settings,
}

impl ExternalRuntime {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { settings: settings.clone() }
    }

    /// Looks at the engine of a record again. Its key may not be at hand: it is then only asked whether it serves.
    fn again(&self, dir: &PoolDir, facts: &Facts, engine: Option<&Ensured>) -> Result<Again> {
        let target = Target::of(facts).ok_or_else(|| Error::NoProgram { pool: dir.pool().to_owned() })?;
        let cancel = &self.settings.cancel;
        match key::value_again(&target, engine, &self.settings) {
            Ok(key) => Ok(Again::Known(look(&target, key.as_ref(), &self.settings, cancel)?)),
            Err(error) => {
                ask::Asker::new(&target, None, &self.settings, cancel)?.health()?;
                Ok(Again::Serves(format!("its version and its model were not looked at: {error}")))
            }
        }
    }

    /// What the engine answers now, and why it is not used as it is.
    fn answer(&self, dir: &PoolDir, facts: &Facts, engine: Option<&Ensured>) -> Result<Answer> {
        let again = match self.again(dir, facts, engine) {
            Ok(again) => again,
            Err(Error::Remote(error)) if error.is_passing() => {
                let loads = matches!(error, RemoteError::NotReady { .. });
                let health = if loads { Health::Loading } else { Health::Silent };
                return Ok(Answer { why: Some(error.to_string()), ..health.into() });
            }
            Err(error) => return Err(error),
        };
        match (again, engine) {
            (Again::Serves(why), _) => Ok(Answer { why: Some(why), ..Health::Ready.into() }),
            (Again::Known(found), Some(engine)) if found.version != engine.prepared.engine_version => {
                let (url, before) = (engine.prepared.url.clone(), engine.prepared.engine_version.clone());
                Err(RemoteError::Changed { url, before, now: found.version }.into())
            }
            (Again::Known(_), _) => Ok(Health::Ready.into()),
        }
    }
}

/// What a later look shows.
enum Again {
    /// What it is.
    Known(Found),
    /// That it serves, and why nothing else was asked.
    Serves(String),
}

impl Runtime for ExternalRuntime {
    fn observe(&self, run_root: &Path, pool: &str) -> Result<Seen> {
        let dir = PoolDir::existing(run_root, pool)?;
        let instance = dir.map(|dir| recorded(&dir)).transpose()?.flatten();
        Ok(Seen { instance, own_port: None, refusal: None })
    }

    fn settle(&self, _: &PoolGuard) -> Result<()> {
        Ok(())
    }

    /// Begins to use the engine, after one more look at it.
    fn start(&self, guard: &PoolGuard, start: &Start) -> Result<Instance> {
        let pool = || guard.dir().pool().to_owned();
        let StartWhat::Remote(url) = &start.what else { return Err(Error::NoProgram { pool: pool() }) };
        let target = Target::of(&start.facts).ok_or_else(|| Error::NoProgram { pool: pool() })?;
        let key = target.key.as_ref().and_then(|name| start.secret_env.get(name));
        look(&target, key, &self.settings, &self.settings.cancel)?;
        let (url, host) = (url.clone(), start.host.clone());
        let engine = RemoteEngine { url, host, port: start.port, fingerprint: start.facts.clone() };
        let record = spawner::record_remote(guard, engine)?;
        instance(&record, guard.dir()).ok_or_else(|| Error::NoProgram { pool: pool() })
    }

    fn stop(&self, guard: &PoolGuard, _: Duration) -> Result<StopOutcome> {
        let used = spawner::forget_remote(guard)?;
        Ok(if used { StopOutcome::LeftRunning } else { StopOutcome::NothingRecorded })
    }

    fn adopt(&self, _: &PoolGuard, _: &Instance) -> Result<()> {
        Ok(())
    }

    fn status(&self, dir: &PoolDir) -> Result<Condition> {
        let Some(instance) = recorded(dir)? else { return Ok(Condition::Absent) };
        let uptime = used_for(&instance);
        Ok(Condition::Running { instance, uptime })
    }

    fn answers(&self, dir: &PoolDir, engine: &Ensured) -> Result<Answer> {
        match recorded(dir)?.filter(|now| is(now, engine)) {
            Some(now) => self.answer(dir, &now.facts, Some(engine)),
            None => Ok(Health::Silent.into()),
        }
    }

    fn vitals(&self, dir: &PoolDir, instance: &Instance, engine: Option<&Ensured>) -> Result<Vitals> {
        let answer = match self.answer(dir, &instance.facts, engine) {
            Ok(answer) => answer,
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => Answer { other: Some(error.to_string()), ..Health::Silent.into() },
        };
        Ok(Vitals { answer: Some(answer), usage: None })
    }

    fn kept(&self, dir: &PoolDir, engine: &Ensured) -> Result<Option<String>> {
        let Some(now) = recorded(dir)?.filter(|now| is(now, engine)) else {
            return Ok(Some("the pool no longer uses it".to_owned()));
        };
        let target = Target::of(&now.facts).ok_or_else(|| Error::NoProgram { pool: dir.pool().to_owned() })?;
        let key = key::value_again(&target, Some(engine), &self.settings)?;
        let found = look(&target, key.as_ref(), &self.settings, &self.settings.cancel)?;
        let before = &engine.prepared.engine_version;
        Ok((found.version != *before).then(|| format!("its version was {before}, and is {}", found.version)))
    }

    fn running(&self, dir: &PoolDir) -> Result<Option<Watching>> {
        let Some(instance) = recorded(dir)? else { return Ok(None) };
        let watch = Box::new(watch::Endless::new(used_for(&instance))?);
        Ok(Some(Watching { instance, watch }))
    }

    fn logs(&self, _: &PoolDir, _: usize) -> Result<String> {
        Ok(String::new())
    }

    fn log_head(&self, _: &PoolDir, _: u64) -> Result<String> {
        Ok(String::new())
    }

    fn follow(&self, _: &PoolDir, _: usize) -> Result<Follow> {
        Ok(Box::new(std::iter::empty()))
    }

    fn log_file(&self, _: &PoolDir) -> Option<PathBuf> {
        None
    }
}

/// The engine that the pool uses, by its record.
fn recorded(dir: &PoolDir) -> Result<Option<Instance>> {
    Ok(spawner::recorded(dir)?.and_then(|record| instance(&record, dir)))
}

/// What the record of a remote engine says, in the words of every runtime.
fn instance(record: &PoolRecord, dir: &PoolDir) -> Option<Instance> {
    let RecordedEngine::Remote { url } = &record.engine else { return None };
    Some(Instance {
        kind: InstanceKind::Remote { url: url.clone() },
        facts: record.fingerprint.clone(),
        args: record.argv.clone(),
        host: record.host.clone(),
        port: record.port,
        started_unix_s: record.started_unix_s,
        log: dir.log_file(),
    })
}

fn is(now: &Instance, engine: &Ensured) -> bool {
    engine.instance.as_ref() == Some(&now.kind) && engine.started_unix_s == now.started_unix_s
}

/// How long the pool has used it.
fn used_for(instance: &Instance) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_secs(instance.started_unix_s))
}
