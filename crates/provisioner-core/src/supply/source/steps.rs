//! The steps of a build from source: a pure function of what was found.

use engine_store::Recipe;
use llamacpp_build::{Call, Near, PlannedStep, Step, planned_resolve, planned_steps};

use crate::plan::draft::{Draft, held_by};
use crate::plan::placeholder::Placeholder;
use crate::plan::{Action, Closest, Command, InputDifference, Status, StepKind};
use crate::supply::source::Found;
use crate::supply::source::acquire::run_of;
use crate::supply::source::artifact::asks;
use crate::supply::source::libraries::Libraries;
use crate::supply::source::mirror_made;
use crate::{Error, FinishedError};

/// From `preflight` to `prove`. `runs`: the wanted engine runs, so that no tool or server is asked anything.
pub(crate) fn steps(found: &mut Found, runs: bool) -> Vec<Draft> {
    if !runs {
        // What a new engine is started from is a build of today.
        found.runs_from = None;
    }
    let installs = found.install.is_some();
    let tools = std::mem::replace(&mut found.tools, Ok(String::new()));
    let (no_tools, tools) = match tools {
        Ok(line) => {
            found.tools = Ok(line.clone());
            (false, Draft::new(StepKind::Preflight, line, Status::Satisfied))
        }
        Err(_) if installs => (true, install(found)),
        Err(error) => (true, Draft::blocked(StepKind::Preflight, "tools of the build", error)),
    };
    let (no_gpu, accelerator) = accelerator(found);
    let status = match () {
        () if no_tools && installs => Err(Status::ToRun),
        () if no_tools => Err(held_by(&StepKind::Preflight.into())),
        () if no_gpu => Err(held_by(&StepKind::Accelerator.into())),
        () => Ok(()),
    };
    let mut drafts = vec![tools, accelerator.after([StepKind::Preflight])];
    drafts.extend(build(found, runs, status));
    drafts
}

fn install(found: &Found) -> Draft {
    let draft = Draft::new(StepKind::Preflight, "install the tools that are missing", Status::ToRun);
    match &found.install {
        Some(command) => draft.action(Action::Run(Command::of(command))),
        None => draft,
    }
}

fn accelerator(found: &mut Found) -> (bool, Draft) {
    const KIND: StepKind = StepKind::Accelerator;
    match found.cuda.take() {
        None => (false, Draft::new(KIND, "cpu, because the pool says so", Status::Satisfied)),
        Some(Ok(choice)) => {
            let gpus: Vec<String> =
                choice.devices.iter().map(|gpu| format!("{} ({})", gpu.name, gpu.architecture())).collect();
            let (major, minor) = choice.version;
            let (root, compiler) = (choice.root.display(), choice.host_compiler.path.display());
            let detail = format!("{} with CUDA {major}.{minor} in {root} and {compiler}", gpus.join(", "));
            found.cuda = Some(Ok(choice));
            (false, Draft::new(KIND, detail, Status::Satisfied))
        }
        Some(Err(_)) if found.install.is_some() => {
            (true, Draft::new(KIND, "cuda, once the toolkit is installed", Status::ToRun))
        }
        Some(Err(error)) => (true, Draft::blocked(KIND, found.accelerator.to_string(), error)),
    }
}

/// `early`: why nothing can be known of the build yet.
fn build(found: &mut Found, runs: bool, early: Result<(), Status>) -> Vec<Draft> {
    let asks = !runs && asks(found);
    let identity = found.identity.take();
    let (status, error) = match (early, identity) {
        (Err(status), identity) => {
            found.identity = identity;
            (status, None)
        }
        (Ok(()), Some(Err(error))) => (Status::Satisfied, Some(Error::from(error))),
        (Ok(()), identity) => {
            found.identity = identity;
            (if runs || found.entry.is_some() { Status::Satisfied } else { Status::ToRun }, None)
        }
    };
    let entry = found.entry();
    let key = match (&entry, found.known_identity()) {
        (Some(entry), _) if entry.manifest.recipe == Recipe::LLAMACPP_SOURCE_1 && found.runs_from.is_some() => {
            format!("build {} (recipe 1; the engine runs from it)", entry.manifest.key)
        }
        (Some(entry), _) if entry.manifest.recipe == Recipe::LLAMACPP_SOURCE_1 => {
            format!("build {} (recipe 1, of the same inputs)", entry.manifest.key)
        }
        (_, Some(identity)) => format!("build {}", identity.key()),
        (_, None) => "build of a commit not known yet".into(),
    };
    let proven = match &entry {
        Some(entry) => format!("llama-server {}", entry.manifest.engine_version),
        None => "the server answers --version".into(),
    };
    let details = [
        (StepKind::Fetch, fetched(found, asks)),
        (StepKind::Configure, format!("{key} for {}", found.accelerator)),
        (StepKind::Build, format!("{key}: llama-server and nothing else")),
        (StepKind::Prove, proven),
    ];
    let mut error = error;
    let mut before = StepKind::Accelerator;
    let mut drafts: Vec<Draft> = details
        .into_iter()
        .map(|(kind, detail)| {
            let asks_only = asks && kind == StepKind::Fetch && status == Status::Satisfied && error.is_none();
            let draft = match error.take() {
                Some(error) => Draft::blocked(kind, detail, error),
                None if asks_only => Draft::new(kind, detail, Status::ToRun),
                None => Draft::new(kind, detail, status.clone()),
            };
            draft.after([std::mem::replace(&mut before, kind)])
        })
        .collect();
    // What the first step of a build cannot do keeps the others from running, too.
    if drafts.first().is_some_and(Draft::is_blocked) && status == Status::Satisfied {
        for draft in drafts.iter_mut().skip(1) {
            draft.step.status = held_by(&StepKind::Fetch.into());
        }
    }
    if let (Libraries::Gone(gone), Some(prove), false) = (&found.libraries, drafts.last_mut(), runs)
        && prove.step.status == Status::Satisfied
    {
        *prove = Draft::blocked(StepKind::Prove, prove.step.detail.clone(), FinishedError::gone(gone))
            .after(prove.step.after.clone());
    }
    annotate(found, &mut drafts);
    act(found, asks, &mut drafts);
    drafts
}

