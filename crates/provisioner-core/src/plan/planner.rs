//! From what is wanted and what is there to a plan: the only place with an order.
//!
//! The order is that of the list: the supply's steps (tools first), the model, the flags, the start. What blocks a step
//! is reported by the first one that is blocked.

use config_schema::Accelerator;
use exec::{Redactor, shell_line};
use model_provisioner::Presence;

use crate::engine::command_line::{CommandLine, text};
use crate::engine::config_files;
use crate::observe::observed::Observed;
use crate::plan::action::{Action, Launch};
use crate::plan::changes::{Comparison, compare};
use crate::plan::draft::{Draft, held_by};
use crate::plan::placeholder::{PORT, Placeholder, literal, marker};
use crate::plan::{Cache, Plan, SCHEMA, Status, StepId, StepKind};
use crate::pool::desired::Desired;
use crate::pool::pins;
use crate::runtime::Instance;
use crate::summary::{Artifact, InstanceKind, Model};
use crate::supply::Supplied;
use crate::supply::model;
use crate::{Error, Result};

/// Reported at every plan and every ensure of such a pool.
pub(crate) const CPU_WARNING: &str = "this pool runs on the CPU because it says accelerator = \"cpu\"; no GPU is used";

/// A plan, and what is needed to execute it.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// The errors of the steps that are blocked by one, in the order of the steps.
    pub(crate) errors: Vec<(StepId, Error)>,
    pub(crate) comparison: Comparison,
    pub(crate) supplied: Box<dyn Supplied>,
    pub(crate) running: Option<Instance>,
    /// Whether what runs was watched and stayed silent.
    pub(crate) silent: bool,
    pub(crate) own_port: Option<u16>,
    /// The port that a new engine would listen on now.
    pub(crate) port: Option<u16>,
    /// The engine's start, also where it runs already; absent while it is not known.
    pub(crate) launch: Option<Launch>,
    /// The model, where it is there.
    pub(crate) model: Option<Model>,
}

impl Planned {
    /// The error of the first blocked step among those that `wanted` names.
    pub(crate) fn error(&mut self, wanted: impl Fn(StepKind) -> bool) -> Option<Error> {
        let of_wanted = |id: &StepId| self.plan.step(id).is_some_and(|step| wanted(step.kind));
        let at = self.errors.iter().position(|(id, _)| of_wanted(id))?;
        Some(self.errors.remove(at).1)
    }
}

/// The plan. With `replace`, an engine of another configuration is stopped and is no obstacle.
pub(crate) fn plan(desired: &Desired, mut observed: Observed, replace: bool) -> Planned {
    if let Some(Artifact::Remote { url, .. }) = observed.supplied.artifact() {
        return remote::plan(desired, observed, &url, replace);
    }
    let comparison = compare(desired, &observed);
    let mut drafts = observed.supplied.steps(comparison == Comparison::Same);
    let mut warnings = warnings(desired, &observed);
    if let Some(Presence::Present(found)) = &observed.model {
        warnings.extend(pins::model_drift(desired, &found.staged));
    }
    let last = drafts.last().map(|draft| draft.step.id.clone());
    let first = drafts.first().map(|draft| draft.step.id.clone());
    let artifact = observed.supplied.artifact();
    let Observed {
        supplied,
        model,
        port,
        mut line,
        side_files,
        running,
        silent,
        own_port,
        too_new,
        version,
        refusal,
        ..
    } = observed;
    let notes = line.as_ref().and_then(|line| line.as_ref().ok()).map(|line| line.notes.clone()).unwrap_or_default();
    if let (Err(error), false) = (side_files, comparison == Comparison::Same) {
        line = Some(Err(error.into()));
    }
    let launch = match (&line, &artifact) {
        (Some(Ok(line)), Some(artifact)) => Some(launch(desired, line, artifact)),
        _ => None,
    };
    let chosen = port.as_ref().ok().copied();
    let staged = match &model {
        Some(Presence::Present(found)) => Some(model::summary(desired, &found.staged)),
        Some(Presence::Fetchable(_) | Presence::Unusable(_)) | None => None,
    };
    let model::Steps { question, model } = match model {
        Some(model) => model::steps(desired, model, too_new, first.as_ref()),
        None => model::Steps::of_others(desired),
    };
    ask_early(&mut drafts, question);
    let flags = flags(line, model.is_blocked()).after(last.into_iter().chain([StepKind::Model.into()]));
    let start = match refusal {
        Some(error) => Draft::blocked(StepKind::Start, "the pool's earlier engine", error),
        None => start(desired, port, running.as_ref(), &comparison, replace, launch.clone()),
    };
    let start = match version {
        Some(error) if start.step.status == Status::ToRun => {
            Draft::blocked(StepKind::Start, "another version of the engine", error)
        }
        _ => start,
    };
    let start = start.after([StepKind::Flags]);
    drafts.extend([model, flags, start]);
    let silent = silent.is_some();
    let rest = Rest { comparison, supplied, running, silent, own_port, port: chosen, launch, model: staged };
    assemble(desired, drafts, (notes, warnings), rest)
}

