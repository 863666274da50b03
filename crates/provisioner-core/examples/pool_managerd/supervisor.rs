//! One pool's thread: preloads, watches the engine by its descriptor, restarts it after a crash, reloads what changed.
//!
//! The rule: a pool is ready only after its engine has answered, and is unready from the moment in which the engine exits
//! or no longer answers.

use std::time::{Duration, Instant};

use provisioner_core::cfg::{PoolConfig, PoolId};
use provisioner_core::{
    EngineProvisioner, Error, ExitReport, Health, Lifecycle, PoolState, PoolStatus, PreparedEngine, provider_with,
};
use serde_json::json;

use crate::backoff::Backoff;
use crate::daemon::Daemon;
use crate::reload::{Applied, Serving, Trouble, apply, serve};
use crate::{cause, output};

/// How often a supervisor looks whether the daemon stops or the configuration changed. An exit ends its sleep at once.
const TICK: Duration = Duration::from_millis(100);

/// How often the engine's health is asked, and how often in a row it may fail.
const HEALTH: (Duration, u32) = (Duration::from_secs(1), 3);

/// Supervises one pool.
pub(crate) struct Supervisor<'a> {
    daemon: &'a Daemon,
    pool: PoolId,
    /// The configuration that was applied last, whatever came of it.
    applied: Option<PoolConfig>,
    state: State,
    backoff: Backoff,
    restarts: u32,
}

/// What a pool's thread does while its configuration stays as it is.
enum State {
    /// Keeps this engine running.
    Serves(Box<PreparedEngine>),
    /// Waits before it tries again.
    Failed,
    /// Waits for another configuration: the engine was asked to exit, or can never run.
    Rests,
}

/// Why an engine is no longer watched.
enum Watched {
    /// The daemon stops, or the configuration changed.
    Interrupted,
    /// It exited.
    Exited(ExitReport, Duration),
    /// It is gone: another program stopped it, or nothing is known of its end.
    Gone(PoolState),
    /// It runs and no longer answers.
    Silent(Duration),
}

impl<'a> Supervisor<'a> {
    pub(crate) fn new(daemon: &'a Daemon, pool: PoolId) -> Self {
        let backoff = Backoff::new(daemon.backoff);
        Self { daemon, pool, applied: None, state: State::Rests, backoff, restarts: 0 }
    }

    /// Supervises the pool until the daemon stops or the pool is no longer wanted.
    pub(crate) fn run(mut self) {
        while !self.daemon.settings.cancel.is_cancelled() {
            let Some(config) = self.daemon.wanted(&self.pool) else { return self.retire() };
            let provider = match provider_with(&config, self.daemon.settings.clone()) {
                Ok(provider) => provider,
                Err(error) => {
                    self.failed(&error.into());
                    (self.applied, self.state) = (Some(config), State::Rests);
                    self.sleep(Duration::MAX);
                    continue;
                }
            };
            if self.applied.as_ref() == Some(&config) {
                self.keep_running(&*provider, &config);
            } else {
                self.bring(&*provider, config);
            }
        }
    }

    /// Preloads or reloads the pool.
    fn bring(&mut self, provider: &dyn EngineProvisioner, config: PoolConfig) {
        let begin = Instant::now();
        // Also an engine that an earlier daemon started.
        let runs = provider.status(&self.pool).ok().filter(PoolStatus::lives).and_then(|status| status.engine);
        let result = apply(provider, &config, runs.map(|ensured| ensured.prepared));
        let (outcome, seconds) = (result.as_ref().map_or("failed", |done| done.applied.name()), begin.elapsed());
        if matches!(&result, Err(trouble) if trouble.is_cancelled()) {
            return;
        }
        let labels = [("pool", self.pool.as_str()), ("outcome", outcome)];
        self.daemon.metrics.add("pool_reloads_total", &labels, 1.0);
        self.daemon.metrics.add("pool_reload_seconds_total", &labels, seconds.as_secs_f64());
        self.applied = Some(config);
        match result {
            Ok(Serving { applied, prepared, trouble }) => {
                if let Some(trouble) = &trouble {
                    self.failed(trouble);
                }
                if applied != Applied::Restored {
                    self.backoff = Backoff::new(self.daemon.backoff);
                }
                let more = json!({ "outcome": outcome, "seconds": seconds.as_secs_f64() });
                self.ready(provider, &prepared, more);
                self.state = State::Serves(Box::new(prepared));
            }
            Err(trouble) => {
                self.daemon.metrics.ready(self.pool.as_str(), false);
                self.failed(&trouble);
                self.state = State::Failed;
            }
        }
    }

