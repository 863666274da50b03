//! Looks at what a build from source needs and at what is built already: reads only, no network; programs are run only
//! to ask a tool that changed since it was last asked for its version.

use std::sync::Arc;

use engine_store::{Entry, Store};
use exec::CommandSpec;
use gpu_detect::CudaChoice;
use llamacpp_build::{
    Backend, BuildError, BuildRequest, Commit, Identity, declares, identify, known_commit, nearest, server_docs,
};
use preflight::{PreflightError, Report, Tool, planned_install};

use crate::Result;
use crate::runtime::Instance;
use crate::supply::Look;
use crate::supply::source::acquire::Built;
#[cfg(feature = "finished")]
use crate::supply::source::libraries;
use crate::supply::source::libraries::Libraries;
use crate::supply::source::request::{backend, request};
use crate::supply::source::{EarlierBuild, Found, Wish, install, needs, toolchain};

/// The tools, or what is missing of them.
type Tools = std::result::Result<Report, PreflightError>;

/// What the host is like for this build.
pub(crate) fn observe(wish: &Wish, look: &Look<'_>) -> Result<Found> {
    let Look { desired, settings, host, .. } = *look;
    let toolchain::Toolchain { cuda, driver, memory_free } = toolchain::find(desired, wish, host);
    let commit = known_commit(&wish.layout, &wish.source);
    let mut needs = needs::build(desired, wish);
    let mut report = host.tools(&needs);
    let further = needs::further(look.also_needs, toolchain::lacks_toolkit(cuda.as_ref()), &settings.system_root);
    if !further.is_empty() && (desired.may_install || !report.is_complete()) {
        needs.extend(further);
        report = host.tools(&needs);
    }
    let helpers = host.tools(&needs::helpers());
    let request = match (report.is_complete(), &cuda) {
        (true, None) => Some(request(desired, wish, settings, (&report, &helpers), Backend::Cpu)),
        (true, Some(Ok(choice))) => {
            let backend = backend(choice, &wish.definitions, &settings.system_root);
            Some(request(desired, wish, settings, (&report, &helpers), backend))
        }
        _ => None,
    };
    if look.remember && request.is_some() {
        // Nothing is written for a pool that this host cannot serve.
        host.keep();
    }
    let mut notes = if report.is_complete() { report.notes.clone() } else { Vec::new() };
    if let Some(Ok(choice)) = &cuda {
        notes.extend_from_slice(&choice.notes);
    }
    let known = commit.as_ref().map(|(commit, _)| commit);
    let identity = request.as_ref().map(|request| identity(request, known, &mut notes));
    let store = Store::new(wish.layout.clone());
    let (entry, runs_from) = match &identity {
        Some(Ok(Some(identity))) => {
            let find = || identity.find(&store, look.remember);
            let entry = look.host.stored(&store, identity.key(), find)?;
            let runs_from = runs_from(&store, identity, entry.as_deref(), look.running)?;
            (entry, runs_from)
        }
        _ => (None, None),
    };
    let libraries = match (&entry, &cuda) {
        (Some(entry), Some(Ok(choice))) => libraries_of(entry, choice, look),
        _ => Libraries::Found,
    };
    if entry.is_none() {
        // What is built already needs no headers.
        let curl = || {
            declares(&wish.layout, &wish.source.repo, known?, &report.get(Tool::Git)?.path, &settings.env, "LLAMA_CURL")
        };
        let headers = needs::headers(wish, curl);
        if !headers.is_empty() {
            needs.extend(headers);
            report = host.tools(&needs);
        }
    }
    let (tools, install) = tools(look, report);
    // Nothing is installed for a pool that this host cannot serve all the same.
    let brings_toolkit = needs.iter().any(|need| matches!(need.tool(), Tool::Nvcc | Tool::Nvcc12));
    let install = install.filter(|_| brings_toolkit || !matches!(cuda, Some(Err(_))));
    let near = match &identity {
        // Only to explain: what cannot be read explains nothing.
        Some(Ok(Some(identity))) if entry.is_none() => nearest(&store, identity.inputs()).ok().flatten(),
        _ => None,
    };
    // Only before the build: on the warm way the engine's own help is in the store, and no program runs.
    let unbuilt = request.as_ref().zip(known).filter(|_| entry.is_none());
    let docs = unbuilt.and_then(|(request, commit)| server_docs(&wish.layout, request, commit));
    Ok(Found {
        wish: wish.clone(),
        accelerator: desired.accelerator,
        tools: tools.map(|report| describe(&report)),
        needs,
        install,
        cuda,
        driver,
        gpu_memory_free: memory_free,
        request,
        commit,
        identity,
        entry,
        libraries,
        runs_from,
        near,
        docs,
        notes,
        built: Built::default(),
    })
}

/// What a stored build lacks of CUDA's libraries.
#[cfg(feature = "finished")]
fn libraries_of(entry: &Entry, choice: &CudaChoice, look: &Look<'_>) -> Libraries {
    let named = look.desired.env.get("LD_LIBRARY_PATH").map(String::as_str).unwrap_or_default();
    let named: Vec<_> = std::env::split_paths(named).filter(|folder| folder.is_absolute()).collect();
    libraries::of(&entry.binary(), choice, &look.settings.system_root, &named)
}

/// Nothing is looked at without the code that reads ELF files.
#[cfg(not(feature = "finished"))]
fn libraries_of(_: &Entry, _: &CudaChoice, _: &Look<'_>) -> Libraries {
    Libraries::Found
}

/// Which build it is, and what was decided for it. While the commit is not known, the definitions are checked all the same.
fn identity(
    request: &BuildRequest,
    commit: Option<&Commit>,
    notes: &mut Vec<String>,
) -> std::result::Result<Option<Identity>, BuildError> {
    let placeholder = Commit::parse(&"0".repeat(40));
    let Some(any) = commit.or(placeholder.as_ref()) else { return Ok(None) };
    let identity = identify(request, any)?;
    notes.extend_from_slice(identity.definitions.notes());
    Ok(commit.is_some().then_some(identity))
}

/// What the pool's engine was started from, where an earlier release built it for this very request and did not write down all
/// that decides a build today. It is the wanted engine until it is started again.
fn runs_from(
    store: &Store,
    identity: &Identity,
    found: Option<&Entry>,
    running: Option<&Instance>,
) -> Result<Option<EarlierBuild>> {
    let Some(runs) = running.and_then(|running| running.facts.get("build")) else { return Ok(None) };
    // The engine of a build that was found is no question, and the common case.
    if found.is_some_and(|entry| entry.manifest.key.as_str() == runs) {
        return Ok(None);
    }
    let key = identity.earlier_key();
    if runs != key.as_str() {
        return Ok(None);
    }
    Ok(Some(EarlierBuild { entry: identity.earlier(store)?.map(Arc::new), key }))
}

/// What was found as one verdict, and how what is missing would be installed.
fn tools(look: &Look<'_>, report: Report) -> (Tools, Option<CommandSpec>) {
    if report.is_complete() {
        // Only what is missing depends on the distribution.
        return (Ok(report), None);
    }
    let distribution = look.host.distribution();
    match planned_install(&report, &look.settings.env, distribution, &install::policy(look.desired)) {
        Ok(install) => (report.require(distribution), install),
        Err(error) => (Err(error), None),
    }
}

fn describe(report: &Report) -> String {
    let tools = report.found.iter().map(|found| {
        let name = found.path.file_name().unwrap_or_default().to_string_lossy();
        found.version.as_ref().map_or_else(|| name.to_string(), |version| format!("{name} {version}"))
    });
    tools.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