/// What is kept beside the steps of a plan, to execute it.
struct Rest {
    comparison: Comparison,
    supplied: Box<dyn Supplied>,
    running: Option<Instance>,
    silent: bool,
    own_port: Option<u16>,
    port: Option<u16>,
    launch: Option<Launch>,
    model: Option<Model>,
}

/// The plan of these steps, of which none behind a blocked one runs; `said` are its notes and its warnings.
fn assemble(desired: &Desired, mut drafts: Vec<Draft>, said: (Vec<String>, Vec<String>), rest: Rest) -> Planned {
    hold_back(&mut drafts);
    let builds = drafts.iter().any(|draft| draft.step.kind == StepKind::Build && draft.step.status == Status::ToRun);
    for draft in &mut drafts {
        draft.step.cache = cache(draft, builds);
        draft.step.commands = draft
            .step
            .actions
            .iter()
            .filter_map(Action::argv)
            .map(|argv| argv.iter().map(|w| shown(w)).collect())
            .collect();
    }
    let mut placeholders: Vec<Placeholder> = Vec::new();
    let mut errors = Vec::new();
    let mut steps = Vec::new();
    for draft in drafts {
        for placeholder in draft.placeholders {
            if draft.step.status == Status::ToRun && !placeholders.iter().any(|known| known.name == placeholder.name) {
                placeholders.push(placeholder);
            }
        }
        errors.extend(draft.error.map(|error| (draft.step.id.clone(), error)));
        steps.push(draft.step);
    }
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let pool_id = desired.pool_id.clone();
    let (notes, warnings) = said;
    let plan = Plan { schema: SCHEMA, version, pool_id, steps, placeholders, notes, warnings };
    let Rest { comparison, supplied, running, silent, own_port, port, launch, model } = rest;
    Planned { plan, errors, comparison, supplied, running, silent, own_port, port, launch, model }
}

/// A word as schema 1 showed it: placeholders as they are, texts without escapes.
fn shown(word: &str) -> String {
    crate::plan::placeholder::substitute(word, &crate::plan::Values::new())
}

/// What the operator should not overlook.
fn warnings(desired: &Desired, observed: &Observed) -> Vec<String> {
    let cpu = (desired.accelerator == Accelerator::Cpu).then(|| CPU_WARNING.to_owned());
    cpu.into_iter().chain(found_warnings(observed)).collect()
}

/// What was found on the host that the operator should not overlook.
pub(crate) fn found_warnings(observed: &Observed) -> Vec<String> {
    let file = observed.system_config.as_deref().map(config_files::warning);
    observed.supplied.warnings().into_iter().chain(file).chain(observed.model_warnings.clone()).collect()
}

/// Nothing runs behind a step that is blocked.
fn hold_back(drafts: &mut [Draft]) {
    let blocked: Vec<StepId> = drafts.iter().filter(|draft| draft.is_blocked()).map(|d| d.step.id.clone()).collect();
    let Some(first) = blocked.first() else { return };
    let behind = drafts.iter_mut().skip_while(|draft| draft.step.id != *first).skip(1);
    for draft in behind.filter(|draft| draft.step.status == Status::ToRun) {
        draft.step.status = held_by(first);
    }
    // What is blocked does nothing, and a plan says so.
    for draft in drafts.iter_mut().filter(|draft| draft.is_blocked()) {
        draft.step.actions.clear();
    }
}

/// Whether what a step makes is there already. Where nothing is built, the repository is only asked.
fn cache(draft: &Draft, builds: bool) -> Option<Cache> {
    match (draft.step.kind, &draft.step.status) {
        (StepKind::Preflight | StepKind::Accelerator | StepKind::Check | StepKind::Flags | StepKind::Start, _)
        | (_, Status::Blocked { .. }) => None,
        (StepKind::Fetch, Status::ToRun) if !builds => None,
        (_, Status::Satisfied) => Some(Cache::Hit),
        (_, Status::ToRun) => Some(Cache::Miss),
    }
}

