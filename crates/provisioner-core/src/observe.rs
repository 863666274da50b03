//! Gathers [`Observed`] from the parts: reads only, no network; programs are run only to ask a tool that changed
//! since it was last asked for its version.

use std::path::{Path, PathBuf};

use exec::{CommandSpec, Env};
use gpu_detect::CudaChoice;
use llamacpp_build::{
    Backend, BuildRequest, Commit, Entry, Generator, Inputs, Limits, Store, ToolId, Toolchain, declares, identify,
    known_commit, server_docs,
};
use model_provisioner::{ModelProvisioner, Presence};
use preflight::{Memo, PreflightError, Report, Tool, planned_install};
use spawner::{PoolDir, State, Status};

use crate::command_line::{Texts, command_line};
use crate::desired::Desired;
use crate::neighbours::neighbours;
use crate::observed::Observed;
use crate::{Result, Settings, cuda, engine_config, install, needs, ports};

/// The tools, or what is missing of them.
type Tools = std::result::Result<Report, PreflightError>;

/// Whether versions that were asked are remembered; a plan writes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remember {
    Yes,
    No,
}

/// What the host is like, as far as this pool is concerned.
pub(crate) fn observe(
    desired: &Desired,
    settings: &Settings,
    dir: Option<&PoolDir>,
    remember: Remember,
) -> Result<Observed> {
    let running = match dir.map(spawner::status).transpose()? {
        // One that is being stopped, while we hold the lock, is what an interrupted stop left: the next start ends it.
        Some(Status::Running { record, .. }) if record.state != State::Stopping => Some(record),
        _ => None,
    };
    let model = models(desired, &settings.env).inspect(&desired.model.request);
    let cuda_memo = gpu_detect::Memo::load(&memo_file(settings, "cuda.json"));
    let cuda = cuda::find(desired, settings, &cuda_memo);
    let mut memo = Memo::load(&memo_file(settings, "tools.json"));
    let commit = known_commit(&desired.layout, &desired.source);
    let mut needs = needs::build(desired);
    let mut report = preflight::check(&needs, &settings.env, &mut memo);
    let further = needs::further(&model, cuda::lacks_toolkit(cuda.as_ref()), &settings.system_root);
    if !further.is_empty() && (desired.may_install || !report.is_complete()) {
        needs.extend(further);
        report = preflight::check(&needs, &settings.env, &mut memo);
    }
    let helpers = preflight::check(&Tool::HELPERS, &settings.env, &mut memo);
    let request = match (report.is_complete(), &cuda) {
        (true, None) => Some(request(desired, settings, &report, &helpers, Backend::Cpu)),
        (true, Some(Ok(choice))) => Some(request(desired, settings, &report, &helpers, backend(choice))),
        _ => None,
    };
    if remember == Remember::Yes && request.is_some() {
        // Nothing is written for a pool that this host cannot serve.
        keep(&memo, &cuda_memo, settings);
    }
    let mut notes = if report.is_complete() { report.notes.clone() } else { Vec::new() };
    if let Some(Ok(choice)) = &cuda {
        notes.extend_from_slice(&choice.notes);
    }
    let known = commit.as_ref().map(|(commit, _)| commit);
    let inputs = request.as_ref().map(|request| inputs(request, known, &mut notes));
    let entry = match &inputs {
        Some(Ok(Some(inputs))) => entry(desired, inputs, remember)?,
        _ => None,
    };
    if entry.is_none() {
        // What is built already needs no headers.
        let curl = || declares_curl(desired, settings, &report, known?);
        let headers = needs::headers(desired, curl);
        if !headers.is_empty() {
            needs.extend(headers);
            report = preflight::check(&needs, &settings.env, &mut memo);
        }
    }
    let (tools, install) = tools(desired, settings, report);
    // Nothing is installed for a pool that this host cannot serve all the same.
    let brings_toolkit = needs.iter().any(|need| matches!(need.tool(), Tool::Nvcc | Tool::Nvcc12));
    let install = install.filter(|_| brings_toolkit || !matches!(cuda, Some(Err(_))));
    let near = match (&inputs, &entry) {
        // Only to explain: what cannot be read explains nothing.
        (Some(Ok(Some(inputs))), None) => Store::new(desired.layout.clone()).nearest(inputs).ok().flatten(),
        _ => None,
    };
    // Only before the build: on the warm way the engine's own help is in the store, and no program runs.
    let unbuilt = request.as_ref().zip(known).filter(|_| entry.is_none());
    let docs = unbuilt.and_then(|(request, commit)| server_docs(&desired.layout, request, commit));
    let own = running.as_ref().map(|record| record.port);
    let neighbours = neighbours(&settings.run_dir, desired.pool_id.as_str());
    let port = ports::choose(desired.host, &desired.ports, own, &neighbours);
    let line = port.as_ref().ok().and_then(|port| {
        let choice = cuda.as_ref().and_then(|cuda| cuda.as_ref().ok());
        let help = entry.as_ref().map(Entry::help);
        let texts = Texts { help: help.as_deref(), docs: docs.as_deref() };
        let line = |path: &Path| command_line(desired, choice, path, *port, texts, &settings.env);
        match &model {
            Presence::Present(found) => Some(line(&found.staged.path)),
            // The line is made once the model is there; what is wrong with the flags is known now.
            Presence::Fetchable(_) => line(Path::new(&desired.model.reference)).err().map(Err),
            Presence::Unusable(_) => None,
        }
    });
    let system_config = engine_config::system_file();
    Ok(Observed {
        tools: tools.map(|report| describe(&report)),
        needs,
        install,
        cuda,
        request,
        commit,
        inputs,
        entry,
        near,
        model,
        notes,
        system_config,
        port,
        line,
        running,
    })
}

