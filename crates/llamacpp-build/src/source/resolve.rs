//! From a reference as people write it to the one commit it means.
//!
//! A whole commit id is itself and asks nobody. Everything else is asked of the repository each time, so that a branch
//! that moved is followed; the answer is remembered for a plan, which asks nobody.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use durable::{Lock, Wait};
use engine_store::Layout;
use exec::CommandSpec;
use serde::{Deserialize, Serialize};

use crate::plan::call::Ran;
use crate::plan::job::Job;
use crate::source::commit::{Commit, Listing};
use crate::source::git::{Git, git};
use crate::source::{fetch, mirror, worktree};
use crate::{BuildError, BuildRequest, Source, Transport};

/// Most remembered references of a repository.
const LARGEST: u64 = 1 << 20;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered(BTreeMap<String, Known>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    commit: Commit,
    asked_unix_s: u64,
}

/// The commit a source means as far as this host knows, without asking anybody; with the unix time it was asked
/// (0 for a whole commit id, which never needs asking).
pub fn known_commit(layout: &Layout, source: &Source) -> Option<(Commit, u64)> {
    if let Some(commit) = pinned(source) {
        return Some((commit, 0));
    }
    let known = remembered(layout, source).0.remove(&source.reference)?;
    Commit::parse(known.commit.as_str()).map(|commit| (commit, known.asked_unix_s))
}

/// A commit that was asked for, and what was run to learn it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The commit.
    pub commit: Commit,
    /// The whole name of the branch or tag, such as `refs/heads/main`; none for a commit id and a working tree.
    pub name: Option<String>,
    /// git's digest of the working tree, where one is the source.
    pub tree: Option<String>,
    /// What was run.
    pub ran: Vec<Ran>,
}

/// The commit a source means now. Asks the repository unless the reference is a whole commit id; of a working tree, what
/// is in it becomes one.
pub fn resolve(layout: &Layout, request: &BuildRequest) -> Result<Commit, BuildError> {
    resolve_recorded(layout, request).map(|resolved| resolved.commit)
}

/// [`resolve`], with what was run.
pub fn resolve_recorded(layout: &Layout, request: &BuildRequest) -> Result<Resolved, BuildError> {
    if let Some(commit) = pinned(&request.source) {
        return Ok(Resolved { commit, name: None, tree: None, ran: Vec::new() });
    }
    layout.create()?;
    let job = Job::new(request);
    let wait = Wait::new(request.limits.fetch).cancel(&request.guard.cancel);
    let _lock = Lock::acquire_with(&layout.mirror_lock(&request.source.repo), "git", wait)?;
    let (commit, name, tree) = if request.source.transport == Transport::WorkTree {
        let mirror = layout.mirror(&request.source.repo);
        mirror::open(layout, &job, &mirror)?;
        let (commit, tree) = worktree::snapshot(&job, &mirror)?;
        (commit, None, Some(tree))
    } else {
        let (commit, name) = ask(layout, &job)?;
        (commit, name, None)
    };
    let mut all = remembered(layout, &request.source);
    let asked_unix_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    all.0.insert(request.source.reference.clone(), Known { commit: commit.clone(), asked_unix_s });
    durable::replace(&layout.references(&request.source.repo), &serde_json::to_vec_pretty(&all).unwrap_or_default())?;
    tracing::info!(reference = request.source.reference, commit = commit.as_str(), "resolved");
    Ok(Resolved { commit, name, tree, ran: job.take() })
}

/// The commands that [`resolve`] will run.
pub(crate) fn planned(layout: &Layout, request: &BuildRequest) -> Vec<CommandSpec> {
    let (source, git) = (&request.source, git(request));
    if pinned(source).is_some() {
        return Vec::new();
    }
    if source.transport == Transport::WorkTree {
        let mirror = layout.mirror(&source.repo);
        let mut commands = vec![mirror::opening(request, &mirror)];
        commands.extend(worktree::planned(request, &mirror));
        return commands;
    }
    let mut commands = vec![list_command(&git, &source.repo, &patterns(&source.reference))];
    if is_abbreviated(&source.reference) {
        commands.push(list_command(&git, &source.repo, &[]));
    }
    commands
}

/// The commit of a source that names it whole, and so needs no asking.
pub(crate) fn pinned(source: &Source) -> Option<Commit> {
    Commit::parse(&source.reference).filter(|_| source.transport != Transport::WorkTree)
}

