//! From a prepared engine to a running one; an engine that already runs is left alone, or replaced when asked.

use llamacpp_build::Commit;
use spawner::{LOG_LIMIT, PoolGuard, Record, StartRequest};

use crate::changes::{Comparison, compare, fingerprint};
use crate::desired::Desired;
use crate::observed::Observed;
use crate::prepare::{Prepared, prepare};
use crate::{Ended, Ensured, Error, Event, PreparedEngine, Process, Result, Settings, Started, StepKind, published};

/// Makes sure that the wanted engine runs.
pub(crate) fn ensure(
    desired: &Desired,
    observed: Observed,
    settings: &Settings,
    guard: &PoolGuard,
    installed: Option<&str>,
) -> Result<Ensured> {
    let running = observed.running.clone();
    let mut pinned: Option<Commit> = None;
    match (compare(desired, &observed), &running) {
        (Comparison::Same, Some(record)) => {
            restore_tender(guard, record, settings);
            if let Some(mut ensured) = published::published(record, guard.dir()) {
                tracing::info!(pool = desired.pool_id.as_str(), pid = record.pid, "already runs");
                ensured.process.started = Started::Already;
                return Ok(ensured);
            }
            // The summary is lost (we were killed before it was written): it is made again, for the engine that runs.
            pinned = observed.commit.as_ref().map(|(commit, _)| commit.clone());
        }
        (Comparison::Differs(differences), _) if !settings.replace => {
            return Err(blocking(observed).unwrap_or(Error::Differs { pool: desired.pool_id.clone(), differences }));
        }
        _ => {}
    }
    let prepared = prepare(desired, observed, settings, guard.dir(), pinned, installed)?;
    let request = start_request(desired, &prepared, settings);
    if let Some(record) = running.as_ref().filter(|record| record.fingerprint == request.fingerprint) {
        return publish(prepared.summary, record, Started::Already, guard);
    }
    settings.observer.on(&Event::Begin(StepKind::Start));
    published::withdraw(guard.dir());
    if running.is_some() {
        let how = spawner::stop(guard, desired.limits.stop_grace())?;
        tracing::info!(pool = desired.pool_id.as_str(), ?how, "stopped the engine that ran with another configuration");
    }
    let started = spawner::start(guard, &request).map_err(Ended::explain)?;
    drop(prepared.claim);
    publish(prepared.summary, &started.record, if running.is_some() { Started::Replaced } else { Started::Now }, guard)
}

/// What would stop a preparation, and says more than that another engine runs.
fn blocking(observed: Observed) -> Option<Error> {
    let Observed { tools, cuda, inputs, model, port, line, .. } = observed;
    let model = match model {
        model_provisioner::Presence::Unusable(error) => Some(error.into()),
        _ => None,
    };
    tools
        .err()
        .map(Error::from)
        .or_else(|| cuda?.err().map(Error::from))
        .or_else(|| inputs?.err().map(Error::from))
        .or(model)
        .or_else(|| port.err().map(Error::Port))
        .or_else(|| line?.err())
}

fn start_request(desired: &Desired, prepared: &Prepared, settings: &Settings) -> StartRequest {
    let Prepared { summary, program, line, build_key, claim: _ } = prepared;
    let mut request = StartRequest::new(program, line.args.iter());
    request.env.clone_from(&line.env);
    request.secret_env.clone_from(&line.secret_env);
    request.early_exit = settings.early_exit;
    request.tender.clone_from(&settings.tender);
    request.fingerprint = fingerprint(desired, build_key, summary.model.size, line);
    request.host.clone_from(&summary.host);
    request.port = summary.port;
    request
}

/// An engine that runs on has somebody who keeps its log within its limit; that nobody can be had for it is no reason to
/// fail.
fn restore_tender(guard: &PoolGuard, record: &Record, settings: &Settings) {
    let restored = settings.tender.as_ref().map(|tender| spawner::restore_tender(guard, record, tender, LOG_LIMIT));
    match restored {
        Some(Ok(true)) => tracing::info!(pool = guard.dir().pool(), "the engine's log is tended again"),
        Some(Err(error)) => tracing::warn!(pool = guard.dir().pool(), %error, "nobody tends the engine's log"),
        Some(Ok(false)) | None => {}
    }
}

/// The summary is published last: whoever reads it finds the engine it speaks of.
fn publish(prepared: PreparedEngine, record: &Record, started: Started, guard: &PoolGuard) -> Result<Ensured> {
    let process =
        Process { started, pid: record.pid, started_unix_s: record.started_unix_s, log: guard.dir().log_file() };
    let ensured = Ensured { prepared, process };
    published::write(&ensured, guard.dir())?;
    tracing::info!(
        pool = ensured.prepared.pool_id.as_str(),
        pid = record.pid,
        url = ensured.prepared.url,
        engine_version = ensured.prepared.engine_version,
        "runs"
    );
    Ok(ensured)
}
