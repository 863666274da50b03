//! The whole of one build, under the lock of its key.

use std::fs;
use std::path::Path;
use std::time::Instant;

use engine_store::{Claim, Entry, Layout, Staging, Store, StoreError};
use exec::{CommandSpec, ExecError};

use crate::cmake::file_api::Configured;
use crate::compile::{self, configure, make, resume};
use crate::folders::Folders;
use crate::output::publish::Made;
use crate::output::{prove, publish};
use crate::source::{fetch, worktree};
use crate::{BuildError, BuildRequest, Commit, Event, Inputs, Observer, Transport, identify};

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
    // Whoever builds it may wait for the compilers of another build first.
    let patience = request.limits.fetch + request.limits.build * 2 + std::time::Duration::from_mins(2);
    let claim = store.claim(&key, "build", patience, |holder| observer.on(&Event::Waits(holder.to_string())))?;
    if let Some(entry) = claim.take()? {
        return Ok(entry);
    }
    tracing::info!(%key, commit = commit.as_str(), backend = %request.backend, "building");
    for note in definitions.notes() {
        tracing::warn!(%key, note, "build");
    }
    let this = Build { layout, request, commit, claim: &claim, inputs };
    if let Some(staging) = this.adopted()? {
        match this.finish(staging, false, observer, failure_logs) {
            Err(error) => tracing::warn!(%key, %error, "what was left of an earlier build does not do; starting over"),
            done => return done,
        }
    }
    observer.on(&Event::Phase("fetch"));
    let staging = claim.stage()?;
    let logs = staging.out().join("logs");
    fs::create_dir_all(&logs).map_err(BuildError::io("create the folder", &logs))?;
    fetch::fetch(layout, request, commit, &staging.source())?;
    observer.on(&Event::Phase("configure"));
    match configure::configure(layout, request, &definitions, &staging) {
        Ok(()) => this.finish(staging, true, observer, failure_logs),
        Err(error) => Err(keep_logs(&logs, failure_logs, error)),
    }
}

/// What the parts of one build share.
struct Build<'a> {
    layout: &'a Layout,
    request: &'a BuildRequest,
    commit: &'a Commit,
    claim: &'a Claim,
    inputs: Inputs,
}

impl Build<'_> {
    /// What a killed build of this key left, if it can be gone on with; swept otherwise.
    fn adopted(&self) -> Result<Option<Staging>, BuildError> {
        let Some(staging) = self.claim.adopt()? else { return Ok(None) };
        if let Some(why) = resume::obstacle(self.request, self.commit, &staging)? {
            tracing::info!(key = %self.claim.key(), why, "an earlier build was killed; starting over");
            return Ok(None);
        }
        tracing::info!(key = %self.claim.key(), "going on from what an earlier build left");
        Ok(Some(staging))
    }

    /// From a configured folder to an entry.
    fn finish(
        &self,
        mut staging: Staging,
        from_the_start: bool,
        observer: &dyn Observer,
        failure_logs: Option<&Path>,
    ) -> Result<Entry, BuildError> {
        let logs = staging.out().join("logs");
        let started = Instant::now();
        observer.on(&Event::Phase("build"));
        let result = make::compile(self.layout, self.request, &staging, from_the_start, observer);
        if matches!(result, Err(BuildError::Run { source: ExecError::TimedOut { .. } })) {
            staging.keep();
        }
        let result = result.and_then(|()| {
            let made = Made {
                took: started.elapsed(),
                configured: Configured::read(&staging.build()),
                submodules: fetch::submodules_of(self.request, &staging.source())?,
            };
            observer.on(&Event::Phase("prove"));
            let binary = publish::collect(&staging, &made.configured)?;
            let proof = prove::prove(self.request, &binary)?;
            observer.on(&Event::Phase("publish"));
            publish::publish(self.claim, &staging, &self.inputs, &proof, &made)
        });
        let entry = result.map_err(|error| keep_logs(&logs, failure_logs, error))?;
        tracing::info!(key = %self.claim.key(), version = entry.manifest.engine_version, seconds = entry.manifest.build_seconds, "built");
        // Once more where it will be started from.
        match prove::version(&entry.binary()) {
            Ok(version) if version == entry.manifest.engine_version => Ok(entry),
            other => {
                self.claim.quarantine(&entry)?;
                Err(other.err().unwrap_or(StoreError::NotPublished.into()))
            }
        }
    }
}

/// Keeps the logs of a failed build, and says so in the failure, which is what is reported.
fn keep_logs(logs: &Path, place: Option<&Path>, failure: BuildError) -> BuildError {
    let Some(place) = place else { return failure };
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
    let placeholder = Commit::parse(&"0".repeat(40)).ok_or(StoreError::NotPublished)?;
    let (_, definitions) = identify(request, commit.unwrap_or(&placeholder))?;
    let mirror = layout.mirror(&request.source.repo);
    let fetch = match commit {
        _ if request.source.transport == Transport::WorkTree => worktree::add_command(request, &mirror),
        Some(commit) => fetch::fetch_command(request, &mirror, commit),
        None => crate::source::resolve::list_command(
            &crate::source::git::git(request),
            &request.source.repo,
            &crate::source::resolve::full_names(&request.source.reference),
        ),
    };
    Ok(vec![
        ("fetch", fetch),
        ("configure", configure::command(layout, request, &definitions, staging)),
        ("build", make::command(layout, request, staging, make::wanted_jobs(request))),
        ("prove", prove::version_command(&staging.join("out/bin").join(compile::SERVER))),
    ])
}