fn remembered(layout: &Layout, source: &Source) -> Remembered {
    let bytes = durable::read_regular(&layout.references(&source.repo), LARGEST).ok().flatten();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// The command that asks a repository what `patterns` point at; every branch and tag when there are none.
fn list_command(git: &Git<'_>, repo: &str, patterns: &[String]) -> CommandSpec {
    let list = git.anywhere().silence(git.silence);
    list.args(["ls-remote", "--quiet", "--end-of-options", repo]).args(patterns.iter().cloned())
}

/// What a reference may be called in full, in the order git itself tries them, and what an annotated tag points at; a pattern
/// without a folder matches in every folder.
fn patterns(reference: &str) -> Vec<String> {
    let prefixed = ["", "refs/heads/", "refs/tags/", "refs/"].iter().map(|prefix| format!("{prefix}{reference}"));
    prefixed.chain([format!("{reference}^{{}}")]).collect()
}

/// The commit, and the whole name of the branch or tag that it is.
fn ask(layout: &Layout, job: &Job) -> Result<(Commit, Option<String>), BuildError> {
    let (source, reference) = (&job.source, job.source.reference.as_str());
    let listing = list(job, &patterns(reference))?;
    if let Some(commit) = pick(reference, &listing, source)? {
        let name = named(reference, &listing, &commit);
        return Ok((commit, name));
    }
    if is_abbreviated(reference) {
        let all = list(job, &[])?;
        return Ok((fetch::abbreviated(layout, job, &all)?, None));
    }
    let all = job.because("the repository has no such name; the nearest are looked for", || list(job, &[]))?;
    Err(BuildError::RefNotFound {
        repo: crate::error::shown(&source.repo),
        reference: reference.into(),
        nearest: nearest(reference, &all),
    })
}

fn list(job: &Job, patterns: &[String]) -> Result<Listing, BuildError> {
    let repo = &job.source.repo;
    let spec = list_command(&git(job), repo, patterns);
    let output = job
        .run(&spec)
        .and_then(|output| output.require_success(&spec))
        .map_err(|source| BuildError::git("ask the repository", repo, source))?;
    Ok(parse_listing(&output.stdout_text()))
}

fn parse_listing(text: &str) -> Listing {
    text.lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(id, name)| Some((name.to_owned(), Commit::parse(id)?)))
        .collect()
}

/// The commit of exactly this reference; a name that is both a branch and a tag of different commits is refused.
fn pick(reference: &str, listing: &Listing, source: &Source) -> Result<Option<Commit>, BuildError> {
    let get = |name: &str| listing.iter().find(|(n, _)| n == name).map(|(_, commit)| commit.clone());
    if reference == "HEAD" || reference.starts_with("refs/") {
        // A tag's own object is not the commit; what it points at is listed under `^{}`.
        return Ok(get(&format!("{reference}^{{}}")).or_else(|| get(reference)));
    }
    let branch = get(&format!("refs/heads/{reference}"));
    let tag = get(&format!("refs/tags/{reference}^{{}}")).or_else(|| get(&format!("refs/tags/{reference}")));
    match (branch, tag) {
        (Some(branch), Some(tag)) if branch != tag => {
            Err(BuildError::RefAmbiguous { repo: crate::error::shown(&source.repo), reference: reference.into() })
        }
        (branch, tag) => Ok(branch.or(tag).or_else(|| get(&format!("refs/{reference}")))),
    }
}

/// Which of the names that a reference may have in full is this commit, in the order git tries them.
fn named(reference: &str, listing: &Listing, commit: &Commit) -> Option<String> {
    let whole = patterns(reference).into_iter().filter(|name| name.starts_with("refs/"));
    let mut whole = whole.filter(|name| !name.ends_with("^{}"));
    whole.find(|name| {
        listing.iter().any(|(listed, id)| (listed == name || *listed == format!("{name}^{{}}")) && id == commit)
    })
}

fn is_abbreviated(reference: &str) -> bool {
    (7..40).contains(&reference.len()) && reference.bytes().all(|b| b.is_ascii_hexdigit())
}

fn nearest(reference: &str, listing: &Listing) -> Vec<String> {
    let short = |name: &str| ["refs/heads/", "refs/tags/"].iter().find_map(|p| name.strip_prefix(p)).map(str::to_owned);
    let mut names: Vec<(f64, String)> = listing
        .iter()
        .filter(|(name, _)| !name.ends_with("^{}"))
        .filter_map(|(name, _)| short(name))
        .map(|name| (strsim::jaro_winkler(&name, reference), name))
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    names.dedup_by(|a, b| a.1 == b.1);
    names.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(c: char) -> Commit {
        Commit::parse(&c.to_string().repeat(40)).unwrap()
    }

    #[test]
    fn a_reference_is_one_commit_or_an_error() {
        let text = format!(
            "{}\tHEAD\n{}\trefs/heads/main\n{}\trefs/tags/v1\n{}\trefs/tags/v1^{{}}\n{}\trefs/heads/both\n{}\trefs/tags/both\n{}\trefs/pull/7/head\nrubbish\n",
            id('a').as_str(),
            id('a').as_str(),
            id('b').as_str(),
            id('c').as_str(),
            id('d').as_str(),
            id('e').as_str(),
            id('f').as_str()
        );
        let listing = parse_listing(&text);
        let source = Source {
            repo: "/r".into(),
            transport: crate::Transport::Local,
            reference: String::new(),
            submodules: false,
        };
        let check = |reference: &str, expected: Option<char>| {
            assert_eq!(pick(reference, &listing, &source).unwrap(), expected.map(id), "{reference}");
        };
        for (reference, letter, expected) in [
            ("main", 'a', Some("refs/heads/main")),
            ("v1", 'c', Some("refs/tags/v1")),
            ("refs/tags/v1", 'c', Some("refs/tags/v1")),
            ("HEAD", 'a', None),
        ] {
            assert_eq!(named(reference, &listing, &id(letter)).as_deref(), expected, "{reference}");
        }
        check("HEAD", Some('a'));
        check("main", Some('a'));
        check("v1", Some('c'));
        check("refs/tags/v1", Some('c'));
        check("refs/pull/7/head", Some('f'));
        check("pull/7/head", Some('f'));
        check("mai", None);
        assert!(matches!(pick("both", &listing, &source), Err(BuildError::RefAmbiguous { .. })));
        assert_eq!(nearest("mian", &listing).first().map(String::as_str), Some("main"));
    }
}
