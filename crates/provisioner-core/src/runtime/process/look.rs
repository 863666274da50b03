//! What an engine's process does, answers and uses now.

use spawner::{Holder, Listener, PoolDir, Record, State, Status};

use super::instance;
use crate::lifecycle::Health;
use crate::lifecycle::health::ask;
use crate::runtime::{Answer, Condition, Instance, Usage, Vitals};
use crate::{Ensured, InstanceKind, Result};

pub(super) fn condition(dir: &PoolDir) -> Result<Condition> {
    Ok(match spawner::status(dir)? {
        Status::Running { record, uptime } => {
            let instance = instance(&record, dir);
            match record.state {
                State::Running => Condition::Running { instance, uptime },
                State::Stopping => Condition::Stopping { instance, uptime },
            }
        }
        Status::Exited { record, exit } => Condition::Exited { instance: instance(&record, dir), exit },
        Status::Stale { record, why } => Condition::Stale { instance: instance(&record, dir), why },
        Status::Foreign { why, .. } => Condition::Foreign { why },
        Status::Absent => Condition::Absent,
        Status::Unreadable { why } => Condition::Unreadable { why },
    })
}

/// While another process holds the engine's port, the engine does not answer.
pub(super) fn answers(dir: &PoolDir, engine: &Ensured) -> Result<Answer> {
    let health = ask(engine);
    if health == Health::Silent {
        return Ok(health.into());
    }
    // Looked up after the answer came: the socket has to be this engine's at that moment.
    match recorded(dir, engine.instance.as_ref(), engine.started_unix_s)? {
        Some(record) => Ok(judged(health, spawner::listener(&record)?)),
        None => Ok(Health::Silent.into()),
    }
}

fn judged(health: Health, listener: Listener) -> Answer {
    match listener {
        Listener::Foreign(holder) => Answer { health: Health::Silent, other: Some(named(holder)) },
        Listener::Nobody => Health::Silent.into(),
        Listener::NoPort | Listener::Ours => health.into(),
    }
}

fn named(holder: Holder) -> String {
    match holder.process {
        None => format!("a process at {}", holder.address),
        Some((pid, name)) => format!("process {pid} ({name})"),
    }
}

/// One look at the listeners serves both: the kernel's tables take milliseconds to read.
pub(super) fn vitals(dir: &PoolDir, instance: &Instance, engine: Option<&Ensured>) -> Result<Vitals> {
    let health = engine.map(ask);
    let Some(record) = recorded(dir, Some(&instance.kind), instance.started_unix_s)? else {
        return Ok(Vitals { answer: health.map(|_| Health::Silent.into()), usage: None });
    };
    Ok(seen(health, spawner::vitals(&record)?))
}

/// What an engine answered, believed only where the socket is its own.
fn seen(health: Option<Health>, vitals: Option<spawner::Vitals>) -> Vitals {
    let listener = vitals.as_ref().map_or(Listener::Nobody, |vitals| vitals.listener.clone());
    let usage = vitals.map(|vitals| Usage {
        pids: vitals.pids,
        rss_bytes: vitals.rss_bytes,
        listens: vitals.listener != Listener::Nobody,
    });
    let answer = health.map(|health| match health {
        Health::Silent => health.into(),
        health => judged(health, listener),
    });
    Vitals { answer, usage }
}

/// All engines are asked side by side; then one look at processes and sockets serves all of them.
pub(super) fn vitals_of_all(engines: &[(&PoolDir, &Instance, Option<&Ensured>)]) -> Vec<Result<Vitals>> {
    let answers = exec::parallel_map(engines.iter().collect(), |(dir, instance, engine)| {
        let record = recorded(dir, Some(&instance.kind), instance.started_unix_s)?;
        Ok((engine.map(ask), record))
    });
    let records: Vec<Record> =
        answers.iter().filter_map(|answer: &Result<_>| answer.as_ref().ok()?.1.clone()).collect();
    let mut vitals = match spawner::vitals_of_all(&records) {
        Ok(vitals) => vitals.into_iter(),
        Err(error) => {
            tracing::warn!(%error, "the processes of the engines cannot be looked at");
            Vec::new().into_iter()
        }
    };
    let one = |answer: Result<(Option<Health>, Option<Record>)>| {
        let (health, record) = answer?;
        Ok(seen(health, record.and_then(|_| vitals.next().flatten())))
    };
    answers.into_iter().map(one).collect()
}

/// The record of this very engine; none once the pool has another one, or none.
fn recorded(dir: &PoolDir, kind: Option<&InstanceKind>, started_unix_s: u64) -> Result<Option<Record>> {
    let record = spawner::recorded(dir)?.and_then(|record| Record::try_from(record).ok());
    let same = |record: &Record| {
        kind == Some(&InstanceKind::Process { pid: record.pid }) && record.started_unix_s == started_unix_s
    };
    Ok(record.filter(same))
}
