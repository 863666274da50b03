//! From what is wanted and what is there to a plan: a pure function.

use exec::{CommandSpec, Redactor, shell_line};
use llamacpp_build::planned_commands;
use miette::Diagnostic;
use model_provisioner::Presence;

use crate::changes::{Comparison, compare};
use crate::desired::Desired;
use crate::observed::Observed;
use crate::{Cache, Plan, PlanStep, Status, StepKind, engine_config};

/// Said at every plan and every ensure of such a pool.
pub(crate) const CPU_WARNING: &str =
    "this pool runs on the processor because it says accelerator = \"cpu\"; no GPU is used";

/// The plan. With `replace`, an engine of another configuration is stopped and is no obstacle.
pub(crate) fn plan(desired: &Desired, observed: &Observed, replace: bool) -> Plan {
    let running = compare(desired, observed);
    let mut steps = vec![preflight(observed), accelerator(desired, observed)];
    steps.extend(build(desired, observed, running == Comparison::Same));
    steps.extend([model(desired, observed), flags(observed), start(desired, observed, running, replace)]);
    hold_back(&mut steps);
    let builds = steps.iter().any(|step| step.kind == StepKind::Build && step.status == Status::ToRun);
    for step in &mut steps {
        step.cache = cache(step, builds);
    }
    let mut warnings = Vec::new();
    if observed.cuda.is_none() {
        warnings.push(CPU_WARNING.to_owned());
    }
    warnings.extend(found_warnings(observed));
    let notes = match &observed.line {
        Some(Ok(line)) => line.notes.clone(),
        _ => Vec::new(),
    };
    Plan { pool_id: desired.pool_id.clone(), steps, notes, warnings }
}

/// What was found on the host that the operator should not overlook.
pub(crate) fn found_warnings(observed: &Observed) -> Vec<String> {
    let file = observed.system_config.as_deref().map(engine_config::warning);
    observed.notes.iter().cloned().chain(file).collect()
}

/// Nothing runs behind a step that is blocked.
fn hold_back(steps: &mut [PlanStep]) {
    let is_blocked = |step: &PlanStep| matches!(step.status, Status::Blocked { .. });
    let Some(first) = steps.iter().position(is_blocked) else { return };
    let Some((Some(by), behind)) = steps.split_at_mut_checked(first + 1).map(|(a, b)| (a.last().map(|s| s.kind), b))
    else {
        return;
    };
    for step in behind.iter_mut().filter(|step| step.status == Status::ToRun) {
        step.status = blocked_by(by);
        step.commands.clear();
    }
}

fn step(kind: StepKind, detail: impl Into<String>, status: Status) -> PlanStep {
    let detail = Redactor::new().text(&detail.into()).into_owned();
    PlanStep { kind, detail, status, cache: None, inputs: None, nearest: None, commands: Vec::new() }
}

/// Whether what a step makes is there already. Where nothing is built, the repository is only asked.
fn cache(step: &PlanStep, builds: bool) -> Option<Cache> {
    match (step.kind, &step.status) {
        (StepKind::Preflight | StepKind::Accelerator | StepKind::Flags | StepKind::Start, _)
        | (_, Status::Blocked { .. }) => None,
        (StepKind::Fetch, Status::ToRun) if !builds => None,
        (_, Status::Satisfied) => Some(Cache::Hit),
        (_, Status::ToRun) => Some(Cache::Miss),
    }
}

fn blocked(error: &dyn Diagnostic) -> Status {
    let text = |part: Option<Box<dyn std::fmt::Display + '_>>| part.map(|part| part.to_string());
    Status::Blocked { reason: error.to_string(), code: text(error.code()), help: text(error.help()) }
}

fn blocked_by(step: StepKind) -> Status {
    Status::Blocked { reason: format!("the step `{step}` is blocked"), code: None, help: None }
}

fn preflight(observed: &Observed) -> PlanStep {
    match (&observed.tools, &observed.install) {
        (Ok(tools), _) => step(StepKind::Preflight, tools, Status::Satisfied),
        (Err(_), Some(install)) => {
            let mut step = step(StepKind::Preflight, "install the tools that are missing", Status::ToRun);
            step.commands.push(install.argv(&Redactor::new()));
            step
        }
        (Err(error), None) => step(StepKind::Preflight, "tools of the build", blocked(error)),
    }
}

fn accelerator(desired: &Desired, observed: &Observed) -> PlanStep {
    match &observed.cuda {
        None => step(StepKind::Accelerator, "cpu, because the pool says so", Status::Satisfied),
        Some(Ok(choice)) => {
            let cards: Vec<String> =
                choice.devices.iter().map(|gpu| format!("{} ({})", gpu.name, gpu.architecture())).collect();
            let (major, minor) = choice.version;
            let (root, compiler) = (choice.root.display(), choice.host_compiler.path.display());
            let detail = format!("{} with CUDA {major}.{minor} in {root} and {compiler}", cards.join(", "));
            step(StepKind::Accelerator, detail, Status::Satisfied)
        }
        Some(Err(_)) if observed.install.is_some() => {
            step(StepKind::Accelerator, "cuda, once the toolkit is installed", Status::ToRun)
        }
        Some(Err(error)) => step(StepKind::Accelerator, desired.accelerator.to_string(), blocked(error)),
    }
}

