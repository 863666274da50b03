//! Bringing one commit into the repository's mirror, and from there into a source tree of its own.
//!
//! The mirror is bare, holds only what was asked for, and is never worked in.

use std::path::Path;

use durable::Lock;
use engine_store::{Layout, mark_used, quarantine};
use exec::{CommandSpec, Exit, run};

use crate::error::shown;
use crate::source::commit::{Commit, Listing};
use crate::source::git::{git, local_git};
use crate::{BuildError, BuildRequest};

/// The command that fetches one commit into the mirror.
pub(crate) fn fetch_command(request: &BuildRequest, mirror: &Path, commit: &Commit) -> CommandSpec {
    fetch_from(request, mirror, &["--depth=1"], &[format!("+{0}:refs/ep/{0}", commit.as_str())])
}

fn fetch_from(request: &BuildRequest, mirror: &Path, options: &[&str], refspecs: &[String]) -> CommandSpec {
    git(request)
        .bare(mirror)
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

/// A fresh source tree of the commit in `tree`, by way of the mirror. A mirror that cannot be read is set aside and
/// made once more.
pub(crate) fn fetch(layout: &Layout, request: &BuildRequest, commit: &Commit, tree: &Path) -> Result<(), BuildError> {
    {
        let mirror = layout.mirror(&request.source.repo);
        let _lock = Lock::acquire(&layout.mirror_lock(&request.source.repo), "git fetch", request.limits.fetch)?;
        let bring = || {
            open_mirror(layout, request, &mirror)?;
            fetch_commit(request, &mirror, commit)?;
            check_out(request, &mirror, commit, tree)
        };
        match bring() {
            Err(error) if error.is_of_git() && mirror.exists() && matches!(is_intact(request, &mirror), Ok(false)) => {
                set_aside(layout, &mirror)?;
                if tree.exists() {
                    std::fs::remove_dir_all(tree).map_err(BuildError::io("remove", tree))?;
                }
                bring()?;
            }
            result => result?,
        }
        mark_used(&mirror);
    }
    if request.source.submodules && tree.join(".gitmodules").exists() { submodules(request, tree) } else { Ok(()) }
}

fn fetch_commit(request: &BuildRequest, mirror: &Path, commit: &Commit) -> Result<(), BuildError> {
    if has_commit(request, mirror, commit)? {
        return Ok(());
    }
    let direct = succeed(request, &fetch_command(request, mirror, commit));
    if direct.is_ok() && has_commit(request, mirror, commit)? {
        return Ok(());
    }
    // A server may refuse single commits, and a bundle knows only its tips: fetch everything it names, then look.
    fetch_everything(request, mirror).map_err(|everything| direct.err().unwrap_or(everything))?;
    if has_commit(request, mirror, commit)? {
        return Ok(());
    }
    Err(BuildError::RefNotFound {
        repo: shown(&request.source.repo),
        reference: commit.as_str().into(),
        nearest: Vec::new(),
    })
}

fn fetch_everything(request: &BuildRequest, mirror: &Path) -> Result<(), BuildError> {
    let named = ["+refs/heads/*:refs/ep/heads/*".to_owned(), "+refs/tags/*:refs/ep/tags/*".to_owned()];
    let deepen: &[&str] = if mirror.join("shallow").exists() { &["--unshallow"] } else { &[] };
    succeed(request, &fetch_from(request, mirror, deepen, &named))?;
    // Not every repository has a HEAD, and a bundle may have nothing else.
    let head = succeed(request, &fetch_from(request, mirror, &[], &["+HEAD:refs/ep/HEAD".to_owned()]));
    head.unwrap_or_else(|error| tracing::debug!(%error, "no HEAD"));
    Ok(())
}

/// The one commit that an abbreviation means: among the tips first, then in the whole history.
pub(crate) fn abbreviated(layout: &Layout, request: &BuildRequest, tips: &Listing) -> Result<Commit, BuildError> {
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
    let mirror = layout.mirror(repo);
    open_mirror(layout, request, &mirror)?;
    fetch_everything(request, &mirror)?;
    let spec = local_git(request)
        .bare(&mirror)
        .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
        .arg(format!("{reference}^{{commit}}"));
    let output = run(&spec).map_err(|source| BuildError::git("look up a commit in", repo, source))?;
    Commit::parse(output.stdout_text().trim()).ok_or_else(|| BuildError::RefNotFound {
        repo: shown(repo),
        reference,
        nearest: Vec::new(),
    })
}

pub(crate) fn open_mirror(layout: &Layout, request: &BuildRequest, mirror: &Path) -> Result<(), BuildError> {
    if mirror.join("HEAD").exists() && is_sound(request, mirror)? {
        return Ok(());
    }
    if mirror.exists() {
        set_aside(layout, mirror)?;
    }
    succeed(
        request,
        &local_git(request)
            .anywhere()
            .args(["init", "--quiet", "--bare", "--template=", "--end-of-options"])
            .arg(mirror),
    )
}

/// Whether git can read the mirror at all; its objects are checked as they are used. A lock file in it is left from a
/// git that was killed, because nobody else works there, and would stop every git after it.
fn is_sound(request: &BuildRequest, mirror: &Path) -> Result<bool, BuildError> {
    let locked = [mirror.to_owned(), mirror.join("refs/ep")].iter().any(|dir| {
        let names = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        names.into_iter().any(|path| path.extension().is_some_and(|extension| extension == "lock"))
    });
    Ok(!locked && says_yes(request, mirror, &["rev-list", "--quiet", "--no-walk", "--all"])?)
}

/// Whether every object of the mirror is what its name says: slow, asked only after a failure.
fn is_intact(request: &BuildRequest, mirror: &Path) -> Result<bool, BuildError> {
    Ok(is_sound(request, mirror)? && says_yes(request, mirror, &["fsck", "--no-progress", "--no-dangling"])?)
}

fn says_yes(request: &BuildRequest, mirror: &Path, question: &[&str]) -> Result<bool, BuildError> {
    let spec = local_git(request).bare(mirror).args(question.iter().copied());
    let output = run(&spec).map_err(|source| BuildError::git("read the mirror of", &request.source.repo, source))?;
    Ok(output.exit == Exit::Code(0))
}

fn set_aside(layout: &Layout, mirror: &Path) -> Result<(), BuildError> {
    let aside = quarantine(layout, mirror, "git")?;
    tracing::warn!(mirror = %mirror.display(), aside = %aside.display(), "a mirror that git cannot read is set aside");
    Ok(())
}

fn has_commit(request: &BuildRequest, mirror: &Path, commit: &Commit) -> Result<bool, BuildError> {
    // The tree too: a fetch that was killed may have left the commit's own object alone.
    let id = commit.as_str();
    says_yes(request, mirror, &["rev-list", "--quiet", "--objects", "--no-walk", "--end-of-options", id])
}

/// A fresh source tree of the commit, taken from the mirror. Its `.git` stays: the build reads the commit there.
fn check_out(request: &BuildRequest, mirror: &Path, commit: &Commit, tree: &Path) -> Result<(), BuildError> {
    let git = local_git(request);
    succeed(request, &git.anywhere().args(["init", "--quiet", "--template=", "--end-of-options"]).arg(tree))?;
    // The commit needs a name in the mirror to be fetched by it.
    let name = format!("refs/ep/{}", commit.as_str());
    succeed(request, &git.bare(mirror).args(["update-ref", &name, commit.as_str()]))?;
    let refspec = format!("+{name}:{name}");
    succeed(
        request,
        &git.tree(tree)
            .args(["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--end-of-options"])
            .arg(mirror)
            .arg(refspec),
    )?;
    succeed(request, &git.tree(tree).args(["checkout", "--quiet", "--force", "--detach", commit.as_str()]))
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

fn submodules(request: &BuildRequest, tree: &Path) -> Result<(), BuildError> {
    let git = git(request);
    succeed(request, &git.tree(tree).args(["config", "remote.origin.url", &request.source.repo]))?;
    succeed(request, &git.tree(tree).args(["submodule", "update", "--quiet", "--init", "--recursive", "--depth=1"]))
}

/// The submodules of a tree, by path, with their commits; none where they were not asked for.
pub(crate) fn submodules_of(request: &BuildRequest, tree: &Path) -> Result<Vec<(String, String)>, BuildError> {
    if !request.source.submodules || !tree.join(".gitmodules").exists() {
        return Ok(Vec::new());
    }
    let spec = local_git(request).tree(tree).args(["submodule", "status", "--recursive"]);
    let output = run(&spec).and_then(|output| output.require_success(&spec));
    let output = output.map_err(|source| BuildError::git("list the submodules of", &request.source.repo, source))?;
    // One sign, the commit, the path, and a description in parentheses.
    let pair = |line: &str| {
        let (commit, rest) = line.get(1..)?.split_once(' ')?;
        Some((rest.rsplit_once(" (").map_or(rest, |(path, _)| path).to_owned(), commit.to_owned()))
    };
    Ok(output.stdout_text().lines().filter_map(pair).collect())
}

fn succeed(request: &BuildRequest, spec: &CommandSpec) -> Result<(), BuildError> {
    let output = run(spec).and_then(|output| output.require_success(spec));
    output.map(|_| ()).map_err(|source| BuildError::git("fetch from", &request.source.repo, source))
}