/// What is asked of others comes before the first long step, which waits for the answer.
fn ask_early(drafts: &mut Vec<Draft>, question: Option<Draft>) {
    let long = |draft: &Draft| {
        matches!(
            draft.step.kind,
            StepKind::Configure | StepKind::Build | StepKind::Download | StepKind::Unpack | StepKind::Pull
        )
    };
    let at = drafts.iter().position(long).unwrap_or(drafts.len());
    if let Some(draft) = drafts.get_mut(at) {
        draft.step.after.extend(question.iter().map(|question| question.step.id.clone()));
    }
    drafts.splice(at..at, question);
}

fn flags(line: Option<Result<CommandLine>>, no_model: bool) -> Draft {
    const WHAT: &str = "the engine's flags";
    match line {
        Some(Ok(line)) => Draft::new(StepKind::Flags, shell_line(&line.args), Status::Satisfied),
        Some(Err(error)) => Draft::blocked(StepKind::Flags, WHAT, error),
        None if no_model => Draft::new(StepKind::Flags, WHAT, held_by(&StepKind::Model.into())),
        None => Draft::new(StepKind::Flags, "once the model is there", Status::ToRun),
    }
}

fn start(
    desired: &Desired,
    port: std::result::Result<u16, crate::PortError>,
    running: Option<&Instance>,
    comparison: &Comparison,
    replace: bool,
    launch: Option<Launch>,
) -> Draft {
    let runs = running.map(describe).unwrap_or_default();
    let listen = |port: u16| format!("listen on {}:{port}", desired.host);
    let draft = match (comparison, port) {
        (Comparison::Same, _) => return Draft::new(StepKind::Start, format!("runs as {runs}"), Status::Satisfied),
        (Comparison::Differs(differences), _) if !replace => {
            let error = Error::Differs { pool: desired.pool_id.clone(), differences: differences.clone() };
            return Draft::blocked(StepKind::Start, format!("another configuration runs as {runs}"), error);
        }
        (_, Err(error)) => {
            return Draft::blocked(StepKind::Start, format!("listen on {}", desired.host), Error::Port(error));
        }
        (Comparison::Differs(_), Ok(port)) => {
            let detail = format!("stop {runs}, then {}", listen(port));
            Draft::new(StepKind::Start, detail, Status::ToRun).action(Action::Stop)
        }
        (Comparison::Nothing, Ok(port)) => Draft::new(StepKind::Start, listen(port), Status::ToRun),
    };
    let Some(launch) = launch else { return draft };
    let ports = desired.ports.iter().map(ToString::to_string);
    draft.action(Action::Launch(launch)).placeholder(Placeholder::one_of(PORT, ports))
}

/// What runs, in words.
fn describe(instance: &Instance) -> String {
    let who = match &instance.kind {
        InstanceKind::Process { pid } => format!("pid {pid}"),
        InstanceKind::Container { name, .. } => format!("container {name}"),
        InstanceKind::Remote { url } => return url.clone(),
    };
    format!("{who} on {}:{}", instance.host, instance.port)
}

/// The start of an engine as a plan has it: its port is chosen when it starts.
fn launch(desired: &Desired, line: &CommandLine, artifact: &Artifact) -> Launch {
    let redactor = Redactor::new();
    let port = marker(PORT);
    let word = |word: &String| if *word == line.port { port.clone() } else { literal(&redactor.text(word)) };
    let mut after_port_flag = false;
    let args = line.args.iter().map(|arg| {
        // Only the value of the flag that we add ourselves: another number may be the same by chance.
        let shown = if after_port_flag { word(arg) } else { literal(&redactor.text(arg)) };
        after_port_flag = *arg == line.port_flag;
        shown
    });
    let (program, image) = match artifact {
        Artifact::Program { path, .. } => (Some(path.clone()), None),
        Artifact::Image { reference, digest, .. } => (None, Some(format!("{reference}@{digest}"))),
        Artifact::Remote { .. } => (None, None),
    };
    Launch {
        program,
        image,
        args: args.collect(),
        cwd: literal(&text(desired.config_home.parent().unwrap_or("/".as_ref()).as_os_str())),
        env: line.env.iter().map(|(k, v)| (text(k), literal(&redactor.text(&text(v))))).collect(),
        secret_env: line.secret_env.keys().cloned().collect(),
        host: desired.host.to_string(),
        port,
    }
}

mod remote;
#[cfg(test)]
mod tests;
