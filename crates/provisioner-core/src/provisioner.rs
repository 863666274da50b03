//! One pool, any engine, any mode: observe, plan, execute.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use config_schema::{Accelerator, OnFailedProof, PoolConfig, PoolId};
use miette::Diagnostic;
use spawner::{LockWait, PoolDir};

use crate::engine::EngineProfile;
use crate::event::{Happening, Reporter};
use crate::execute::{Executed, Run, Until, execute, launch, published};
use crate::lifecycle::gpu_proof::refuse_denied;
use crate::lifecycle::prepared;
use crate::lifecycle::previous::{self, Failed};
use crate::lifecycle::{Health, Lifecycle, PoolStatus, Ready, Running};
use crate::observe::host::HostSnapshot;
use crate::observe::observed::Observed;
use crate::observe::{Sources, models, observe};
use crate::plan::approved::Approved;
use crate::plan::changes::Comparison;
use crate::plan::planner::{self, Planned};
use crate::plan::stale::Stale;
use crate::plan::{PlanFileError, StepKind};
use crate::pool::desired::Desired;
use crate::pool::locks::{self, waiting_for};
use crate::pool::lower::lower;
use crate::pool::origin;
use crate::pool::pins;
use crate::provisioner::hung::Hung;
use crate::runtime::{Runtime, StopOutcome, native};
use crate::supply::{Facts, Supply, supply};
use crate::{EngineProvisioner, Ensured, Error, Plan, PreparedEngine, Reservation, Result, Settings, Started};

mod hung;
pub(crate) mod pools;
pub(crate) mod provider;

/// How often a plan may turn out to be another one while it is executed: tools are installed once, a branch moves
/// rarely.
const ROUNDS: usize = 5;

/// Provisions pools of one engine.
#[derive(Clone, Debug)]
pub struct Provisioner {
    settings: Settings,
    profile: EngineProfile,
    parts: Option<Parts>,
}

/// A way of getting an engine here, and a way of running it, of the caller's own.
#[derive(Clone, Debug)]
pub struct Parts {
    /// How the engine gets onto the host.
    pub supply: Arc<dyn Supply>,
    /// How it is run.
    pub runtime: Arc<dyn Runtime>,
}

/// What one call works with.
struct Call<'a> {
    settings: &'a Settings,
    profile: &'a EngineProfile,
    desired: Desired,
    supply: Arc<dyn Supply>,
    runtime: Arc<dyn Runtime>,
    reporter: Reporter,
    /// The facts of the wanted engine, once this call has begun to start it.
    tried: OnceLock<Facts>,
}

impl Provisioner {
    /// Provisions engines of this profile by the mode that each pool names.
    pub fn new(profile: &EngineProfile, settings: Settings) -> Self {
        Self { settings, profile: *profile, parts: None }
    }

    /// Provisions engines of this profile with a supply and a runtime of the caller's own.
    pub fn with_parts(profile: &EngineProfile, parts: Parts, settings: Settings) -> Self {
        Self { settings, profile: *profile, parts: Some(parts) }
    }

    /// The plan of a pool, with what is the same for all pools of this host.
    pub(crate) fn plan_with(&self, pool: &PoolConfig, host: &HostSnapshot) -> Result<Plan> {
        Ok(self.planned_beside(pool, host)?.0.plan)
    }

    /// The plan of a pool, with all that it is compared by when it is executed.
    pub(crate) fn approve(&self, pool: &PoolConfig, host: &HostSnapshot) -> Result<Approved> {
        let (planned, replace, beside) = self.planned_beside(pool, host)?;
        let mut approved = Approved::of(planned, replace);
        approved.beside = beside;
        Ok(approved)
    }

    /// The plan of a pool, whether it replaces an engine, and the warning that earlier pools need the same memory.
    ///
    /// What the pool is going to take is reserved in the snapshot: pools that are planned with it later see it.
    fn planned_beside(&self, pool: &PoolConfig, host: &HostSnapshot) -> Result<(Planned, bool, Option<String>)> {
        let call = self.call(pool)?;
        let observed = observe(&call.desired, call.sources(host), false)?;
        let (replace, beside) = (call.replaces(), observed.beside.clone());
        let memory = observed.demand.clone();
        let planned = planner::plan(&call.desired, observed, replace);
        host.reserve(Reservation { pool: pool.id.clone(), port: planned.port, memory });
        Ok((planned, replace, beside))
    }

