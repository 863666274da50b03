//! From a reference as people write it to the one commit it means.
//!
//! A whole commit id is itself and asks nobody. Everything else is asked of the repository each time, so that a branch
//! that moved is followed; the answer is remembered for a plan, which asks nobody.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use durable::Lock;
use engine_store::Layout;
use exec::{CommandSpec, run};
use serde::{Deserialize, Serialize};

use crate::source::commit::{Commit, Listing};
use crate::source::git::{Git, git};
use crate::source::{fetch, worktree};
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
    if let Some(commit) = Commit::parse(&source.reference).filter(|_| source.transport != Transport::WorkTree) {
        return Some((commit, 0));
    }
    let known = remembered(layout, source).0.remove(&source.reference)?;
    Commit::parse(&known.commit.as_str()).map(|commit| (commit, known.asked_unix_s))
}

/// The commit a source means now. Asks the repository unless the reference is a whole commit id; of a working tree, what
/// is in it becomes one.
pub fn resolve(layout: &Layout, request: &BuildRequest) -> Result<Commit, BuildError> {
    let of_tree = request.source.transport == Transport::WorkTree;
    if let Some(commit) = Commit::parse(&request.source.reference).filter(|_| !of_tree) {
        return Ok(commit);
    }
    layout.create()?;
    let _lock = Lock::acquire(&layout.mirror_lock(&request.source.repo), "git", request.limits.fetch)?;
    let commit = if of_tree {
        let mirror = layout.mirror(&request.source.repo);
        fetch::open_mirror(layout, request, &mirror)?;
        worktree::snapshot(request, &mirror)?
    } else {
        ask(layout, request)?
    };
    let mut all = remembered(layout, &request.source);
    let asked_unix_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    all.0.insert(request.source.reference.clone(), Known { commit: commit.clone(), asked_unix_s });
    durable::replace(&layout.references(&request.source.repo), &serde_json::to_vec_pretty(&all).unwrap_or_default())?;
    tracing::info!(reference = request.source.reference, commit = commit.as_str(), "resolved");
    Ok(commit)
}

fn remembered(layout: &Layout, source: &Source) -> Remembered {
    let bytes = durable::read_regular(&layout.references(&source.repo), LARGEST).ok().flatten();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// The command that asks a repository what `patterns` point at; every branch and tag when there are none.
pub(crate) fn list_command(git: &Git<'_>, repo: &str, patterns: &[String]) -> CommandSpec {
    git.anywhere().args(["ls-remote", "--quiet", "--end-of-options", repo]).args(patterns.iter().cloned())
}

/// What a reference may be called in full, in the order git itself tries them.
pub(crate) fn full_names(reference: &str) -> Vec<String> {
    let mut names: Vec<String> =
        ["refs/heads/", "refs/tags/", "refs/"].iter().map(|prefix| format!("{prefix}{reference}")).collect();
    names.insert(0, reference.to_owned());
    names
}

fn ask(layout: &Layout, request: &BuildRequest) -> Result<Commit, BuildError> {
    let (source, reference) = (&request.source, request.source.reference.as_str());
    let git = git(request);
    let mut patterns = full_names(reference);
    // What an annotated tag points at; a pattern without a folder matches in every folder.
    patterns.push(format!("{reference}^{{}}"));
    if let Some(commit) = pick(reference, &list(&git, &source.repo, &patterns)?, source)? {
        return Ok(commit);
    }
    let all = list(&git, &source.repo, &[])?;
    if is_abbreviated(reference) {
        return fetch::abbreviated(layout, request, &all);
    }
    Err(BuildError::RefNotFound {
        repo: crate::error::shown(&source.repo),
        reference: reference.into(),
        nearest: nearest(reference, &all),
    })
}

fn list(git: &Git<'_>, repo: &str, patterns: &[String]) -> Result<Listing, BuildError> {
    let spec = list_command(git, repo, patterns);
    let output = run(&spec)
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
