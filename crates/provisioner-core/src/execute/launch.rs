//! From what the steps made to a prepared engine, and from that to one that runs.

use std::path::PathBuf;
use std::time::Instant;

use model_provisioner::Staged;
use spawner::PoolGuard;

use crate::engine::command_line::{Given, command_line, mask, text, url};
use crate::event::Reporter;
use crate::execute::proof::ProofBundle;
use crate::execute::work::{Recorded, StepError};
use crate::execute::{Executed, Prepared, Run, published};
use crate::lifecycle::Health;
use crate::lifecycle::gpu_proof::{ask, is_given_gpus, look};
use crate::plan::changes::{Difference, differences, fingerprint};
use crate::plan::planner::Planned;
use crate::plan::{Action, ExecutedAction, Launch, PlanStep, SCHEMA, placeholder};
use crate::pool::desired::Desired;
use crate::pool::locks;
use crate::port::claim;
use crate::port::neighbours::check_version;
use crate::runtime::{Instance, Runtime, Start, StartWhat};
use crate::summary::{
    Artifact, Ensured, InstanceKind, PreparedEngine, Process, Proof, ProofStage, ProofVerdict, Started,
};
use crate::supply::Obtained;
use crate::supply::model;
use crate::{Error, Result};

#[cfg(feature = "finished")]
pub(crate) mod remote;

/// Takes the lock that a start needs.
pub(crate) fn lock(run: Run<'_>) -> Result<PoolGuard> {
    locks::lock(run.dir, "start", run.sources.settings, run.reporter)
}

/// The engine as it would be started now. With a guard its port is claimed.
pub(crate) fn prepared(
    run: Run<'_>,
    planned: &Planned,
    proof: &ProofBundle,
    staged: &Staged,
    obtained: &Obtained,
    guard: Option<&PoolGuard>,
) -> Result<Prepared> {
    let (desired, settings, profile) = (run.desired, run.sources.settings, run.sources.profile);
    proof.keep(&obtained.logs);
    // A build may have taken hours: the port is chosen now, and no other pool is given it until this engine has it.
    let (port, claim) = match guard {
        Some(guard) => {
            run.sources.runtime.settle(guard)?;
            let own = claim::Own { port: planned.own_port, runs: planned.running.is_some() };
            claim::claim(wanted(desired), own, settings).map(|(port, claim)| (port, Some(claim)))?
        }
        None => (planned.port.or(desired.ports.first().copied()).unwrap_or_default(), None),
    };
    let documents = planned.supplied.documents();
    let accelerated = planned.supplied.accelerator();
    let devices = accelerated.as_ref();
    let catalogue = run.sources.host.catalogue(profile.flags, &documents);
    let (catalogue, documents, env) = (&*catalogue, &documents, &settings.env);
    let given = Given { profile, devices, model: &staged.path, port, documents, catalogue, env };
    let line = command_line(desired, given)?;
    for note in &line.notes {
        tracing::info!(note, "flags");
        run.reporter.note(Some(&crate::StepKind::Flags.into()), note.clone());
    }
    let (program, image) = match &obtained.artifact {
        Artifact::Program { path, .. } => (Some(PathBuf::from(path)), None),
        Artifact::Image { reference, digest, .. } => (None, Some(format!("{reference}@{digest}"))),
        Artifact::Remote { .. } => (None, None),
    };
    if let Some(program) = &program {
        proof.keep_spawn(program, &line)?;
    }
    let accelerated = accelerated.unwrap_or_default();
    let mut summary = PreparedEngine {
        schema: SCHEMA,
        pool_id: desired.pool_id.clone(),
        engine: profile.engine,
        engine_version: obtained.artifact.version().to_owned(),
        build_ref: obtained.build_ref.clone(),
        build_key: obtained.build_key.clone(),
        engine_digest: obtained.artifact.digest().map(str::to_owned),
        provisioning_mode: desired.mode,
        accelerator: desired.accelerator,
        flags: line.args.clone(),
        binary_path: program,
        image_ref: image,
        artifact: Some(obtained.artifact.clone()),
        model: model::summary(desired, staged),
        host: desired.host.to_string(),
        port,
        url: url(desired.host, port),
        secret_env: line.secret_env.keys().cloned().collect(),
        secret_file: desired.secret_files.iter().map(|(name, file)| (name.clone(), file.path.clone())).collect(),
        env: line.env.iter().map(|(name, value)| (text(name), text(value))).collect(),
        facts: fingerprint(desired, &obtained.facts, staged.size(), &line),
        device_mask: Some(mask(&accelerated.devices)).filter(|mask| !mask.is_empty()),
        devices: accelerated.devices,
        driver: accelerated.driver,
        toolkit: accelerated.toolkit,
        architectures: accelerated.architectures,
        offload: None,
        slots: slots(&line.args),
        proofs: Vec::new(),
        proof_dir: proof.dir().to_owned(),
    };
    if let Some(proof) = host_proof(&summary) {
        summary.set_proof(proof);
    }
    proof.keep_facts(&planned.plan, &summary)?;
    tracing::info!(
        pool = desired.pool_id.as_str(),
        engine_version = summary.engine_version,
        build_ref = summary.build_ref,
        engine_digest = summary.engine_digest,
        flags = exec::shell_line(&summary.flags),
        "prepared"
    );
    Ok(Prepared { summary, line, claim })
}

