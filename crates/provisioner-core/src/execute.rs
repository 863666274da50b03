//! Executes a plan: the very list of steps that `plan` shows, and records what was done.
//!
//! The rules: what blocks is reported before the first step runs; the first failure ends the run; the summary is
//! published last; whatever happened is recorded in `executed.json` and compared with the plan.

use std::sync::OnceLock;

use model_provisioner::{Announced, Found};
use spawner::{PoolDir, PoolGuard, PortLock};

use crate::Result;
use crate::engine::command_line::CommandLine;
use crate::engine::config_files;
use crate::event::Reporter;
use crate::execute::proof::ProofBundle;
use crate::execute::record::Record;
use crate::execute::work::{Done, Recorded, StepError, Work};
use crate::lifecycle::gpu_proof::ask;
use crate::observe::Sources;
use crate::plan::changes::Comparison;
use crate::plan::planner::Planned;
use crate::plan::{PlanStep, StepKind};
use crate::pool::desired::Desired;
use crate::summary::{Ensured, PreparedEngine, ProofStage};
use crate::supply::Facts;
use crate::supply::model::{self, formats};

pub(crate) mod graph;
pub(crate) mod launch;
pub(crate) mod proof;
pub(crate) mod published;
pub(crate) mod record;
pub(crate) mod work;

/// How far a plan is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Everything but the start.
    Prepared,
    /// Everything.
    Running,
}

impl Until {
    /// Whether a step of this kind is part of it.
    pub(crate) fn includes(self, kind: StepKind) -> bool {
        self == Self::Running || kind != StepKind::Start
    }
}

/// What an execution is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    pub(crate) desired: &'a Desired,
    pub(crate) sources: Sources<'a>,
    pub(crate) dir: &'a PoolDir,
    pub(crate) reporter: &'a Reporter,
    pub(crate) until: Until,
    /// The proof bundle of the whole call, however often it plans; made once there is something to prove.
    pub(crate) proof: &'a OnceLock<ProofBundle>,
    /// The facts of the wanted engine, once this call has begun to start it.
    pub(crate) tried: &'a OnceLock<Facts>,
}

/// An engine that is ready to start.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) summary: PreparedEngine,
    pub(crate) line: CommandLine,
    /// While it is held, no other pool is given the port.
    pub(crate) claim: Option<PortLock>,
}

/// What an execution ends with.
#[derive(Debug)]
pub(crate) enum Executed {
    /// Everything up to the start is done.
    Prepared(Box<PreparedEngine>),
    /// The engine runs.
    Running(Box<Ensured>),
    /// Something turned out that makes another plan of it; why.
    Again(String),
}

/// What the steps of one execution share.
struct Shared<'a> {
    run: Run<'a>,
    planned: &'a Planned,
    proof: &'a ProofBundle,
    values: &'a Recorded,
    announced: OnceLock<Announced>,
    staged: OnceLock<Found>,
    ensured: OnceLock<Ensured>,
}

/// Executes a plan. `replanned` are the reasons for which it was made again so far.
pub(crate) fn execute(run: Run<'_>, mut planned: Planned, replanned: &[String]) -> Result<Executed> {
    if let Some(error) = planned.error(|kind| run.until.includes(kind)) {
        return Err(error);
    }
    config_files::make(&run.desired.config_home)?;
    let running = planned.running.as_ref();
    let proof = if let Some(proof) = run.proof.get() {
        proof
    } else {
        let proof = ProofBundle::create(run.dir, published::proof_of(running, run.dir).as_deref())?;
        run.proof.get_or_init(|| proof)
    };
    let mut record = Record::begin(&planned.plan, run.reporter, replanned);
    let values = Recorded::default();
    let shared = Shared {
        run,
        planned: &planned,
        proof,
        values: &values,
        announced: OnceLock::new(),
        staged: OnceLock::new(),
        ensured: OnceLock::new(),
    };
    let wanted = |step: &PlanStep| run.until.includes(step.kind);
    let cancel = &run.sources.settings.cancel;
    let work = |step: &PlanStep, cancel: &cancel::Cancel| shared.step(step, cancel);
    let driven = graph::drive(&planned.plan.steps, &wanted, cancel, run.reporter, &work);
    let result = match driven.result {
        Ok(Some(why)) => Ok(Executed::Again(why)),
        Ok(None) => shared.outcome(),
        Err(error) => Err(error),
    };
    record.finish(driven.steps, values.all());
    record.keep(run.dir, proof);
    proof.seal(&run.desired.pool_id, run.reporter.run_id());
    result
}