    fn call(&self, pool: &PoolConfig) -> Result<Call<'_>> {
        let mut desired = lower(pool, &self.profile, &self.settings)?;
        let request = desired.model.request.take();
        desired.model.request = match (request, desired.model.pin.clone().filter(|_| desired.locked)) {
            (Some(request), Some(pin)) => Some(pins::request(&models(&desired, &self.settings), request, &pin)?),
            (request, _) => request,
        };
        let (supply, runtime) = match &self.parts {
            Some(parts) => (Arc::clone(&parts.supply), Arc::clone(&parts.runtime)),
            None => (Arc::from(supply(pool, &self.settings)?), native(&self.settings)),
        };
        let reporter = Reporter::new(&self.settings.observer, &desired.pool_id);
        let (settings, profile, tried) = (&self.settings, &self.profile, OnceLock::new());
        Ok(Call { settings, profile, desired, supply, runtime, reporter, tried })
    }

    /// Waits until a new engine has shown that it works; where it does not, the one before it comes back. Where no start
    /// was begun, where the caller cancelled, and where another call decided what runs, it stays as it is.
    fn or_previous(&self, call: &Call<'_>, ensured: Result<Ensured>) -> Result<Ensured> {
        let limits = &call.desired.limits;
        let (pool, limit) = (&call.desired.pool_id, limits.ready_timeout());
        let lifecycle = self.lifecycle().with_ready_silence(limits.ready_silence());
        let dir = PoolDir::open(&self.settings.run_dir, pool.as_str())?;
        let (error, failed) = match ensured {
            Ok(ensured) if ensured.started == Started::Already && previous::is_proven(&dir, &ensured) => {
                return Ok(ensured);
            }
            Ok(mut ensured) => match lifecycle.wait_ready_for(&ensured, limit) {
                Ok(ready) => {
                    ready.complete(&mut ensured);
                    return Ok(ensured);
                }
                Err(error) => (error, Failed { facts: ensured.prepared.facts, instance: ensured.instance }),
            },
            Err(error) => match call.tried.get() {
                Some(facts) => (error, Failed { facts: facts.clone(), instance: None }),
                None => return Err(error),
            },
        };
        let stays = error.is_cancelled() || error.is_of_another_call();
        Err(if stays { error } else { lifecycle.go_back(pool, error, &failed, limit) })
    }

    fn lifecycle(&self) -> Lifecycle {
        match &self.parts {
            Some(parts) => Lifecycle::with_runtime(self.settings.clone(), Arc::clone(&parts.runtime)),
            None => Lifecycle::new(self.settings.clone()),
        }
    }
}

impl EngineProvisioner for Provisioner {
    fn plan(&self, pool: PoolConfig) -> Result<Plan> {
        self.plan_with(&pool, &HostSnapshot::new(&self.settings))
    }

    fn prepare(&self, pool: PoolConfig) -> Result<PreparedEngine> {
        let call = self.call(&pool)?;
        call.finished(|call| match call.bring(Until::Prepared)? {
            Executed::Prepared(prepared) => {
                prepared::remember(&PoolDir::open(&self.settings.run_dir, pool.id.as_str())?, &prepared);
                Ok((*prepared, "prepared"))
            }
            Executed::Running(ensured) => Ok((ensured.prepared, "prepared")),
            Executed::Again(why) => Err(Error::Unsettled { why }),
        })
    }

    fn ensure_running(&self, pool: PoolConfig) -> Result<Ensured> {
        let call = self.call(&pool)?;
        let goes_back = pool.provisioning.on_failed_proof == OnFailedProof::Previous;
        call.finished(|call| {
            let ensured = match call.bring(Until::Running) {
                Ok(Executed::Running(ensured)) => Ok(*ensured),
                Ok(Executed::Prepared(_)) => Err(Error::Unfinished { what: "start" }),
                Ok(Executed::Again(why)) => Err(Error::Unsettled { why }),
                Err(error) => Err(error),
            };
            let ensured = if goes_back { self.or_previous(call, ensured) } else { ensured }?;
            if let Some(file) = &self.settings.pool_file {
                let dir = PoolDir::open(&self.settings.run_dir, pool.id.as_str())?;
                origin::remember(&dir, file, &pool, &ensured);
            }
            let outcome = ensured.started.outcome();
            Ok((ensured, outcome))
        })
    }