/// `runs`: the wanted engine runs, so that nobody is asked anything.
fn build(desired: &Desired, observed: &Observed, runs: bool) -> [PlanStep; 4] {
    let source = &desired.source;
    let commit = observed.commit.as_ref().map(|(commit, _)| commit);
    let asks = !runs && !matches!(observed.commit, Some((_, 0)));
    let what = match &observed.commit {
        Some((commit, _)) if !asks => format!("{} at {}", source.repo, commit.as_str()),
        Some((commit, _)) => format!(
            "{} at {} (last seen at {}; the repository is asked again)",
            source.repo,
            source.reference,
            commit.as_str()
        ),
        None => format!("{} at {} (the repository will be asked which commit)", source.repo, source.reference),
    };
    let key = match &observed.inputs {
        Some(Ok(Some(inputs))) => format!("build {}", inputs.key()),
        _ => "build of a commit not known yet".into(),
    };
    let proven = observed.entry.as_ref().map_or_else(
        || "the server answers --version".into(),
        |entry| format!("llama-server {}", entry.manifest.engine_version),
    );
    let status = match (&observed.tools, &observed.cuda, &observed.inputs, &observed.entry) {
        (Err(_), ..) if observed.install.is_some() => Status::ToRun,
        (Err(_), ..) => blocked_by(StepKind::Preflight),
        (_, Some(Err(_)), ..) => blocked_by(StepKind::Accelerator),
        (_, _, Some(Err(error)), _) => blocked(error),
        (.., Some(_)) => Status::Satisfied,
        _ if runs => Status::Satisfied,
        (.., None) => Status::ToRun,
    };
    let fetch = if asks && status == Status::Satisfied { Status::ToRun } else { status.clone() };
    let mut steps = [
        step(StepKind::Fetch, what, fetch),
        step(StepKind::Configure, format!("{key} for {}", desired.accelerator), status.clone()),
        step(StepKind::Build, format!("{key}: llama-server and nothing else"), status.clone()),
        step(StepKind::Prove, proven, status.clone()),
    ];
    if let (Some(Ok(Some(inputs))), [_, _, build, _]) = (&observed.inputs, &mut steps) {
        build.inputs = Some(Box::new(inputs.clone()));
        build.nearest = observed.near.clone().filter(|_| build.status == Status::ToRun);
    }
    let Some(request) = &observed.request else { return steps };
    let planned = |commit| planned_commands(&desired.layout, request, commit).unwrap_or_default();
    let redactor = Redactor::new();
    let argv = |(_, command): &(&str, CommandSpec)| command.argv(&redactor);
    // Without a commit, the first command is the one that asks for it.
    if asks
        && let [fetch, ..] = &mut steps
        && fetch.status == Status::ToRun
    {
        fetch.commands.extend(planned(None).first().map(argv));
    }
    if status == Status::ToRun {
        let known = usize::from(commit.is_none());
        for (step, command) in steps.iter_mut().zip(&planned(commit)).skip(known) {
            step.commands.push(argv(command));
        }
    }
    steps
}

fn model(desired: &Desired, observed: &Observed) -> PlanStep {
    let reference = &desired.model.reference;
    match &observed.model {
        Presence::Present(found) => step(
            StepKind::Model,
            format!("{} ({} MB)", found.staged.path.display(), found.staged.size() / 1_000_000),
            Status::Satisfied,
        ),
        Presence::Unusable(error) => step(StepKind::Model, reference, blocked(error)),
        Presence::Fetchable(fetch) => {
            let mut step = step(StepKind::Model, format!("fetch {reference}"), Status::ToRun);
            step.commands.extend(fetch.commands.iter().map(|command| command.argv(&Redactor::new())));
            step
        }
    }
}

fn flags(observed: &Observed) -> PlanStep {
    match (&observed.line, &observed.port, &observed.model) {
        (Some(Ok(line)), ..) => step(StepKind::Flags, shell_line(&line.args), Status::Satisfied),
        (Some(Err(error)), ..) => step(StepKind::Flags, "the engine's flags", blocked(error)),
        (None, _, Presence::Unusable(_)) => step(StepKind::Flags, "the engine's flags", blocked_by(StepKind::Model)),
        (None, Err(error), _) => step(StepKind::Flags, "the engine's flags", blocked(error)),
        (None, Ok(_), _) => step(StepKind::Flags, "once the model is there", Status::ToRun),
    }
}

fn start(desired: &Desired, observed: &Observed, running: Comparison, replace: bool) -> PlanStep {
    let runs = observed.running.as_ref().map(|record| format!("pid {} on {}:{}", record.pid, record.host, record.port));
    let runs = runs.unwrap_or_default();
    match (running, &observed.port) {
        (Comparison::Same, _) => step(StepKind::Start, format!("runs as {runs}"), Status::Satisfied),
        (Comparison::Differs(differences), _) if !replace => {
            let error = crate::Error::Differs { pool: desired.pool_id.clone(), differences };
            step(StepKind::Start, format!("another configuration runs as {runs}"), blocked(&error))
        }
        (_, Err(error)) => step(StepKind::Start, format!("listen on {}", desired.host), blocked(error)),
        (Comparison::Differs(_), Ok(port)) => {
            step(StepKind::Start, format!("stop {runs}, then listen on {}:{port}", desired.host), Status::ToRun)
        }
        (Comparison::Nothing, Ok(port)) => {
            step(StepKind::Start, format!("listen on {}:{port}", desired.host), Status::ToRun)
        }
    }
}
