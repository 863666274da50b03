//! A developer's working tree as the source: what is in it now, committed or not, becomes a commit of our own mirror.
//!
//! The tree's own repository is not read or written: not its configuration, filters, hooks or index. The commit has no
//! parent and a fixed author and date, so its id says the content and nothing else: the same files are the same build.
//! Files that the tree ignores are no part of it; a repository inside it is, with the commit it stands at.

use std::path::Path;

use exec::CommandSpec;

use crate::plan::job::Job;
use crate::plan::placeholder::TREE;
use crate::source::git::local_git;
use crate::{BuildError, BuildRequest, Commit};

/// The commit of what the tree holds, and git's digest of the tree. The caller has the mirror's lock.
pub(crate) fn snapshot(job: &Job, mirror: &Path) -> Result<(Commit, String), BuildError> {
    said(job, &add_command(job, mirror))?;
    let tree = said(job, &write_command(job, mirror))?;
    let commit = said(job, &commit_command(job, mirror, &tree))?;
    let commit = Commit::parse(&commit).ok_or_else(|| BuildError::RefNotFound {
        repo: job.source.repo.clone(),
        reference: "its working tree".into(),
        nearest: Vec::new(),
    })?;
    Ok((commit, tree))
}

/// The commands that [`snapshot`] will run.
pub(crate) fn planned(request: &BuildRequest, mirror: &Path) -> [CommandSpec; 3] {
    [add_command(request, mirror), write_command(request, mirror), commit_command(request, mirror, TREE)]
}

/// The command that looks at every file of the tree.
fn add_command(request: &BuildRequest, mirror: &Path) -> CommandSpec {
    git(request, mirror, &["-c", "advice.addEmbeddedRepo=false", "add", "--all", "--", "."])
}

fn write_command(request: &BuildRequest, mirror: &Path) -> CommandSpec {
    git(request, mirror, &["write-tree"])
}

fn commit_command(request: &BuildRequest, mirror: &Path, tree: &str) -> CommandSpec {
    git(request, mirror, &["commit-tree", "-m", "working tree", tree])
}

fn git(request: &BuildRequest, mirror: &Path, args: &[&str]) -> CommandSpec {
    let tree = Path::new(&request.source.repo);
    let mut spec = local_git(request).bare(mirror).arg("--work-tree").arg(tree);
    spec = spec.arg("-c").arg(format!("core.excludesFile={}", tree.join(".git/info/exclude").display()));
    for role in ["AUTHOR", "COMMITTER"] {
        spec = spec
            .env(format!("GIT_{role}_NAME"), "engine-provisioner")
            .env(format!("GIT_{role}_EMAIL"), "engine-provisioner@localhost")
            .env(format!("GIT_{role}_DATE"), "1970-01-01T00:00:00Z");
    }
    // Kept, so that the next look reads only what changed.
    spec.env("GIT_INDEX_FILE", mirror.join("worktree.index")).args(args.iter().copied()).cwd(tree)
}

fn said(job: &Job, spec: &CommandSpec) -> Result<String, BuildError> {
    let output = job.run(spec).and_then(|output| output.require_success(spec));
    let output = output.map_err(|source| BuildError::git("read the working tree of", &job.source.repo, source))?;
    Ok(output.stdout_text().trim().to_owned())
}
