//! Starts exactly what was prepared and approved: what it names is looked at again, and nothing else is chosen.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use model_provisioner::ModelProvisioner;
use secrecy::SecretString;
use spawner::{PoolDir, PoolGuard};

use crate::engine::config_files;
use crate::event::Reporter;
use crate::execute::{launch, published};
use crate::lifecycle::error::LifecycleError;
use crate::lifecycle::gpu_proof::{ask, look, refuse_denied};
use crate::plan::SCHEMA;
use crate::plan::changes::differences;
use crate::pool::locks;
use crate::pool::secret_file::SecretFile;
use crate::port::claim;
use crate::runtime::{Instance, Runtime, Seen, Start, StartWhat};
use crate::summary::{Ensured, PreparedEngine, ProofStage, Started};
use crate::{Error, Result, Settings, VariableError};

pub(crate) fn start(
    settings: &Settings,
    runtime: &dyn Runtime,
    prepared: &PreparedEngine,
    reporter: &Reporter,
) -> Result<Ensured> {
    let pool = prepared.pool_id.as_str();
    // A summary that was kept of an engine that ran: what was proven of that one is no proof of this one.
    let mut prepared = prepared.clone();
    prepared.forget_run();
    let prepared = &prepared;
    if prepared.schema != SCHEMA || prepared.facts.is_empty() {
        return Err(LifecycleError::OldSummary { pool: pool.to_owned(), schema: prepared.schema }.into());
    }
    unchanged(settings, prepared)?;
    let secret_env = secrets(settings, prepared)?;
    let dir = PoolDir::open(&settings.run_dir, pool)?;
    config_files::make(&config_files::home(&settings.run_dir, pool))?;
    let guard = locks::lock(&dir, "start", settings, reporter)?;
    let Seen { instance: running, own_port, refusal } = runtime.observe(&settings.run_dir, pool)?;
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    match &running {
        Some(running) if running.facts == prepared.facts && !(settings.replace && was_denied(running, &dir)) => {
            return adopt(runtime, prepared, running, reporter, &guard);
        }
        Some(running) if !settings.replace => {
            let differences = differences(&running.facts, &prepared.facts);
            return Err(Error::Differs { pool: prepared.pool_id.clone(), differences });
        }
        _ => {}
    }
    runtime.settle(&guard)?;
    let what = launch::what(prepared)?;
    let (port, claim) = match what {
        StartWhat::Remote(_) => (prepared.port, None),
        StartWhat::Program(_) | StartWhat::Image(_) => {
            let host: IpAddr = prepared.host.parse().map_err(|_not_an_address| {
                changed(prepared, format!("`{}` is no address to listen on", prepared.host))
            })?;
            let own = claim::Own { port: own_port, runs: running.is_some() };
            let wanted = claim::Wanted { pool, host, ports: &[prepared.port] };
            claim::claim(wanted, own, settings).map(|(port, claim)| (port, Some(claim)))?
        }
    };
    let mut prepared = prepared.clone();
    let start = Start {
        what,
        args: prepared.flags.clone(),
        env: prepared.env.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        secret_env,
        facts: prepared.facts.clone(),
        host: prepared.host.clone(),
        port,
        early_exit: settings.early_exit,
    };
    ask::devices(settings, &mut prepared, &start.env, ProofStage::Start)?;
    published::withdraw(&dir);
    // Also without an engine to replace: what an interrupted stop left is finished.
    if running.is_some() {
        runtime.stop(&guard, config_schema::Limits::default().stop_grace())?;
    }
    look::before_start(settings, &prepared, &dir);
    let instance = runtime.start(&guard, &start)?;
    drop(claim);
    let started = if running.is_some() { Started::Replaced } else { Started::Now };
    launch::publish(launch::ensured(prepared, &instance, started), reporter, &guard)
}

/// Whether it was found before that it is not on its GPUs.
fn was_denied(running: &Instance, dir: &PoolDir) -> bool {
    published::published(running, dir).is_some_and(|ensured| refuse_denied(&ensured).is_err())
}

/// The engine that runs with the same facts, with its own summary where that is there.
fn adopt(
    runtime: &dyn Runtime,
    prepared: &PreparedEngine,
    running: &Instance,
    reporter: &Reporter,
    guard: &PoolGuard,
) -> Result<Ensured> {
    launch::keep_log(runtime, guard, running);
    match published::published(running, guard.dir()) {
        Some(mut ensured) => {
            refuse_denied(&ensured)?;
            ensured.set_started(Started::Already);
            Ok(ensured)
        }
        None => launch::publish(launch::adopted(prepared.clone(), running), reporter, guard),
    }
}

/// Refuses an engine or a model that is no longer what was prepared.
fn unchanged(settings: &Settings, prepared: &PreparedEngine) -> Result<()> {
    if let (Some(program), Some(digest)) = (&prepared.binary_path, &prepared.engine_digest) {
        let now = sha256_of(program).map_err(|why| changed(prepared, format!("`{}`: {why}", program.display())))?;
        if now != *digest {
            return Err(changed(prepared, format!("`{}` is {now}, not {digest}", program.display())));
        }
    }
    for file in &prepared.model.files {
        let path = &file.path;
        let size = std::fs::metadata(path).map(|meta| meta.len());
        match size {
            Ok(size) if size == file.size => {}
            Ok(size) => {
                return Err(changed(prepared, format!("`{}` has {size} bytes, not {}", path.display(), file.size)));
            }
            Err(error) => return Err(changed(prepared, format!("`{}`: {error}", path.display()))),
        }
        if let Some(digest) = &file.digest {
            // Remembered by what the file system says of the file: a large model is hashed once.
            let models = ModelProvisioner::new(settings.cache_dir.join("models"), settings.env.clone());
            let now = format!("sha256:{}", models.digest_of(&prepared.model.path, path)?);
            if now != *digest {
                return Err(changed(prepared, format!("`{}` is {now}, not {digest}", path.display())));
            }
        }
    }
    Ok(())
}

fn sha256_of(program: &Path) -> std::result::Result<String, String> {
    durable::sha256(program).map(|(_, sum)| format!("sha256:{sum}")).map_err(|error| error.to_string())
}

fn changed(prepared: &PreparedEngine, what: String) -> Error {
    LifecycleError::Changed { pool: prepared.pool_id.to_string(), what }.into()
}

/// The values of its secrets, from their files and from this process's environment.
fn secrets(settings: &Settings, prepared: &PreparedEngine) -> Result<BTreeMap<String, SecretString>> {
    let value = |name: &String| {
        if let Some(path) = prepared.secret_file.get(name) {
            return Ok((name.clone(), SecretFile::read(path).value(name)?.clone()));
        }
        let value = settings.env.get_str(name).ok_or_else(|| VariableError::SecretUnset { name: name.clone() })?;
        Ok((name.clone(), value.to_owned().into()))
    };
    prepared.secret_env.iter().map(value).collect()
}
