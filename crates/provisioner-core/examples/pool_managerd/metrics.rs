//! Counters, folded from the library's events and from what the daemon does, shown as Prometheus text.
//!
//! The rule: no label has an open set of values: pools are those of the configuration, and reasons are areas of codes.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use provisioner_core::{Cache, Event, Happening};
use serde::Serialize;

use crate::cause::area;

/// Every metric: its name, type and meaning.
const METRICS: &[(&str, &str, &str)] = &[
    ("engine_exits_total", "counter", "Exits of engines, by cause."),
    ("engine_restarts_total", "counter", "Restarts of engines, by the cause of the exit."),
    ("pool_failures_total", "counter", "Failed preloads, reloads and restarts, by the area of the error's code."),
    ("pool_ready", "gauge", "Whether the pool's engine is ready."),
    ("pool_ready_transitions_total", "counter", "How often a pool became ready or ceased to be."),
    ("pool_reload_seconds_total", "counter", "Time that preloads and reloads took, by outcome."),
    ("pool_reloads_total", "counter", "Preloads and reloads, by outcome."),
    ("provisioner_run_seconds_total", "counter", "Time that calls of the provisioner took, by outcome."),
    ("provisioner_runs_total", "counter", "Calls of the provisioner, by outcome and by the area of the error's code."),
    ("provisioner_step_seconds_total", "counter", "Time that steps took."),
    ("provisioner_steps_active", "gauge", "Steps that are being done."),
    ("provisioner_steps_total", "counter", "Steps that ended, by outcome and by whether their result was there."),
    ("provisioner_warnings_total", "counter", "Warnings."),
];

/// The labels of one series, in the order in which they are shown.
type Labels<'a> = &'a [(&'static str, &'a str)];

/// All counters and gauges, by the text of their series.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<BTreeMap<&'static str, BTreeMap<String, f64>>>);

impl Metrics {
    /// Adds to a counter.
    pub(crate) fn add(&self, name: &'static str, labels: Labels<'_>, value: f64) {
        self.change(name, labels, |old| old + value);
    }

    /// Notes whether a pool is ready.
    pub(crate) fn ready(&self, pool: &str, ready: bool) {
        let mut before = 0.0;
        let now = if ready { 1.0 } else { 0.0 };
        self.change("pool_ready", &[("pool", pool)], |old| {
            before = old;
            now
        });
        if (before > 0.5) != ready {
            let to = if ready { "ready" } else { "unready" };
            self.add("pool_ready_transitions_total", &[("pool", pool), ("to", to)], 1.0);
        }
    }

    /// Takes in an event.
    pub(crate) fn on(&self, event: &Event) {
        let pool = ("pool", event.pool_id.as_str());
        let step = ("step", event.step.as_ref().map_or("", |step| step.as_str()));
        match &event.what {
            Happening::Begin { .. } => self.add("provisioner_steps_active", &[pool, step], 1.0),
            Happening::End { outcome, seconds, cache, .. } => {
                let cache = match cache {
                    Some(Cache::Hit) => "hit",
                    Some(Cache::Miss) => "miss",
                    None => "none",
                };
                self.add("provisioner_steps_active", &[pool, step], -1.0);
                let outcome = word(outcome);
                self.add("provisioner_steps_total", &[pool, step, ("outcome", &outcome), ("cache", cache)], 1.0);
                self.add("provisioner_step_seconds_total", &[pool, step], *seconds);
            }
            Happening::Finished { outcome, seconds, code } => {
                let reason = code.as_deref().map(area).unwrap_or_default();
                self.add("provisioner_runs_total", &[pool, ("outcome", outcome), ("reason", &reason)], 1.0);
                self.add("provisioner_run_seconds_total", &[pool, ("outcome", outcome)], *seconds);
            }
            Happening::Warning { .. } => self.add("provisioner_warnings_total", &[pool], 1.0),
            _ => {}
        }
    }

    /// All of it as Prometheus text.
    pub(crate) fn text(&self) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (name, kind, help) in METRICS {
            let Some(series) = all.get(name) else { continue };
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}").ok();
            for (labels, value) in series {
                writeln!(text, "{name}{{{labels}}} {value}").ok();
            }
        }
        text
    }

    fn change(&self, name: &'static str, labels: Labels<'_>, change: impl FnOnce(f64) -> f64) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = all.entry(name).or_default().entry(labels.join(",")).or_default();
        *value = change(*value);
    }
}

/// Answers every request with the text. A client that is slow keeps the next one waiting for two seconds at most.
pub(crate) fn serve(listener: &TcpListener, metrics: &Metrics) {
    for mut client in listener.incoming().flatten() {
        client.set_read_timeout(Some(Duration::from_secs(1))).ok();
        client.set_write_timeout(Some(Duration::from_secs(1))).ok();
        if client.read(&mut [0; 4096]).is_err() {
            continue;
        }
        let text = metrics.text();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close";
        write!(client, "{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len()).ok();
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A word as JSON has it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