/// Where this pool's model is staged.
pub(crate) fn models(desired: &Desired, env: &Env) -> ModelProvisioner {
    ModelProvisioner::new(desired.model.cache.clone(), env.clone())
}

/// What the build comes to, and what was decided for it. While the commit is not known, the definitions are checked all
/// the same.
fn inputs(
    request: &BuildRequest,
    commit: Option<&Commit>,
    notes: &mut Vec<String>,
) -> std::result::Result<Option<Inputs>, llamacpp_build::BuildError> {
    let placeholder = Commit::parse(&"0".repeat(40));
    let Some(any) = commit.or(placeholder.as_ref()) else { return Ok(None) };
    let (inputs, definitions) = identify(request, any)?;
    notes.extend_from_slice(definitions.notes());
    Ok(commit.is_some().then_some(inputs))
}

fn entry(desired: &Desired, inputs: &Inputs, remember: Remember) -> Result<Option<Entry>> {
    let store = Store::new(desired.layout.clone());
    Ok(match remember {
        Remember::Yes => store.take(&inputs.key())?,
        Remember::No => store.lookup(&inputs.key())?,
    })
}

/// What was found as one verdict, and how what is missing would be installed.
fn tools(desired: &Desired, settings: &Settings, report: Report) -> (Tools, Option<CommandSpec>) {
    let distribution = preflight::distribution(&settings.system_root);
    match planned_install(&report, &settings.env, &distribution, &install::policy(desired)) {
        Ok(install) => (report.require(&distribution), install),
        Err(error) => (Err(error), None),
    }
}

/// Whether the source can be built with libcurl, as far as its mirror tells.
fn declares_curl(desired: &Desired, settings: &Settings, tools: &Report, commit: &Commit) -> Option<bool> {
    let git = &tools.get(Tool::Git)?.path;
    declares(&desired.layout, &desired.source.repo, commit, git, &settings.env, "LLAMA_CURL")
}

/// What programs said of themselves is believed until they change.
fn memo_file(settings: &Settings, name: &str) -> PathBuf {
    settings.cache_dir.join("v1").join(name)
}

/// A read-only cache folder is fine to run from; it only costs the questions each time.
fn keep(tools: &Memo, cuda: &gpu_detect::Memo, settings: &Settings) {
    if durable::private_dir(&settings.cache_dir.join("v1")).is_ok() {
        tools
            .save_if_changed(&memo_file(settings, "tools.json"))
            .unwrap_or_else(|error| tracing::debug!(%error, "tool versions are not remembered"));
        cuda.save_if_changed(&memo_file(settings, "cuda.json"))
            .unwrap_or_else(|error| tracing::debug!(%error, "CUDA toolkits are not remembered"));
    }
}

fn describe(report: &Report) -> String {
    let tools = report.found.iter().map(|found| {
        let name = found.path.file_name().unwrap_or_default().to_string_lossy();
        found.version.as_ref().map_or_else(|| name.to_string(), |version| format!("{name} {version}"))
    });
    tools.collect::<Vec<_>>().join(", ")
}

fn request(desired: &Desired, settings: &Settings, tools: &Report, helpers: &Report, backend: Backend) -> BuildRequest {
    let found = |report: &Report, tool: Tool| {
        let found = report.get(tool)?;
        Some(ToolId { path: found.path.clone(), version: found.version_line.clone() })
    };
    let id = |tool: Tool| found(tools, tool).unwrap_or_else(|| ToolId { path: PathBuf::new(), version: String::new() });
    let ninja = tools.get(Tool::Ninja).is_some();
    BuildRequest {
        source: desired.source.clone(),
        backend,
        definitions: desired.definitions.clone(),
        tools: Toolchain {
            git: id(Tool::Git),
            cmake: id(Tool::Cmake),
            generator: if ninja { Generator::Ninja } else { Generator::Make },
            make: id(if ninja { Tool::Ninja } else { Tool::Make }),
            cc: id(Tool::Cc),
            cxx: id(Tool::Cxx),
            linker: [Tool::Mold, Tool::Lld, Tool::Ld].into_iter().find_map(|linker| found(helpers, linker)),
            ccache: found(helpers, Tool::Ccache),
        },
        jobs: desired.jobs,
        limits: Limits {
            fetch: desired.limits.fetch_timeout(),
            build: desired.limits.build_timeout(),
            silence: desired.limits.build_silence(),
        },
        env: settings.env.clone(),
    }
}

fn backend(choice: &CudaChoice) -> Backend {
    let (major, minor) = choice.version;
    Backend::Cuda {
        nvcc: ToolId { path: choice.nvcc.clone(), version: format!("{major}.{minor}") },
        definitions: choice.cmake_definitions(),
        // The build has a search path of its own, so that the caller's does not decide what is built.
        env: choice.env().into_iter().filter(|(name, _)| name != "PATH").collect(),
    }
}