/// What the solver proved of the host, before anything was built.
fn host_proof(summary: &PreparedEngine) -> Option<Proof> {
    let gpus = summary.devices.iter().map(|gpu| format!("GPU {} is {} ({})", gpu.index, gpu.name, gpu.uuid));
    let driver = summary.driver.iter().map(|driver| format!("the driver is {driver}"));
    let toolkit = summary
        .toolkit
        .iter()
        .map(|toolkit| format!("CUDA {toolkit} compiles for {} with it", summary.architectures.join(", ")));
    let evidence = gpus.chain(driver).chain(toolkit).collect();
    is_given_gpus(summary).then_some(Proof { stage: ProofStage::Host, verdict: ProofVerdict::Proven, evidence })
}

fn wanted(desired: &Desired) -> claim::Wanted<'_> {
    claim::Wanted { pool: desired.pool_id.as_str(), host: desired.host, ports: &desired.ports }
}

/// How many requests the engine serves at once, as far as its own flags say.
fn slots(args: &[String]) -> Option<u32> {
    let at = args.iter().position(|arg| arg == "--parallel" || arg == "--max-num-seqs")?;
    args.get(at + 1)?.parse().ok()
}

/// Starts a prepared engine in the locked pool; stops the one that runs with another configuration first.
pub(crate) fn start(
    run: Run<'_>,
    planned: &Planned,
    step: &PlanStep,
    prepared: Prepared,
    guard: &PoolGuard,
    values: &Recorded,
) -> std::result::Result<(Ensured, Vec<ExecutedAction>), StepError> {
    let Prepared { mut summary, line, claim } = prepared;
    let settings = run.sources.settings;
    let start = Start {
        what: what(&summary)?,
        args: line.args.clone(),
        env: line.env.clone(),
        secret_env: line.secret_env,
        facts: summary.facts.clone(),
        host: summary.host.clone(),
        port: summary.port,
        early_exit: settings.early_exit,
    };
    let profile = run.sources.profile;
    check_version(run.desired, &settings.run_dir, profile.engine, &summary.engine_version)?;
    // The pool was not locked while the engine was prepared.
    let now = run.sources.runtime.observe(&settings.run_dir, run.desired.pool_id.as_str())?.instance;
    let silent = planned.silent && now == planned.running && is_silent(run, now.as_ref())?;
    if let Some(running) = now.as_ref().filter(|running| running.facts == start.facts && !silent) {
        return Ok((publish(adopted(summary, running), run.reporter, guard)?, Vec::new()));
    }
    let approved = settings.approved.as_ref().map(|file| file.approved(&run.desired.pool_id)).transpose()?;
    if let Some(approved) = approved {
        // The engine's own help may have made another command line of it than the plan could know.
        if let Action::Launch(launched) = action(&start, guard) {
            approved.check_start(&launched, &run.desired.env)?;
        }
    }
    let replace = settings.replace || approved.is_some_and(|approved| approved.replace);
    let foreseen = now == planned.running || replace;
    if let Some(running) = now.as_ref().filter(|_| !foreseen) {
        let differences: Vec<Difference> = differences(&running.facts, &start.facts);
        return Err(Error::Differs { pool: run.desired.pool_id.clone(), differences }.into());
    }
    // Before anything is stopped: an engine that would find no GPU now is not started.
    ask::devices(settings, &mut summary, &line.env, ProofStage::Start)?;
    let mut actions = Vec::new();
    let replaces = now.is_some();
    let launched = action(&start, guard);
    if matches!(launched, Action::Launch(_)) {
        values.put(placeholder::PORT, &start.port.to_string());
    }
    run.tried.set(start.facts.clone()).ok();
    published::withdraw(guard.dir());
    if replaces || step.actions.contains(&Action::Stop) {
        let began = Instant::now();
        let how = run.sources.runtime.stop(guard, run.desired.limits.stop_grace())?;
        actions.push(ExecutedAction::of(Action::Stop, began.elapsed().as_secs_f64()));
        tracing::info!(pool = run.desired.pool_id.as_str(), ?how, silent, "stopped the engine that is replaced");
    }
    look::before_start(settings, &summary, guard.dir());
    let began = Instant::now();
    let instance =
        run.sources.runtime.start(guard, &start).map_err(|error| StepError { error, actions: actions.clone() })?;
    drop(claim);
    actions.push(ExecutedAction::of(launched, began.elapsed().as_secs_f64()));
    let started = if replaces { Started::Replaced } else { Started::Now };
    Ok((publish(ensured(summary, &instance, started), run.reporter, guard)?, actions))
}

