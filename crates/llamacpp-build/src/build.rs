//! The whole of one build in one call.

use std::path::Path;

use engine_store::{Entry, Layout};

use crate::compile::make::decide_jobs;
use crate::session::{Begun, BuildSession};
use crate::{BuildError, BuildRequest, Commit, Observer};

/// The entry for this request and commit: from the store if it is there, else built now. Another caller that asks for the same
/// key waits for the one that builds it, and gets its entry.
///
/// The logs of a build that failed are copied to `failure_logs`, if one is given.
pub fn build(
    layout: &Layout,
    request: &BuildRequest,
    commit: &Commit,
    failure_logs: Option<&Path>,
    observer: &dyn Observer,
) -> Result<Entry, BuildError> {
    match BuildSession::begin(layout, request, commit, decide_jobs(request), failure_logs, observer)? {
        Begun::Finished(entry, _) => Ok(entry),
        Begun::ToBuild(mut session) => {
            session.fetch(observer)?;
            session.configure(observer)?;
            session.compile(observer)?;
            session.prove_and_publish(observer).map(|(entry, _)| entry)
        }
    }
}
