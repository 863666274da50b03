//! One example of every document for each mode, with every field and every word somewhere.

use std::collections::BTreeMap;

use provisioner_core::cfg::{Accelerator, Engine, ProvisioningMode};
use provisioner_core::{
    Action, Artifact, Cache, Closest, Command, Device, Ensured, Event, Executed, ExecutedAction, ExecutedStep, Failure,
    Happening, InputDifference, InstanceKind, Launch, Model, ModelFile, ModelKind, Offload, Outcome, Placeholder, Plan,
    PlanStep, PreparedEngine, Process, Proof, ProofStage, ProofVerdict, Started, Status, StepId, StepKind, Unit,
    Values,
};
use serde_json::json;
use spawner::{PoolRecord, RecordedEngine, State};

use Outcome::{Cancelled, Done, Failed, Hit, NotReached, Resumed, Satisfied, Waited};

mod modes;

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) plan: Plan,
    pub(super) executed: Executed,
    pub(super) summary: Ensured,
    pub(super) record: PoolRecord,
    pub(super) events: Vec<Event>,
}

pub(super) fn cases() -> [Case; 5] {
    [modes::source(), modes::container(), modes::binary(), modes::package(), modes::external()]
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().copied().map(text).collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| (text(name), text(value))).collect()
}

fn run(argv: &[&str]) -> Action {
    let env = map(&[("LC_ALL", "C")]);
    Action::Run(Command { argv: strings(argv), cwd: text("/"), env, skippable: false })
}

fn step(kind: StepKind, status: Status, after: &[StepKind], actions: Vec<Action>) -> PlanStep {
    let commands = actions.iter().filter_map(|action| match action {
        Action::Run(command) => Some(command.argv.clone()),
        _ => None,
    });
    PlanStep {
        id: kind.into(),
        kind,
        after: after.iter().map(|kind| StepId::from(*kind)).collect(),
        detail: format!("about {kind}"),
        cache: match (&status, kind) {
            (Status::Blocked { .. }, _)
            | (_, StepKind::Preflight | StepKind::Accelerator | StepKind::Check | StepKind::Flags | StepKind::Start) => {
                None
            }
            (Status::Satisfied, _) => Some(Cache::Hit),
            (Status::ToRun, _) => Some(Cache::Miss),
        },
        status,
        key: None,
        inputs: None,
        nearest: None,
        commands: commands.collect(),
        actions,
    }
}

fn satisfied(kind: StepKind, after: &[StepKind]) -> PlanStep {
    step(kind, Status::Satisfied, after, Vec::new())
}

fn to_run(kind: StepKind, after: &[StepKind], actions: Vec<Action>) -> PlanStep {
    step(kind, Status::ToRun, after, actions)
}

fn launch(program: Option<&str>, image: Option<&str>) -> Action {
    Action::Launch(Launch {
        program: program.map(text),
        image: image.map(text),
        args: strings(&["--port", "<port>", "--alias", "<<port>"]),
        cwd: text("/run/engine-provisioner/demo"),
        env: map(&[("LANG", "C.UTF-8")]),
        secret_env: strings(&["API_KEY"]),
        host: text("127.0.0.1"),
        port: text("<port>"),
    })
}

/// The steps behind those of the supply.
fn rest(last: StepKind, model: PlanStep, start: Vec<Action>) -> [PlanStep; 3] {
    [model, satisfied(StepKind::Flags, &[last, StepKind::Model]), to_run(StepKind::Start, &[StepKind::Flags], start)]
}

fn plan(steps: Vec<PlanStep>, placeholders: &[(&str, &[&str])]) -> Plan {
    let placeholder = |(name, allowed): &(&str, &[&str])| Placeholder::one_of(name, strings(allowed)).unwrap();
    Plan {
        schema: 2,
        version: text("0.0.0"),
        pool_id: "demo".parse().unwrap(),
        steps,
        placeholders: placeholders.iter().map(placeholder).collect(),
        notes: strings(&["`-ngl` became `--n-gpu-layers`"]),
        warnings: strings(&["this pool runs on the CPU because it says accelerator = \"cpu\"; no GPU is used"]),
    }
}

/// What ran of a plan: each step as `outcomes` says, with all its actions where that is `Done`.
fn executed(plan: &Plan, outcomes: &[Outcome], values: &[(&str, &str)]) -> Executed {
    let values: Values = map(values);
    let ran = |(step, outcome): (&PlanStep, &Outcome)| ExecutedStep {
        id: step.id.clone(),
        outcome: *outcome,
        seconds: 1.5,
        actions: match outcome {
            Done | Failed => step.actions.iter().map(|action| done(action.substituted(&values))).collect(),
            _ => Vec::new(),
        },
        failure: matches!(outcome, Failed | Cancelled).then(|| Failure {
            code: text(if *outcome == Failed { "spawn::early_exit" } else { "core::cancelled" }),
            message: text("the engine exited right after its start"),
        }),
    };
    assert_eq!(plan.steps.len(), outcomes.len());
    Executed {
        schema: 2,
        version: text("0.0.0"),
        pool_id: plan.pool_id.clone(),
        run_id: text("18f0-00000001"),
        started_unix_s: 1_700_000_000,
        steps: plan.steps.iter().zip(outcomes).map(ran).collect(),
        values,
        replanned: Vec::new(),
        plan: plan.clone(),
        differences: Vec::new(),
    }
}

fn done(action: Action) -> ExecutedAction {
    let exit = matches!(action, Action::Run(_)).then(|| text("exit status: 0"));
    ExecutedAction { action, exit, seconds: 0.25, because: None }
}