    /// Watches the engine, and starts it again after a crash; tries again what failed.
    fn keep_running(&mut self, provider: &dyn EngineProvisioner, config: &PoolConfig) {
        let prepared = match &self.state {
            State::Serves(prepared) => prepared.as_ref().clone(),
            State::Rests => return self.sleep(Duration::MAX),
            State::Failed => {
                let pause = self.backoff.next(Duration::ZERO);
                self.sleep(pause);
                self.applied = None;
                return;
            }
        };
        let (cause, uptime, exit) = match self.watch(provider) {
            Ok(Watched::Interrupted) => return,
            Ok(Watched::Exited(exit, uptime)) => (cause::of_exit(&exit), uptime, Some(exit)),
            Ok(Watched::Gone(PoolState::Absent)) => ("stopped".into(), Duration::ZERO, None),
            Ok(Watched::Gone(_)) => ("unknown".into(), Duration::ZERO, None),
            Ok(Watched::Silent(uptime)) => ("silent".into(), uptime, None),
            Err(error) => (cause::of_error(&error), Duration::ZERO, None),
        };
        let pool = self.pool.to_string();
        self.daemon.metrics.ready(&pool, false);
        self.daemon.metrics.add("engine_exits_total", &[("pool", &pool), ("cause", &cause)], 1.0);
        let asked = cause == "graceful" || cause == "stopped";
        let pause = if asked { None } else { Some(self.backoff.next(uptime)) };
        let fields = json!({
            "cause": cause,
            "uptime_s": uptime.as_secs_f64(),
            "exit_code": exit.as_ref().and_then(|exit| exit.status),
            "signal": exit.as_ref().and_then(|exit| exit.signal),
            "code": exit.as_ref().and_then(|exit| exit.code.clone()),
            "last_error": exit.as_ref().map(|exit| exit.cause.clone().unwrap_or_else(|| exit.how.clone())),
            "help": exit.as_ref().map(|exit| exit.help.clone()),
            "restart_count": self.restarts,
            "backoff_ms": pause.map(|pause| pause.as_millis()),
        });
        output::line("engine_down", Some(&self.pool), output::merged(output::engine(&prepared), fields));
        match pause {
            None => self.state = State::Rests,
            Some(pause) => {
                self.sleep(pause);
                self.restart(provider, config, &prepared, &cause);
            }
        }
    }

    fn restart(&mut self, provider: &dyn EngineProvisioner, config: &PoolConfig, prepared: &PreparedEngine, why: &str) {
        if self.daemon.settings.cancel.is_cancelled() || self.daemon.wanted(&self.pool).as_ref() != Some(config) {
            return;
        }
        self.restarts += 1;
        self.daemon.metrics.add("engine_restarts_total", &[("pool", self.pool.as_str()), ("cause", why)], 1.0);
        let limits = &config.provisioning.limits;
        // One that runs and does not answer is in the way of the next; of one that exited this removes the record.
        let done = provider
            .stop(&self.pool, limits.stop_grace())
            .and_then(|_stopped| serve(provider, prepared, limits.ready_timeout()));
        match done {
            Ok((_, ready)) => {
                self.ready(provider, prepared, json!({ "outcome": "restarted", "seconds": ready.seconds }));
            }
            Err(error) if error.is_cancelled() => {}
            Err(error) => {
                self.failed(&error.into());
                self.state = State::Failed;
            }
        }
    }

    /// Sleeps in the kernel until the engine exits, and looks now and then whether it still answers.
    fn watch(&self, provider: &dyn EngineProvisioner) -> Result<Watched, Error> {
        let Some(running) = provider.running(&self.pool)? else {
            let status = provider.status(&self.pool)?;
            return Ok(status.exit.map_or(Watched::Gone(status.state), |exit| Watched::Exited(exit, Duration::ZERO)));
        };
        let (mut asked, mut silent) = (Instant::now(), 0);
        while !self.is_interrupted() {
            if let Some(exit) = running.wait(TICK)? {
                return Ok(Watched::Exited(exit, running.uptime()));
            }
            if asked.elapsed() < HEALTH.0 {
                continue;
            }
            let answers = provider.status(&self.pool)?.health == Some(Health::Ready);
            silent = if answers { 0 } else { silent + 1 };
            if silent >= HEALTH.1 {
                return Ok(Watched::Silent(running.uptime()));
            }
            asked = Instant::now();
        }
        Ok(Watched::Interrupted)
    }

    /// The pool is ready: what a scheduler is handed is printed.
    fn ready(&self, provider: &dyn EngineProvisioner, prepared: &PreparedEngine, more: serde_json::Value) {
        self.daemon.metrics.ready(self.pool.as_str(), true);
        let pid = provider.status(&self.pool).ok().and_then(|status| status.pid);
        let handoff = json!({ "pid": pid, "slots_free": prepared.slots, "restart_count": self.restarts });
        let fields = output::merged(output::engine(prepared), output::merged(handoff, more));
        output::line("ready", Some(&self.pool), fields);
    }

    fn failed(&self, trouble: &Trouble) {
        let (pool, reason) = (self.pool.as_str(), trouble.reason());
        self.daemon.metrics.add("pool_failures_total", &[("pool", pool), ("reason", &reason)], 1.0);
        let fields = json!({ "reason": reason, "last_error": trouble.to_string(), "help": trouble.help() });
        output::line("failed", Some(&self.pool), fields);
    }

    /// The pool is no longer wanted.
    fn retire(&self) {
        let lifecycle = Lifecycle::new(self.daemon.settings.clone());
        let grace = self.applied.as_ref().map(|config| config.provisioning.limits.stop_grace()).unwrap_or_default();
        self.daemon.metrics.ready(self.pool.as_str(), false);
        match lifecycle.stop(&self.pool, grace) {
            Ok(_) => output::line("removed", Some(&self.pool), json!({})),
            Err(error) => self.failed(&error.into()),
        }
    }

    /// Whether the daemon stops, or this pool is wanted otherwise than it is.
    fn is_interrupted(&self) -> bool {
        self.daemon.settings.cancel.is_cancelled() || self.daemon.wanted(&self.pool) != self.applied
    }

    /// Sleeps for a time, or until it is interrupted.
    fn sleep(&self, time: Duration) {
        let begin = Instant::now();
        while begin.elapsed() < time && !self.is_interrupted() {
            self.daemon.settings.cancel.wait(TICK.min(time));
        }
    }
}