/// Asks an engine that stayed silent once more, right before it is stopped for that.
fn is_silent(run: Run<'_>, running: Option<&Instance>) -> Result<bool> {
    let engine = running.and_then(|running| published::published(running, run.dir));
    let answer = engine.map(|engine| run.sources.runtime.answers(run.dir, &engine)).transpose()?;
    Ok(answer.is_none_or(|answer| answer.health == Health::Silent))
}

/// What a summary says is to be started.
pub(crate) fn what(summary: &PreparedEngine) -> Result<StartWhat> {
    if let Some(Artifact::Remote { url, .. }) = &summary.artifact {
        return Ok(StartWhat::Remote(url.clone()));
    }
    match (&summary.binary_path, &summary.image_ref) {
        (Some(program), _) => Ok(StartWhat::Program(program.clone())),
        (None, Some(image)) => Ok(StartWhat::Image(image.clone())),
        (None, None) => Err(Error::NoProgram { pool: summary.pool_id.to_string() }),
    }
}

/// A start as the record has it: what the runtime was given, and no secret.
fn action(start: &Start, guard: &PoolGuard) -> Action {
    let redactor = exec::Redactor::new();
    let shown = |value: &str| redactor.text(value).into_owned();
    let (program, image) = match &start.what {
        StartWhat::Program(path) => (Some(path.display().to_string()), None),
        StartWhat::Image(image) => (None, Some(image.clone())),
        StartWhat::Remote(url) => return Action::Look { url: url.clone() },
    };
    Action::Launch(Launch {
        program,
        image,
        args: start.args.iter().map(|arg| shown(arg)).collect(),
        cwd: guard.dir().path().display().to_string(),
        env: start.env.iter().map(|(name, value)| (text(name), shown(&text(value)))).collect(),
        secret_env: start.secret_env.keys().cloned().collect(),
        host: start.host.clone(),
        port: start.port.to_string(),
    })
}

/// Completes what a start left undone that was killed before its summary was written: the engine gets its PID file, the
/// keeper of its log, and the summary.
pub(crate) fn take_over(run: Run<'_>, summary: PreparedEngine, running: &Instance) -> Result<Executed> {
    let guard = lock(run)?;
    let runtime = run.sources.runtime;
    let now = runtime.observe(&run.sources.settings.run_dir, run.desired.pool_id.as_str())?.instance;
    if now.as_ref() != Some(running) {
        return Ok(Executed::Again("the engine that ran was stopped or replaced meanwhile".to_owned()));
    }
    keep_log(runtime, &guard, running);
    Ok(Executed::Running(Box::new(publish(adopted(summary, running), run.reporter, &guard)?)))
}

/// Gives an engine that this call did not start its PID file and the keeper of its log. It runs without them, too.
pub(crate) fn keep_log(runtime: &dyn Runtime, guard: &PoolGuard, running: &Instance) {
    if let Err(error) = runtime.adopt(guard, running) {
        tracing::warn!(pool = guard.dir().pool(), %error, "the engine's log is cut to its limit only when its pool is asked about");
    }
}

/// The summary of an engine that this call did not start.
pub(crate) fn adopted(summary: PreparedEngine, running: &Instance) -> Ensured {
    ensured(summary, running, Started::Already)
}

/// The summary of an engine that runs.
pub(crate) fn ensured(prepared: PreparedEngine, instance: &Instance, started: Started) -> Ensured {
    let started_unix_s = instance.started_unix_s;
    let process = match &instance.kind {
        InstanceKind::Process { pid } => {
            Some(Process { started, pid: *pid, started_unix_s, log: instance.log.clone() })
        }
        InstanceKind::Container { .. } | InstanceKind::Remote { .. } => None,
    };
    Ensured { prepared, process, instance: Some(instance.kind.clone()), started, started_unix_s }
}

/// The summary is published last: its reader finds the engine it describes.
pub(crate) fn publish(ensured: Ensured, reporter: &Reporter, guard: &PoolGuard) -> Result<Ensured> {
    published::write(&ensured, guard.dir())?;
    tracing::info!(
        pool = ensured.prepared.pool_id.as_str(),
        run = reporter.run_id(),
        pid = ensured.pid(),
        url = ensured.prepared.url,
        engine_version = ensured.prepared.engine_version,
        "runs"
    );
    Ok(ensured)
}
