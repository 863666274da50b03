//! A git repository of the fixture whose commit ids are the same on every machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env, run};

use crate::files::write;
use crate::fixture::{copy_tree, fixture};

/// A real git repository with a work tree. `main` has two commits; the first is also the branch `dev` and the
/// annotated tag `b1`.
#[derive(Clone, Debug)]
pub struct Repo {
    /// The work tree, with `main` checked out.
    pub path: PathBuf,
    /// The full id of the commit that `main` was made with.
    pub commit: String,
    /// The full id of the commit below it: `dev`, and what `b1` points to.
    pub first: String,
}

/// Makes the repository as `tiny-llama` in `dir`.
pub fn tiny_llama_repo(dir: &Path) -> Repo {
    let path = dir.join("tiny-llama");
    copy_tree(&fixture(), &path);
    let mut repo = Repo { path, commit: String::new(), first: String::new() };
    repo.git(&["init", "--quiet", "--template=", "--initial-branch=main"]);
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--message=first"]);
    repo.git(&["branch", "dev"]);
    repo.git(&["tag", "--annotate", "--message=the first build", "b1"]);
    repo.first = repo.git(&["rev-parse", "HEAD"]);
    repo.commit = repo.change("CHANGES", "second\n");
    repo
}

impl Repo {
    /// Writes `file` (relative to the work tree) and commits it on the branch that is checked out; the new commit's id.
    pub fn change(&self, file: &str, text: &str) -> String {
        write(self.path.join(file), text.as_bytes());
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", &format!("change {file}")]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A bundle of HEAD alone, beside the repository: what it clones to has neither branch nor tag.
    pub fn bundle(&self) -> PathBuf {
        let path = self.path.with_extension("bundle");
        self.git(&["bundle", "create", "--quiet", &path.to_string_lossy(), "HEAD"]);
        path
    }

    /// Runs git in the work tree, deaf to the user's configuration, with a fixed author and date; its trimmed stdout.
    pub fn git(&self, args: &[&str]) -> String {
        let git = Env::current().find("git").expect("git is on PATH");
        let mut spec = CommandSpec::new(git, Duration::from_secs(30)).cwd(&self.path).env("GIT_CONFIG_NOSYSTEM", "1");
        spec = spec.env("GIT_CONFIG_GLOBAL", "/dev/null").env("HOME", "/nonexistent");
        for role in ["AUTHOR", "COMMITTER"] {
            spec = spec
                .env(format!("GIT_{role}_NAME"), "tester")
                .env(format!("GIT_{role}_EMAIL"), "tester@example.com")
                .env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
        }
        spec = spec.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]).args(args.iter().copied());
        let output = run(&spec).and_then(|output| output.require_success(&spec)).expect("git works");
        output.stdout_text().trim().to_owned()
    }
}
