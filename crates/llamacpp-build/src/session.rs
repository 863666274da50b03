//! One build as separate steps, under the lock of its key: fetch, configure, compile, prove and publish.
//!
//! Each step reports what it ran; together that is what [`planned_steps`](crate::planned_steps) shows. What a killed build left
//! is resumed where that is proven to be safe: then fetching and configuring run nothing. If what was left does not work after
//! all, the build starts over within the step that found out, and says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use durable::{Holder, Wait};
use engine_store::{Claim, Entry, Layout, Staging, Store, StoreError};
use exec::ExecError;
use serde::{Deserialize, Serialize};

use crate::cmake::file_api::Configured;
use crate::compile::{configure, make, resume};
use crate::folders::Folders;
use crate::output::publish::Made;
use crate::output::{prove, publish};
use crate::plan::call::Ran;
use crate::plan::job::Job;
use crate::plan::placeholder::Values;
use crate::plan::steps::Step;
use crate::source::fetch;
use crate::{BuildError, BuildRequest, Commit, Event, Identity, Observer, identify};

/// Why a resumed build ran what the plan of a resumed one does not show.
const STARTED_OVER: &str = "what an earlier build left did not work, so the build started over";

/// How a step, or a whole build, came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done now, from the start.
    Built,
    /// What a killed build had left was used.
    Resumed,
    /// Another process built the same engine meanwhile; nothing was run.
    WaitedForOther,
    /// The store had the entry; nothing was run.
    Hit,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// How it came to its end.
    pub outcome: Outcome,
    /// What it ran, in order.
    pub ran: Vec<Ran>,
}

/// What there is to do.
#[derive(Debug)]
pub enum Begun {
    /// Nothing: this is the entry.
    Finished(Entry, Outcome),
    /// The four steps, in their order.
    ToBuild(Box<BuildSession>),
}

/// A build under way. Its methods are called in the order of [`Step`], by whichever thread; dropping it removes what it made so far.
pub struct BuildSession {
    layout: Layout,
    job: Job,
    failure_logs: Option<PathBuf>,
    commit: Commit,
    identity: Identity,
    jobs: u32,
    claim: Claim,
    staging: Staging,
    resumed: bool,
    /// Whether the step at work gave up what an earlier build left.
    started_over: bool,
    took: Duration,
    values: Values,
}

impl BuildSession {
    /// Looks into the store, and takes the lock of the build's key, waiting for another process that builds the same. `jobs` is
    /// what [`decide_jobs`](crate::decide_jobs) said for the plan. The logs of a step that fails are copied to `failure_logs`.
    pub fn begin(
        layout: &Layout,
        request: &BuildRequest,
        commit: &Commit,
        jobs: u32,
        failure_logs: Option<&Path>,
        observer: &dyn Observer,
    ) -> Result<Begun, BuildError> {
        let identity = identify(request, commit)?;
        let key = identity.key();
        let store = Store::new(layout.clone());
        if let Some(entry) = identity.find(&store, true)? {
            return Ok(Begun::Finished(entry, Outcome::Hit));
        }
        // The one that builds it may wait for the compilers of another build first.
        let patience = request.limits.fetch + request.limits.build * 2 + Duration::from_mins(2);
        let tell = |holder: &Holder| observer.on(&Event::Waits(holder.to_string()));
        let wait = Wait::new(patience).cancel(&request.guard.cancel).tell(tell);
        let claim = store.claim(&key, "build", wait)?;
        if let Some(entry) = claim.take()? {
            return Ok(Begun::Finished(entry, Outcome::WaitedForOther));
        }
        tracing::info!(%key, commit = commit.as_str(), backend = %request.backend, "building");
        for note in identity.definitions.notes() {
            tracing::warn!(%key, note, "build");
        }
        let (staging, resumed) = match adopted(request, commit, &claim)? {
            Some(staging) => (staging, true),
            None => (new_staging(&claim)?, false),
        };
        let (commit, job) = (commit.clone(), Job::new(request));
        let values = Values { commit: Some(commit.clone()), key: Some(key), ..Values::default() };
        let took = Duration::ZERO;
        Ok(Begun::ToBuild(Box::new(Self {
            layout: layout.clone(),
            job,
            failure_logs: failure_logs.map(Path::to_owned),
            commit,
            identity,
            jobs,
            claim,
            staging,
            resumed,
            started_over: false,
            took,
            values,
        })))
    }

    /// Brings the commit into a source tree of its own.
    pub fn fetch(&mut self, observer: &dyn Observer) -> Result<StepReport, BuildError> {
        if !self.resumed {
            observer.on(&Event::Phase("fetch"));
            fetch::fetch(&self.layout, &self.job, &self.commit, self.staging.dir())?;
        }
        Ok(self.report(Step::Fetch))
    }

    /// Configures the tree, and checks what CMake made of it.
    pub fn configure(&mut self, observer: &dyn Observer) -> Result<StepReport, BuildError> {
        if !self.resumed {
            observer.on(&Event::Phase("configure"));
            let used = &mut self.values.definitions;
            let configured =
                configure::configure(&self.layout, &self.job, &self.identity.definitions, &self.staging, used);
            configured.map_err(|error| self.keep_logs(error))?;
        }
        Ok(self.report(Step::Configure))
    }

    /// Compiles the server.
    pub fn compile(&mut self, observer: &dyn Observer) -> Result<StepReport, BuildError> {
        let result = match self.compiled(observer) {
            Err(error) if self.resumed => self.start_over(&error, observer),
            result => result,
        };
        result.map_err(|error| self.keep_logs(error))?;
        Ok(self.report(Step::Build))
    }

