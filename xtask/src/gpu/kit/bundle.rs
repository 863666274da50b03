//! The engine's source as a git bundle of one commit, without the folders that no build of the server reads.

use std::path::Path;

use exec::{CommandSpec, Env};

use crate::failure::Result;
use crate::proc;

/// A build of llama.cpp v0.5.0 without them makes the same server; with them the bundle is three times as large.
const LEFT_OUT: [&str; 4] = ["models", "docs", "media", "benches"];
/// The commit depends on its contents alone.
const IDENTITY: [(&str, &str); 6] = [
    ("GIT_AUTHOR_NAME", "kit"),
    ("GIT_AUTHOR_EMAIL", "kit@example.com"),
    ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
    ("GIT_COMMITTER_NAME", "kit"),
    ("GIT_COMMITTER_EMAIL", "kit@example.com"),
    ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
];

/// Packs `reference` of `repo` and returns the commit in the bundle.
pub(super) fn pack(env: &Env, repo: &str, reference: &str, bundle: &Path) -> Result<String> {
    let scratch = tempfile::tempdir()?;
    let tree = scratch.path();
    let git = |words: &[&str]| -> Result<String> {
        let spec = proc::tool(env, &["git"], tree)?.args(words.iter().copied());
        let spec = IDENTITY.iter().fold(spec, |spec: CommandSpec, (name, value)| spec.env(*name, *value));
        Ok(proc::capture(&spec)?.stdout_text().trim().to_owned())
    };
    git(&["clone", "--quiet", "--no-checkout", repo, "."])?;
    git(&["checkout", "--quiet", "--detach", reference])?;
    git(&["checkout", "--quiet", "--orphan", "kit"])?;
    git(&[&["rm", "-r", "--quiet", "--force", "--ignore-unmatch", "--"], &LEFT_OUT[..]].concat())?;
    git(&["commit", "--quiet", "--no-verify", "--message", &format!("{reference} without {}", LEFT_OUT.join(", "))])?;
    git(&["bundle", "create", "--quiet", &bundle.display().to_string(), "HEAD"])?;
    git(&["rev-parse", "HEAD"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_one_commit_without_what_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let repo = testkit::tiny_llama_repo(dir.path());
        std::fs::create_dir(repo.path.join("media")).unwrap();
        let commit = repo.change("media/logo.svg", "large\n");
        let (env, bundle) = (Env::current(), dir.path().join("source.bundle"));
        let source = repo.path.display().to_string();
        let packed = pack(&env, &source, &commit, &bundle).unwrap();
        assert_eq!(pack(&env, &source, &commit, &bundle).unwrap(), packed, "it depends on its contents alone");
        let clone = dir.path().join("clone");
        let words = ["git", "clone", "--quiet", &bundle.display().to_string(), &clone.display().to_string()];
        proc::capture(&proc::tool(&env, &words, dir.path()).unwrap()).unwrap();
        assert!(clone.join("CMakeLists.txt").is_file() && !clone.join("media").exists());
        let count = proc::tool(&env, &["git", "rev-list", "--count", "HEAD"], &clone).unwrap();
        assert_eq!(proc::capture(&count).unwrap().stdout_text().trim(), "1");
    }
}