fn fetched(found: &Found, asks: bool) -> String {
    let source = &found.wish.source;
    match found.known_commit() {
        Some(commit) if !asks => format!("{} at {}", source.repo, commit.as_str()),
        Some(commit) => format!(
            "{} at {} (last seen at {}; the repository is asked again)",
            source.repo,
            source.reference,
            commit.as_str()
        ),
        None => format!("{} at {} (the repository will be asked which commit)", source.repo, source.reference),
    }
}

/// What the step `build` says of its key.
fn annotate(found: &Found, drafts: &mut [Draft]) {
    let Some(build) = drafts.iter_mut().find(|draft| draft.step.kind == StepKind::Build) else { return };
    if let Some(identity) = found.known_identity() {
        let key = found.entry().map_or_else(|| identity.key(), |entry| entry.manifest.key.clone());
        build.step.key = Some(key.to_string());
        build.step.inputs = serde_json::to_value(identity.inputs()).ok();
        build.step.nearest = found.near.as_ref().filter(|_| build.step.status == Status::ToRun).map(closest);
    }
}

fn closest(near: &Near) -> Closest {
    let differences = near.differences.iter().map(|difference| InputDifference {
        input: difference.input.clone(),
        stored: difference.stored.clone(),
        wanted: difference.wanted.clone(),
    });
    Closest { key: near.key.to_string(), differences: differences.collect(), summary: near.to_string() }
}

/// Puts in what each step will run. Nothing is known of it while a tool is missing.
fn act(found: &Found, asks: bool, drafts: &mut [Draft]) {
    let Some(request) = &found.request else { return };
    let layout = &found.wish.layout;
    let builds = drafts.iter().any(|draft| draft.step.kind == StepKind::Build && draft.step.status == Status::ToRun);
    if !builds {
        if let Some(fetch) = drafts.first_mut().filter(|fetch| asks && fetch.step.status == Status::ToRun) {
            let asked = planned_resolve(layout, request);
            fetch.step.actions = asked.iter().map(|spec| run_of(Call::of(spec))).collect();
        }
        return;
    }
    // A commit that is asked for again may turn out to be another one.
    let commit = found.known_commit().filter(|_| !asks);
    let jobs = llamacpp_build::decide_jobs(request);
    let Ok(planned) = planned_steps(layout, request, commit, jobs) else { return };
    for PlannedStep { step, commands, placeholders } in planned {
        let kind = kind_of(step);
        let Some(draft) = drafts.iter_mut().find(|draft| draft.step.kind == kind) else { continue };
        if draft.step.status != Status::ToRun {
            continue;
        }
        draft.step.actions = commands.iter().map(|spec| mirror_made::skippable(run_of(Call::of(spec)))).collect();
        let known = placeholders.iter().map(|placeholder| {
            Placeholder::one_of(placeholder.name.trim_matches(['<', '>']), placeholder.allowed.clone())
        });
        draft.placeholders.extend(known.flatten());
    }
}

pub(crate) fn kind_of(step: Step) -> StepKind {
    match step {
        Step::Fetch => StepKind::Fetch,
        Step::Configure => StepKind::Configure,
        Step::Build => StepKind::Build,
        Step::Prove => StepKind::Prove,
    }
}

#[cfg(test)]
mod tests;
