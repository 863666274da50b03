//! `status`: what runs for a pool now, from its record and the process itself.

use std::fmt::Write;
use std::time::Duration;

use exec::Env;
use gpu_detect::{Host, memory_used_by};
use provisioner_core::{Ensured, published};
use serde::Serialize;
use spawner::{Exit as EngineExit, Listener, PoolDir, State, Status};

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::Result;
use crate::health::{self, Health};
use crate::{report, target};

/// What is known of a pool's engine.
#[derive(Debug, Default, Serialize)]
struct Report {
    pool_id: String,
    /// `running`, `starting`, `stopping`, `exited`, `stale`, `foreign`, `absent` or `unreadable`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// `ready`, `loading` or `silent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_s: Option<u64>,
    /// Memory that its processes hold in RAM.
    #[serde(skip_serializing_if = "Option::is_none")]
    rss_bytes: Option<u64>,
    /// GPU memory that its processes hold, where the driver tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    gpu_memory_bytes: Option<u64>,
    /// Why it does not run, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// What was prepared and started.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<Ensured>,
}

pub(crate) fn run(args: &Args) -> Result<Exit> {
    let (id, _) = target::known(args)?;
    let dir = target::dir(args, &id)?;
    let report = match &dir {
        Some(dir) => look(id.as_str(), dir)?,
        None => Report::new(id.as_str(), "absent"),
    };
    let exit = if report.pid.is_some() { Exit::Done } else { Exit::Engine };
    report::result(args.json, &report, || report.text())?;
    Ok(exit)
}

fn look(id: &str, dir: &PoolDir) -> Result<Report> {
    let report = |state| Report::new(id, state);
    let why = |exit: Option<EngineExit>| exit.map(|exit| exit.to_string());
    Ok(match spawner::status(dir)? {
        Status::Running { record, uptime } => {
            let engine = published(&record, dir);
            let health = engine.as_ref().map(|engine| health::look(engine, &record)).transpose()?;
            let (health, other) = health.map_or((None, None), |(health, other)| (Some(health), other));
            let vitals = spawner::vitals(&record)?;
            let listens = vitals.as_ref().is_none_or(|vitals| vitals.listener != Listener::Nobody);
            let state = match record.state {
                State::Stopping => "stopping",
                State::Running if health == Some(Health::Loading) || !listens => "starting",
                State::Running => "running",
            };
            Report {
                pid: Some(record.pid),
                host: Some(record.host),
                port: Some(record.port),
                health: health.map(Health::name),
                uptime_s: Some(uptime.as_secs()),
                rss_bytes: vitals.as_ref().map(|vitals| vitals.rss_bytes),
                gpu_memory_bytes: vitals.and_then(|vitals| gpu_memory(&vitals.pids)),
                why: other.map(|other| format!("its port is answered by {other}")),
                engine,
                ..report(state)
            }
        }
        Status::Exited { record, exit } => {
            Report { why: why(exit), engine: published(&record, dir), ..report("exited") }
        }
        Status::Stale { why, .. } => Report { why: Some(why), ..report("stale") },
        Status::Foreign { why, .. } => Report { why: Some(why), ..report("foreign") },
        Status::Absent => report("absent"),
        Status::Unreadable { why } => Report { why: Some(why), ..report("unreadable") },
    })
}

/// What the driver says within a moment; a status is asked for in trouble, when drivers hang.
fn gpu_memory(pids: &[i32]) -> Option<u64> {
    let host = Host { probe: target::probe(), deadline: Duration::from_secs(2), ..Host::current(Env::current()) };
    memory_used_by(pids, &host)
}

impl Report {
    fn new(id: &str, state: &'static str) -> Self {
        Self { pool_id: id.to_owned(), state, ..Self::default() }
    }

    fn text(&self) -> String {
        let mut text = format!("pool `{}`: {}", self.pool_id, self.state);
        // Writing to a `String` cannot fail.
        if let Some(why) = &self.why {
            write!(text, " ({why})").ok();
        }
        if let (Some(pid), Some(uptime)) = (self.pid, self.uptime_s) {
            write!(text, " as pid {pid} for {uptime} s").ok();
        }
        if let Some(bytes) = self.rss_bytes {
            write!(text, ", {} in RAM", indicatif::HumanBytes(bytes)).ok();
        }
        if let Some(bytes) = self.gpu_memory_bytes {
            write!(text, ", {} on the GPU", indicatif::HumanBytes(bytes)).ok();
        }
        if let Some(health) = self.health {
            write!(text, ", {health}").ok();
        }
        text.push('\n');
        if let Some(engine) = &self.engine {
            writeln!(text, "  url      {}", engine.prepared.url).ok();
            text.push_str(&super::summary::of(&engine.prepared));
        }
        text
    }
}
