//! Bringing one commit into the repository's mirror, and from there into a source tree of its own.
//!
//! The way is planned: a commit that is named whole is fetched only if the mirror has no reference to it (one is written when
//! a fetch is complete); what was asked for by another name is fetched each time, because the repository was reached a moment
//! ago and costs one round trip. Whatever else turns out to be necessary says why.

use std::path::Path;

use durable::{Lock, Wait};
use engine_store::{Layout, mark_used};
use exec::{CommandSpec, Exit, run};

use crate::error::shown;
use crate::plan::job::Job;
use crate::source::commit::{Commit, Listing, Reference};
use crate::source::git::{git, local_git};
use crate::source::mirror::{self, says_yes, succeed};
use crate::source::resolve::pinned;
use crate::{BuildError, BuildRequest, Transport};

/// The commands that [`fetch`] will run.
pub(crate) fn planned(
    layout: &Layout,
    request: &BuildRequest,
    commit: Reference<'_>,
    staging: &Path,
) -> Vec<CommandSpec> {
    let (at, tree) = (layout.mirror(&request.source.repo), staging.join("src"));
    let of_tree = request.source.transport == Transport::WorkTree;
    // Where the commit of a working tree is made, the mirror is opened; by now it is there.
    let open = if of_tree && matches!(commit, Reference::Late) {
        mirror::sound_command(request, &at)
    } else {
        mirror::opening(request, &at)
    };
    let mut commands = vec![open];
    if has_to_ask(request, &at, commit) {
        commands.push(fetch_command(request, &at, commit));
    }
    commands.push(has_command(request, &at, commit));
    commands.extend(check_out(request, &at, commit, &tree));
    commands.extend(submodules(request, &tree));
    commands
}

/// Whether the repository is asked for the commit.
fn has_to_ask(request: &BuildRequest, at: &Path, commit: Reference<'_>) -> bool {
    match commit {
        _ if request.source.transport == Transport::WorkTree => false,
        Reference::Known(commit) if pinned(&request.source).is_some() => !at.join(name(commit.as_str())).exists(),
        Reference::Known(_) | Reference::Late => true,
    }
}

/// The name of a commit in the mirror.
fn name(commit: &str) -> String {
    format!("refs/ep/{commit}")
}

/// The command that fetches one commit into the mirror.
fn fetch_command(request: &BuildRequest, mirror: &Path, commit: Reference<'_>) -> CommandSpec {
    fetch_from(request, mirror, &["--depth=1"], &[format!("+{}:{}", commit.as_str(), name(commit.as_str()))])
}

fn fetch_from(request: &BuildRequest, mirror: &Path, options: &[&str], refspecs: &[String]) -> CommandSpec {
    let git = git(request);
    git.bare(mirror)
        .target(mirror, git.silence)
        .args([
            "-c",
            "transfer.fsckObjects=true",
            "fetch",
            "--quiet",
            "--force",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
        ])
        .args(options.iter().copied())
        .arg("--end-of-options")
        .arg(&request.source.repo)
        .args(refspecs.iter().cloned())
}

/// A fresh source tree of the commit in `tree`, by way of the mirror. A mirror that cannot be read is quarantined and made once
/// more.
pub(crate) fn fetch(layout: &Layout, job: &Job, commit: &Commit, staging: &Path) -> Result<(), BuildError> {
    let tree = staging.join("src");
    {
        let at = layout.mirror(&job.source.repo);
        let wait = Wait::new(job.limits.fetch).cancel(&job.guard.cancel);
        let _lock = Lock::acquire_with(&layout.mirror_lock(&job.source.repo), "git fetch", wait)?;
        let bring = || {
            mirror::open(layout, job, &at)?;
            fetch_commit(job, &at, commit)?;
            let steps = check_out(job, &at, Reference::Known(commit), &tree);
            steps.iter().try_for_each(|spec| succeed(job, spec))
        };
        match bring() {
            Err(error) if error.is_of_git() && at.exists() && matches!(mirror::is_intact(job, &at), Ok(false)) => {
                mirror::set_aside(layout, &at)?;
                if tree.exists() {
                    std::fs::remove_dir_all(&tree).map_err(BuildError::io("remove", &tree))?;
                }
                job.because("the mirror was damaged, and is made once more", bring)?;
            }
            result => result?,
        }
        mark_used(&at);
    }
    submodules(job, &tree).iter().try_for_each(|spec| succeed(job, spec))
}

fn fetch_commit(job: &Job, at: &Path, commit: &Commit) -> Result<(), BuildError> {
    let known = Reference::Known(commit);
    let has = || says_yes(job, &has_command(job, at, known));
    let ask = || succeed(job, &fetch_command(job, at, known));
    let asked = has_to_ask(job, at, known).then(ask);
    // A server that sends nothing, or too slowly, sends no more of what is larger.
    let asked = match asked {
        Some(Err(error)) if error.is_limit() => return Err(error),
        asked => asked,
    };
    if has()? {
        return Ok(());
    }
    let direct =
        asked.unwrap_or_else(|| job.because("the mirror has a reference to the commit, but not all of it", ask));
    // A server may refuse single commits, and a bundle knows only its tips: fetch everything it names, then look.
    job.because("the repository did not give the commit alone", || {
        fetch_everything(job, at).map_err(|everything| direct.err().unwrap_or(everything))?;
        if has()? {
            return Ok(());
        }
        Err(BuildError::RefNotFound {
            repo: shown(&job.source.repo),
            reference: commit.as_str().into(),
            nearest: Vec::new(),
        })
    })
}

