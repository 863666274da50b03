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
    if let Some(entry) = store.take(&key)? {
        return Ok(entry);
    }
    layout.create()?;
    let patience = request.limits.fetch + request.limits.build + std::time::Duration::from_mins(2);
    let _lock = Lock::acquire(&store.lock(&key), "build", patience)?;
    if let Some(entry) = store.take_locked(&key)? {
        return Ok(entry);
    }
    tracing::info!(%key, commit = commit.as_str(), backend = %request.backend, "building");
    for note in definitions.notes() {
        tracing::warn!(%key, note, "build");
    }
    observer.on(&Event::Phase("fetch"));
    let staging = Staging::create(layout, &key)?;
    let logs = staging.out().join("logs");
    fs::create_dir_all(&logs).map_err(BuildError::io("create the folder", &logs))?;
    fetch::fetch(layout, request, commit, &staging.source())?;

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
            tracing::info!(%key, version = entry.manifest.engine_version, seconds = entry.manifest.build_seconds, "built");
            store.take_locked(&key)?.ok_or(BuildError::NotPublished)
        }
        Err(error) => match failure_logs {
            Some(place) => Err(keep_logs(&logs, place, error)),
            None => Err(error),
        },
    }
}

/// Keeps the logs of a failed build, and says so in the failure, which is what is reported.
fn keep_logs(logs: &Path, place: &Path, failure: BuildError) -> BuildError {
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