/// A summary of a CPU engine that runs as a program and serves one file.
fn summary(mode: ProvisioningMode, artifact: Artifact, instance: InstanceKind) -> Ensured {
    let (program, image) = match &artifact {
        Artifact::Program { path, .. } => (Some(path.into()), None),
        Artifact::Image { reference, digest, .. } => (None, Some(format!("{reference}@{digest}"))),
        Artifact::Remote { .. } => (None, None),
    };
    let process = match &instance {
        InstanceKind::Process { pid } => Some(*pid),
        _ => None,
    };
    let file = ModelFile { path: "/models/m.gguf".into(), size: 64, digest: Some(text("sha256:0f")) };
    Ensured {
        prepared: PreparedEngine {
            schema: 2,
            pool_id: "demo".parse().unwrap(),
            engine: Engine::Llamacpp,
            engine_version: artifact.version().to_owned(),
            build_ref: None,
            build_key: None,
            engine_digest: artifact.digest().map(text),
            provisioning_mode: mode,
            accelerator: Accelerator::Cpu,
            flags: strings(&["--port", "8080"]),
            binary_path: program,
            image_ref: image,
            artifact: Some(artifact),
            model: Model {
                reference: text("file:///models/m.gguf"),
                path: file.path.clone(),
                size: file.size,
                checksum: file.digest.clone(),
                kind: ModelKind::File,
                files: vec![file],
                revision: None,
            },
            host: text("127.0.0.1"),
            port: 8080,
            url: text("http://127.0.0.1:8080"),
            secret_env: strings(&["API_KEY"]),
            secret_file: [("API_KEY".to_owned(), "/run/secrets/api-key".into())].into(),
            env: map(&[("LANG", "C.UTF-8")]),
            facts: map(&[("build", "c0de"), ("flags", "--port 8080")]),
            devices: Vec::new(),
            device_mask: None,
            driver: None,
            toolkit: None,
            architectures: Vec::new(),
            offload: None,
            slots: Some(1),
            proofs: Vec::new(),
            proof_dir: "/run/engine-provisioner/demo/proof/1".into(),
        },
        process: process.map(|pid| Process {
            started: Started::Now,
            pid,
            started_unix_s: 1_700_000_000,
            log: "/run/engine-provisioner/demo/engine.log".into(),
        }),
        instance: Some(instance),
        started: Started::Now,
        started_unix_s: 1_700_000_000,
    }
}

/// Says how the engine came to run, in both places that say so.
fn started(summary: &mut Ensured, started: Started) {
    summary.started = started;
    if let Some(process) = &mut summary.process {
        process.started = started;
    }
}

fn event(step: Option<StepKind>, what: Happening) -> Event {
    Event {
        schema: 2,
        pool_id: "demo".parse().unwrap(),
        run_id: text("18f0-00000001"),
        unix_ms: 1_700_000_000_123,
        step: step.map(Into::into),
        what,
    }
}

/// The events of a run in which each step that has something to do ends as `executed` says.
fn events(executed: &Executed, between: Vec<Event>, outcome: &str) -> Vec<Event> {
    let failed = executed.steps.iter().find_map(|step| step.failure.as_ref());
    let code = failed.map(|failure| failure.code.clone());
    let mut all = Vec::new();
    for (planned, step) in executed.plan.steps.iter().zip(&executed.steps) {
        let begins = planned.status == Status::ToRun && step.outcome != NotReached;
        if !begins {
            continue;
        }
        let cache = if matches!(step.outcome, Hit | Waited) { Some(Cache::Hit) } else { planned.cache };
        let code = step.failure.as_ref().map(|failure| failure.code.clone());
        let end = Happening::End { outcome: step.outcome, seconds: step.seconds, cache, code };
        all.extend([
            event(Some(planned.kind), Happening::Begin { kind: planned.kind }),
            event(Some(planned.kind), end),
        ]);
    }
    all.extend(between);
    all.push(event(None, Happening::Finished { outcome: text(outcome), seconds: 12.5, code }));
    all
}

fn progress(step: StepKind, unit: Unit, total: Option<u64>) -> Event {
    let what = if total.is_some() { text("server.cpp.o") } else { String::new() };
    event(Some(step), Happening::Progress { done: 7, total, unit, what, left_s: total.map(|_| 40) })
}

/// The record of the engine that a summary describes.
fn record(summary: &Ensured) -> PoolRecord {
    let prepared = &summary.prepared;
    let engine = match summary.instance.clone().unwrap() {
        InstanceKind::Process { pid } => RecordedEngine::Process {
            pid,
            start_ticks: 466_788,
            pidfd_inode: 406_120,
            pid_ns: 4_026_531_836,
            exe: prepared.binary_path.as_ref().unwrap().display().to_string(),
        },
        InstanceKind::Container { runtime, id, name } => {
            RecordedEngine::Container { runtime, id, name, image: prepared.image_ref.clone().unwrap() }
        }
        InstanceKind::Remote { url } => RecordedEngine::Remote { url },
    };
    PoolRecord {
        pool: prepared.pool_id.to_string(),
        instance: text("1d23227f0397b7a978ccda369ac6a8a3"),
        state: if prepared.provisioning_mode == ProvisioningMode::Package { State::Stopping } else { State::Running },
        engine,
        boot_id: text("88356099-9ef5-4f3d-886a-644b3817bd55"),
        uid: 1000,
        argv: prepared.flags.clone(),
        host: prepared.host.clone(),
        port: prepared.port,
        fingerprint: prepared.facts.clone(),
        started_unix_s: summary.started_unix_s,
    }
}