    fn start(&self, prepared: &PreparedEngine) -> Result<Ensured> {
        self.lifecycle().start(prepared)
    }

    fn status(&self, pool: &PoolId) -> Result<PoolStatus> {
        self.lifecycle().status(pool)
    }

    fn wait_ready(&self, pool: &PoolId, limit: std::time::Duration) -> Result<Ready> {
        self.lifecycle().wait_ready(pool, limit)
    }

    fn stop(&self, pool: &PoolId, grace: std::time::Duration) -> Result<StopOutcome> {
        self.lifecycle().stop(pool, grace)
    }

    fn logs(&self, pool: &PoolId, lines: usize) -> Result<String> {
        self.lifecycle().logs(pool, lines)
    }

    fn running(&self, pool: &PoolId) -> Result<Option<Running>> {
        self.lifecycle().running(pool)
    }
}

impl Call<'_> {
    fn sources<'a>(&'a self, host: &'a HostSnapshot) -> Sources<'a> {
        Sources { settings: self.settings, profile: self.profile, supply: &*self.supply, runtime: &*self.runtime, host }
    }

    /// Does the work of a call and reports its end.
    fn finished<T>(&self, work: impl FnOnce(&Self) -> Result<(T, &'static str)>) -> Result<T> {
        let begin = Instant::now();
        let result = work(self).map_err(Error::or_cancelled);
        let seconds = begin.elapsed().as_secs_f64();
        let (outcome, code) = match &result {
            Ok((_, outcome)) => ((*outcome).to_owned(), None),
            Err(error) => (error.outcome().to_owned(), error.code().map(|code| code.to_string())),
        };
        self.reporter.send(None, Happening::Finished { outcome, seconds, code });
        result.map(|(value, _)| value)
    }

    /// Plans and executes, and plans again where execution showed that the host is not what the plan thought.
    fn bring(&self, until: Until) -> Result<Executed> {
        if self.desired.accelerator == Accelerator::Cpu {
            self.reporter.warn(planner::CPU_WARNING);
        }
        let dir = PoolDir::open(&self.settings.run_dir, self.desired.pool_id.as_str())?;
        let _preparing = match self.lock(&dir, until)? {
            Locked::Preparing(lock) => lock,
            Locked::Runs(ensured) => return Ok(Executed::Running(ensured)),
        };
        let mut replanned: Vec<String> = Vec::new();
        let mut host = HostSnapshot::new(self.settings);
        let proof = OnceLock::new();
        loop {
            let mut planned = self.plan(&host, until, None)?;
            if until == Until::Running {
                match self.hung(&dir, &planned)? {
                    Hung::No => {}
                    Hung::Gone => continue,
                    Hung::For(silent) => planned = self.plan(&host, until, Some(silent))?,
                }
                match self.adopt(&dir, &planned)? {
                    Adoption::Is(ensured) => return Ok(Executed::Running(ensured)),
                    Adoption::Stopped => continue,
                    Adoption::None => {}
                }
            }
            let run = Run {
                desired: &self.desired,
                sources: self.sources(&host),
                dir: &dir,
                reporter: &self.reporter,
                until,
                proof: &proof,
                tried: &self.tried,
            };
            match execute(run, planned, &replanned)? {
                Executed::Again(why) if replanned.len() < ROUNDS => {
                    self.reporter.note(None, format!("the plan is made again: {why}"));
                    replanned.push(why);
                }
                done => return Ok(done),
            }
            // What was installed or fetched meanwhile is looked at again.
            host = HostSnapshot::new(self.settings);
        }
    }

    /// Whether an engine of another configuration is stopped: asked for by the caller, or part of an approved plan.
    fn replaces(&self) -> bool {
        let approved = self.settings.approved.as_ref();
        self.settings.replace || approved.is_some_and(|file| file.replaces(&self.desired.pool_id))
    }

    /// The plan of now; `silent` is how long the engine that runs was watched in vain; where plans
    /// were approved, the pool's own is refused once it is stale.
    fn plan(&self, host: &HostSnapshot, until: Until, silent: Option<Duration>) -> Result<Planned> {
        let observed = Observed { silent, ..observe(&self.desired, self.sources(host), true)? };
        let warnings = planner::found_warnings(&observed);
        let planned = planner::plan(&self.desired, observed, self.replaces());
        if let Some(file) = &self.settings.approved {
            file.approved(&self.desired.pool_id)?.check(&planned, &self.desired, &|kind| until.includes(kind))?;
        }
        if planned.comparison != Comparison::Same {
            for warning in warnings {
                self.reporter.warn(warning);
            }
        }
        Ok(planned)
    }

    /// The lock that a call holds while it prepares this pool. While another call prepares it, an engine that runs as
    /// it is wanted is found without waiting for that.
    fn lock(&self, dir: &PoolDir, until: Until) -> Result<Locked> {
        let cancelled = || self.settings.cancel.is_cancelled();
        if let Some(lock) = dir.try_lock_prepare("prepare")? {
            return Ok(Locked::Preparing(lock));
        }
        if until == Until::Running {
            let planned = self.plan(&HostSnapshot::new(self.settings), until, None)?;
            // One that does not answer is watched once this call's turn has come.
            let answers = match self.watched(dir, &planned) {
                Some((engine, _)) => self.runtime.answers(dir, &engine)?.health != Health::Silent,
                None => true,
            };
            if answers && let Adoption::Is(ensured) = self.adopt(dir, &planned)? {
                return Ok(Locked::Runs(ensured));
            }
        }
        let limits = &self.desired.limits;
        let patience = limits.fetch_timeout() + limits.build_timeout() + Duration::from_mins(2);
        let report = |waiting: &spawner::Waiting| self.reporter.note(None, waiting_for(waiting));
        let wait = LockWait::new(patience).reporting(&report).cancelled_by(&cancelled);
        Ok(Locked::Preparing(dir.lock_prepare("prepare", &wait)?))
    }

    /// The engine that runs as it is wanted, where its summary is there. One that is known not to be on its GPU is an
    /// error, or is stopped where the caller replaces.
    fn adopt(&self, dir: &PoolDir, planned: &Planned) -> Result<Adoption> {
        let (Comparison::Same, Some(running)) = (&planned.comparison, &planned.running) else {
            return Ok(Adoption::None);
        };
        let Some(ensured) = published::published(running, dir) else { return Ok(Adoption::None) };
        let changed = self.runtime.kept(dir, &ensured)?;
        let guard = locks::lock(dir, "adopt", self.settings, &self.reporter)?;
        // The lock may have been waited for: only the very engine that was judged is stopped or adopted.
        let now = self.runtime.observe(&self.settings.run_dir, dir.pool())?.instance;
        if now.as_ref() != Some(running) {
            self.reporter.note(None, "the engine that ran was stopped or replaced meanwhile".to_owned());
            return Ok(Adoption::Stopped);
        }
        // What was proven of it may have been recorded meanwhile.
        let Some(mut ensured) = published::published(running, dir) else { return Ok(Adoption::None) };
        if let Some(what) = changed {
            if self.settings.approved.is_some() {
                let step = StepKind::Check.into();
                let (pool, approved) = (self.desired.pool_id.clone(), ensured.prepared.engine_version.clone());
                let stale = Stale { step, what: "the engine that others run".into(), approved, now: what };
                return Err(PlanFileError::Stale { pool, differences: vec![stale] }.into());
            }
            self.reporter.note(None, format!("the engine is looked at again: {what}"));
            self.runtime.stop(&guard, self.desired.limits.stop_grace())?;
            return Ok(Adoption::Stopped);
        }
        if let Err(denied) = refuse_denied(&ensured) {
            // An approved plan of an engine that runs has no stop in it.
            if !self.settings.replace || self.settings.approved.is_some() {
                return Err(denied);
            }
            self.reporter.note(None, format!("stopped because of `--replace`: {denied}"));
            self.runtime.stop(&guard, self.desired.limits.stop_grace())?;
            return Ok(Adoption::Stopped);
        }
        launch::keep_log(&*self.runtime, &guard, running);
        tracing::info!(pool = dir.pool(), pid = ensured.pid(), "already runs");
        previous::settled(dir);
        ensured.set_started(Started::Already);
        Ok(Adoption::Is(Box::new(ensured)))
    }
}

/// What became of the engine that runs.
enum Adoption {
    /// There is none that is wanted.
    None,
    /// It is the wanted one.
    Is(Box<Ensured>),
    /// It was stopped, by this call or by another one: the plan is made again.
    Stopped,
}

/// What waiting for a pool's turn came to.
enum Locked {
    /// This call prepares the pool.
    Preparing(spawner::PrepareGuard),
    /// Nothing has to be prepared.
    Runs(Box<Ensured>),
}