impl Shared<'_> {
    fn step(&self, step: &PlanStep, cancel: &cancel::Cancel) -> std::result::Result<Done, StepError> {
        let work = Work {
            desired: self.run.desired,
            settings: self.run.sources.settings,
            cancel,
            proof_dir: self.proof.dir(),
            step: &step.id,
            planned: &step.actions,
            reporter: self.run.reporter,
            values: self.values,
        };
        // An engine that others run is asked each time: nothing else says what it is.
        let remote = self.run.desired.model.request.is_none();
        let looks_again = if remote { step.kind == StepKind::Check } else { step.kind == StepKind::Model };
        if step.status == crate::Status::Satisfied && !looks_again {
            return Ok(Done::with(Vec::new()));
        }
        match step.kind {
            StepKind::Model => {
                let (staged, done) = model::stage(step, &self.announced, &work)?;
                self.staged.set(staged).ok();
                self.known(done)
            }
            StepKind::Check if step.id.as_str() == model::CHECK => model::ask(step, &self.announced, &work),
            // The line is made for good once the engine is there and its port is claimed.
            StepKind::Flags => Ok(Done::with(Vec::new())),
            StepKind::Start => self.start(step),
            StepKind::Fetch => self.known(self.planned.supplied.run(&step.id, &work)?),
            _ => self.planned.supplied.run(&step.id, &work),
        }
    }

    /// Ends the run as soon as both the engine's source and the model are here and the one does not know the other. The
    /// model is fetched beside the build: whichever comes last is asked.
    fn known(&self, done: Done) -> std::result::Result<Done, StepError> {
        let staged = self.staged.get().filter(|staged| formats::names_formats(staged));
        let Some(staged) = staged.filter(|_| self.planned.comparison != Comparison::Same) else { return Ok(done) };
        let supplied = &self.planned.supplied;
        let formats = supplied.model_formats(true).filter(|formats| !formats.may_change);
        match formats.and_then(|formats| formats::too_new(staged, &formats.known, &supplied.wish())) {
            Some(error) => Err(StepError { error, actions: done.actions }),
            None => Ok(done),
        }
    }

    /// What the execution comes to, after its last step.
    fn outcome(&self) -> Result<Executed> {
        if let Some(ensured) = self.ensured.get() {
            return Ok(Executed::Running(Box::new(ensured.clone())));
        }
        let mut prepared = self.prepared(None)?;
        if let (Some(running), Until::Running) = (&self.planned.running, self.run.until) {
            return launch::take_over(self.run, prepared.summary, running);
        }
        let Prepared { summary, line, .. } = &mut prepared;
        ask::devices(self.run.sources.settings, summary, &line.env, ProofStage::Artifact)?;
        Ok(Executed::Prepared(Box::new(prepared.summary)))
    }

    fn prepared(&self, guard: Option<&PoolGuard>) -> Result<Prepared> {
        let obtained = self.planned.supplied.obtained().ok_or(crate::Error::Unfinished { what: "engine" })?;
        #[cfg(feature = "finished")]
        if let crate::Artifact::Remote { .. } = &obtained.artifact {
            return launch::remote::prepared(self.run, self.planned, self.proof, &obtained);
        }
        let staged = self.staged.get().ok_or(crate::Error::Unfinished { what: "model" })?;
        launch::prepared(self.run, self.planned, self.proof, &staged.staged, &obtained, guard)
    }

    fn start(&self, step: &PlanStep) -> std::result::Result<Done, StepError> {
        let guard = launch::lock(self.run)?;
        let prepared = self.prepared(Some(&guard))?;
        let (ensured, actions) = launch::start(self.run, self.planned, step, prepared, &guard, self.values)?;
        self.ensured.set(ensured).ok();
        Ok(Done::with(actions))
    }
}