    /// Asks the finished server what it is, publishes it, and asks it once more where it will be started from.
    pub fn prove_and_publish(&mut self, observer: &dyn Observer) -> Result<(Entry, StepReport), BuildError> {
        let result = match self.published(observer) {
            Err(error) if self.resumed => self
                .start_over(&error, observer)
                .and_then(|()| self.again(STARTED_OVER, |this| this.published(observer))),
            result => result,
        };
        let entry = result.map_err(|error| self.keep_logs(error))?;
        Ok((entry, self.report(Step::Prove)))
    }

    /// What the placeholders of the planned commands stand for, as far as the build has come.
    pub fn values(&self) -> Values {
        Values { staging: Some(self.staging.dir().to_owned()), ..self.values.clone() }
    }

    /// What ran since the last step that succeeded: for a step that failed.
    pub fn take_ran(&self) -> Vec<Ran> {
        self.job.take()
    }

    fn compiled(&mut self, observer: &dyn Observer) -> Result<(), BuildError> {
        observer.on(&Event::Phase("build"));
        let started = Instant::now();
        let result = make::compile(&self.layout, &self.job, &self.staging, self.jobs, !self.resumed, observer);
        self.took = started.elapsed();
        // What was compiled so far is resumed by the next build.
        if matches!(result, Err(BuildError::Run { source: ExecError::TimedOut { .. } | ExecError::Cancelled { .. } })) {
            self.staging.keep();
        }
        result
    }

    fn published(&mut self, observer: &dyn Observer) -> Result<Entry, BuildError> {
        let (job, staging) = (&self.job, &self.staging);
        let submodules = fetch::submodules_of(job, &staging.source())?;
        let made = Made { took: self.took, configured: Configured::read(&staging.build()), submodules };
        observer.on(&Event::Phase("prove"));
        let binary = publish::collect(staging, &made.configured)?;
        let proof = prove::prove(job, &binary)?;
        observer.on(&Event::Phase("publish"));
        let entry = publish::publish(&self.claim, staging, &self.identity, &proof, &made)?;
        let key = self.claim.key();
        tracing::info!(%key, version = entry.manifest.engine_version, seconds = entry.manifest.build_seconds, "built");
        match prove::version(job, &entry.binary()) {
            Ok(version) if version == entry.manifest.engine_version => Ok(entry),
            other => {
                self.claim.quarantine(&entry)?;
                Err(other.err().unwrap_or(StoreError::NotPublished.into()))
            }
        }
    }

    /// Fetches, configures and compiles from nothing, where what an earlier build left does not work.
    fn start_over(&mut self, error: &BuildError, observer: &dyn Observer) -> Result<(), BuildError> {
        tracing::warn!(key = %self.claim.key(), %error, "what an earlier build left does not work; starting over");
        // In the folder that is given up: no plan shows it.
        self.job.disown(STARTED_OVER);
        self.started_over = true;
        self.staging = new_staging(&self.claim)?;
        self.resumed = false;
        self.again(STARTED_OVER, |this| {
            observer.on(&Event::Phase("fetch"));
            fetch::fetch(&this.layout, &this.job, &this.commit, this.staging.dir())?;
            observer.on(&Event::Phase("configure"));
            let used = &mut this.values.definitions;
            configure::configure(&this.layout, &this.job, &this.identity.definitions, &this.staging, used)?;
            this.compiled(observer)
        })
    }

    /// Runs `work`, whose programs the plan does not show.
    fn again<T>(&mut self, why: &'static str, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.job.enter(why);
        let done = work(self);
        self.job.leave(outer);
        done
    }

    fn report(&mut self, step: Step) -> StepReport {
        let resumed = self.resumed || std::mem::take(&mut self.started_over);
        let outcome = if resumed { Outcome::Resumed } else { Outcome::Built };
        StepReport { step, outcome, ran: self.job.take() }
    }

    /// Keeps the logs of a failed step, and names their place in the failure, which is what is reported.
    fn keep_logs(&self, failure: BuildError) -> BuildError {
        let (logs, Some(place)) = (self.staging.out().join("logs"), self.failure_logs.as_deref()) else {
            return failure;
        };
        let entries = fs::read_dir(logs).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let kept = entries.and_then(|entries| {
            entries.iter().try_for_each(|entry| fs::copy(entry.path(), place.join(entry.file_name())).map(|_| ()))
        });
        match kept {
            Ok(()) => failure.with_logs(place),
            Err(error) => {
                tracing::warn!(%error, "could not keep the logs of the failed build");
                failure
            }
        }
    }
}

impl std::fmt::Debug for BuildSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let staging: PathBuf = self.staging.dir().into();
        f.debug_struct("BuildSession")
            .field("staging", &staging)
            .field("resumed", &self.resumed)
            .finish_non_exhaustive()
    }
}

fn new_staging(claim: &Claim) -> Result<Staging, BuildError> {
    let staging = claim.stage()?;
    let logs = staging.out().join("logs");
    fs::create_dir_all(&logs).map_err(BuildError::io("create the folder", &logs))?;
    Ok(staging)
}

/// What a killed build of this key left, if it can be resumed; removed otherwise.
fn adopted(request: &BuildRequest, commit: &Commit, claim: &Claim) -> Result<Option<Staging>, BuildError> {
    let Some(staging) = claim.adopt()? else { return Ok(None) };
    if let Some(why) = resume::obstacle(request, commit, &staging)? {
        tracing::info!(key = %claim.key(), why, "an earlier build was killed; starting over");
        return Ok(None);
    }
    tracing::info!(key = %claim.key(), "resuming what an earlier build left");
    Ok(Some(staging))
}