fn fetch_everything(job: &Job, at: &Path) -> Result<(), BuildError> {
    let named = ["+refs/heads/*:refs/ep/heads/*".to_owned(), "+refs/tags/*:refs/ep/tags/*".to_owned()];
    let deepen: &[&str] = if at.join("shallow").exists() { &["--unshallow"] } else { &[] };
    succeed(job, &fetch_from(job, at, deepen, &named))?;
    // Not every repository has a HEAD, and a bundle may have nothing else.
    let head = succeed(job, &fetch_from(job, at, &[], &["+HEAD:refs/ep/HEAD".to_owned()]));
    head.unwrap_or_else(|error| tracing::debug!(%error, "no HEAD"));
    Ok(())
}

/// The one commit that an abbreviation means: among the tips first, then in the whole history.
pub(crate) fn abbreviated(layout: &Layout, request: &Job, tips: &Listing) -> Result<Commit, BuildError> {
    let (repo, reference) = (&request.source.repo, request.source.reference.to_ascii_lowercase());
    // An annotated tag has an id of its own, which is no commit; what it points at follows under `^{}`.
    let is_tag = |name: &str| tips.iter().any(|(n, _)| n.strip_suffix("^{}") == Some(name));
    let mut matching: Vec<&Commit> = tips
        .iter()
        .filter(|(name, commit)| commit.as_str().starts_with(&reference) && !is_tag(name))
        .map(|(_, commit)| commit)
        .collect();
    matching.sort();
    matching.dedup();
    if let [only] = matching.as_slice() {
        return Ok((*only).clone());
    }
    let at = layout.mirror(repo);
    request.because("no branch or tag has such a commit at its tip; the history is searched", || {
        mirror::open(layout, request, &at)?;
        fetch_everything(request, &at)?;
        let spec = local_git(request)
            .bare(&at)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{reference}^{{commit}}"));
        let output = request.run(&spec).map_err(|source| BuildError::git("look up a commit in", repo, source))?;
        Commit::parse(output.stdout_text().trim()).ok_or_else(|| BuildError::RefNotFound {
            repo: shown(repo),
            reference,
            nearest: Vec::new(),
        })
    })
}

/// Whether the mirror has the commit. The tree too: a fetch that was killed may have left the commit's own object alone.
fn has_command(request: &BuildRequest, mirror: &Path, commit: Reference<'_>) -> CommandSpec {
    let look = ["rev-list", "--quiet", "--objects", "--no-walk", "--end-of-options", commit.as_str()];
    local_git(request).bare(mirror).args(look)
}

/// The commands that make a fresh source tree of the commit from the mirror. Its `.git` stays: the build reads the commit
/// there.
fn check_out(request: &BuildRequest, mirror: &Path, commit: Reference<'_>, tree: &Path) -> [CommandSpec; 4] {
    let (git, commit) = (local_git(request), commit.as_str());
    // The commit needs a name in the mirror to be fetched by it.
    let (name, refspec) = (name(commit), format!("+{0}:{0}", name(commit)));
    let fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--end-of-options"];
    [
        git.anywhere().args(["init", "--quiet", "--template=", "--end-of-options"]).arg(tree),
        git.bare(mirror).args(["update-ref", &name, commit]),
        git.tree(tree).args(fetch).arg(mirror).arg(refspec),
        git.tree(tree).args(["checkout", "--quiet", "--force", "--detach", commit]),
    ]
}

/// Whether a tree is exactly the commit's: nothing changed, nothing added, nothing ignored.
pub(crate) fn is_clean(request: &BuildRequest, commit: &Commit, tree: &Path) -> bool {
    let git = local_git(request);
    let says = |args: &[&str]| {
        // Looking is not to write the index: CMake configures again when that is younger than its own files.
        let output = run(&git.tree(tree).env("GIT_OPTIONAL_LOCKS", "0").args(args.iter().copied())).ok()?;
        (output.exit == Exit::Code(0)).then(|| output.stdout_text().trim().to_owned())
    };
    says(&["rev-parse", "HEAD"]).as_deref() == Some(commit.as_str())
        && says(&["status", "--porcelain", "--untracked-files=all", "--ignored"]).as_deref() == Some("")
}

/// The commands that fetch the submodules, where they are asked for; a tree without any is left as it is.
fn submodules(request: &BuildRequest, tree: &Path) -> Vec<CommandSpec> {
    if !request.source.submodules {
        return Vec::new();
    }
    let git = git(request);
    vec![
        git.tree(tree).args(["config", "remote.origin.url", &request.source.repo]),
        git.tree(tree).target(tree, git.silence).args([
            "submodule",
            "update",
            "--quiet",
            "--init",
            "--recursive",
            "--depth=1",
        ]),
    ]
}

/// The command that lists the submodules of a tree, where they are asked for.
pub(crate) fn submodule_status(request: &BuildRequest, tree: &Path) -> Option<CommandSpec> {
    let list = || local_git(request).tree(tree).args(["submodule", "status", "--recursive"]);
    request.source.submodules.then(list)
}

/// The submodules of a tree, by path, with their commits; none where they were not asked for.
pub(crate) fn submodules_of(job: &Job, tree: &Path) -> Result<Vec<(String, String)>, BuildError> {
    let Some(spec) = submodule_status(job, tree) else { return Ok(Vec::new()) };
    let output = job.run(&spec).and_then(|output| output.require_success(&spec));
    let output = output.map_err(|source| BuildError::git("list the submodules of", &job.source.repo, source))?;
    // One sign, the commit, the path, and a description in parentheses.
    let pair = |line: &str| {
        let (commit, rest) = line.get(1..)?.split_once(' ')?;
        Some((rest.rsplit_once(" (").map_or(rest, |(path, _)| path).to_owned(), commit.to_owned()))
    };
    Ok(output.stdout_text().lines().filter_map(pair).collect())
}
