//! The mirror of a repository: bare, holds only what was asked for, and is never worked in.
//!
//! One that git cannot read is quarantined and made once more: that costs a fetch, never a wrong tree.

use std::path::Path;

use engine_store::{Layout, quarantine};
use exec::{CommandSpec, Exit};

use crate::plan::job::Job;
use crate::source::git::local_git;
use crate::{BuildError, BuildRequest};

/// Why the mirror is made once more.
const UNREADABLE: &str = "git could not read the mirror, which is made once more";

/// Makes the mirror usable: looks whether git can read it, or makes it.
pub(crate) fn open(layout: &Layout, job: &Job, mirror: &Path) -> Result<(), BuildError> {
    if is_there(mirror) {
        if says_yes(job, &sound_command(job, mirror))? {
            return Ok(());
        }
        set_aside(layout, mirror)?;
        return job.because(UNREADABLE, || succeed(job, &init_command(job, mirror)));
    }
    if mirror.exists() {
        set_aside(layout, mirror)?;
    }
    succeed(job, &init_command(job, mirror))
}

/// The command that [`open`] will run.
pub(crate) fn opening(request: &BuildRequest, mirror: &Path) -> CommandSpec {
    if is_there(mirror) { sound_command(request, mirror) } else { init_command(request, mirror) }
}

/// Whether there is a mirror at first sight. A lock file in it is left from a git that was killed, because nothing else works
/// there, and would stop every git after it.
fn is_there(mirror: &Path) -> bool {
    let locked = [mirror.to_owned(), mirror.join("refs/ep")].iter().any(|dir| {
        let names = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        names.into_iter().any(|path| path.extension().is_some_and(|extension| extension == "lock"))
    });
    !locked && mirror.join("HEAD").exists()
}

/// Whether git can read the mirror at all; its objects are checked as they are used.
pub(crate) fn sound_command(request: &BuildRequest, mirror: &Path) -> CommandSpec {
    local_git(request).bare(mirror).args(["rev-list", "--quiet", "--no-walk", "--all"])
}

fn init_command(request: &BuildRequest, mirror: &Path) -> CommandSpec {
    let init = ["init", "--quiet", "--bare", "--template=", "--end-of-options"];
    local_git(request).anywhere().args(init).arg(mirror)
}

/// Whether every object of the mirror is what its name says: slow, asked only after a failure.
pub(crate) fn is_intact(job: &Job, mirror: &Path) -> Result<bool, BuildError> {
    let fsck = local_git(job).bare(mirror).args(["fsck", "--no-progress", "--no-dangling"]);
    job.because("git failed, and the mirror may be why", || {
        Ok(is_there(mirror) && says_yes(job, &sound_command(job, mirror))? && says_yes(job, &fsck)?)
    })
}

pub(crate) fn set_aside(layout: &Layout, mirror: &Path) -> Result<(), BuildError> {
    let aside = quarantine(layout, mirror, "git")?;
    tracing::warn!(mirror = %mirror.display(), aside = %aside.display(), "a mirror that git cannot read is quarantined");
    Ok(())
}

/// Whether a git command exits with 0.
pub(crate) fn says_yes(job: &Job, spec: &CommandSpec) -> Result<bool, BuildError> {
    let output = job.run(spec).map_err(|source| BuildError::git("read the mirror of", &job.source.repo, source))?;
    Ok(output.exit == Exit::Code(0))
}

/// Runs a git command that has to succeed.
pub(crate) fn succeed(job: &Job, spec: &CommandSpec) -> Result<(), BuildError> {
    let output = job.run(spec).and_then(|output| output.require_success(spec));
    output.map(|_| ()).map_err(|source| BuildError::git("fetch from", &job.source.repo, source))
}
