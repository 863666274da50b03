//! The whole of one build, under the lock of its key.

use std::fs;
use std::path::Path;
use std::time::Instant;

use durable::Lock;
use exec::CommandSpec;

use crate::staging::Staging;
use crate::{
    BuildError, BuildRequest, Commit, Entry, Event, Layout, Observer, Store, compile, configure, fetch, identify,
    prove, publish,
};

/// The entry for this request and commit: from the store if it is there, else built now. Whoever else asks for the
/// same key waits for the one that builds it, and gets its entry.
///
/// The logs of a build that failed are copied to `failure_logs`, if one is given.
pub fn build(
    layout: &Layout,
    request: &BuildRequest,
    commit: &Commit,
    failure_logs: Option<&Path>,
    observer: &dyn Observer,
) -> Result<Entry, BuildError> {
    let (inputs, definitions) = identify(request, commit)?;
    let key = inputs.key();
    let store = Store::new(layout.clone());
    if let Some(entry) = store.lookup(&key)? {
        return Ok(store.take(&key)?.unwrap_or(entry));
    }
    layout.create()?;
    let patience = request.limits.fetch + request.limits.build + std::time::Duration::from_mins(2);
    let _lock = Lock::acquire(&layout.lock(&format!("build-{key}")), "build", patience)?;
    if let Some(entry) = store.take(&key)? {
        return Ok(entry);
    }
    tracing::info!(%key, commit = commit.as_str(), backend = %request.backend, "building");
    observer.on(&Event::Phase("fetch"));
    fetch::ensure_in_mirror(layout, request, commit)?;
    let staging = Staging::create(layout, &key)?;
    let logs = staging.out().join("logs");
    fs::create_dir_all(&logs).map_err(BuildError::io("create the folder", &logs))?;
    fetch::check_out(layout, request, commit, &staging.source())?;

    let result = (|| {
        let started = Instant::now();
        observer.on(&Event::Phase("configure"));
        configure::configure(request, &definitions, &staging)?;
        observer.on(&Event::Phase("build"));
        compile::compile(request, &staging, observer)?;
        let took = started.elapsed();
        observer.on(&Event::Phase("prove"));
        let binary = publish::collect(&staging)?;
        let proof = prove::prove(request, &binary)?;
        observer.on(&Event::Phase("publish"));
        publish::publish(&store, &staging, &key, inputs, &proof, took)
    })();
    match result {
        Ok(entry) => {
            // Once more where it will run from: nothing in it may point back to the folder it was built in.
            prove::version(&entry.binary())?;
            tracing::info!(%key, version = entry.manifest.engine_version, seconds = entry.manifest.build_seconds, "built");
            store.take(&key)?.ok_or(BuildError::NotPublished)
        }
        Err(error) => {
            if let Some(place) = failure_logs {
                keep_logs(&logs, place);
            }
            Err(error)
        }
    }
}

/// Keeps the logs of a failed build; the failure itself is what is reported.
fn keep_logs(logs: &Path, place: &Path) {
    for entry in fs::read_dir(logs).into_iter().flatten().flatten() {
        if let Err(error) = fs::copy(entry.path(), place.join(entry.file_name())) {
            tracing::warn!(%error, "could not keep a log of the failed build");
        }
    }
}

/// The commands that [`build`] would run for this request, in order, with `<staging>` in place of the folder that is
/// made for it; `commit` may be a placeholder when it is not known yet.
pub fn planned_commands(
    layout: &Layout,
    request: &BuildRequest,
    commit: Option<&Commit>,
) -> Result<Vec<(&'static str, CommandSpec)>, BuildError> {
    let staging = Path::new("<staging>");
    let placeholder = Commit::parse(&"0".repeat(40)).ok_or(BuildError::NotPublished)?;
    let (_, definitions) = identify(request, commit.unwrap_or(&placeholder))?;
    let mirror = layout.mirror(&request.source.repo);
    let fetch = match commit {
        Some(commit) => fetch::fetch_command(request, &mirror, commit),
        None => crate::resolve::list_command(
            &fetch::git(request),
            &request.source.repo,
            &crate::resolve::full_names(&request.source.reference),
        ),
    };
    Ok(vec![
        ("fetch", fetch),
        ("configure", configure::command(request, &definitions, &staging.join("src"), &staging.join("build"))),
        ("build", compile::command(request, &staging.join("build"))),
        ("prove", prove::version_command(&staging.join("out/bin").join(compile::SERVER))),
    ])
}
