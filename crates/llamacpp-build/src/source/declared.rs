//! What a source declares, asked of the mirror: for whoever must know before the source is checked out.

use std::path::Path;
use std::time::Duration;

use engine_store::Layout;
use exec::Env;

use crate::cmake::tree::TreeOptions;
use crate::source::git::Git;
use crate::{Commit, Transport};

/// Reading one file out of a mirror takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(10);

/// Whether the source's own `CMakeLists.txt` declares an option at this commit; `None` while the mirror does not have the
/// commit. Nothing is fetched.
pub fn declares(layout: &Layout, repo: &str, commit: &Commit, git: &Path, env: &Env, option: &str) -> Option<bool> {
    let git = Git { program: git, transport: Transport::Local, deadline: DEADLINE, silence: DEADLINE, env };
    let lists = git.file(&layout.mirror(repo), commit, "CMakeLists.txt")?;
    Some(TreeOptions::parse(&lists).has(option))
}

#[cfg(test)]
mod tests {
    use super::*;
    use exec::{CommandSpec, run};

    #[test]
    fn a_mirror_tells_what_a_commit_declares() {
        let dir = tempfile::tempdir().unwrap();
        let repo = testkit::tiny_llama_repo(dir.path());
        let (layout, env) = (Layout::new(&dir.path().join("cache")).unwrap(), Env::current());
        let (git, name) = (env.find("git").unwrap(), repo.path.display().to_string());
        let commit = Commit::parse(&repo.commit).unwrap();
        let ask = |commit: &Commit, option: &str| declares(&layout, &name, commit, &git, &env, option);
        assert_eq!(ask(&commit, "LLAMA_OPENSSL"), None, "nothing was fetched yet");
        let clone = CommandSpec::new(&git, DEADLINE).args(["clone", "--quiet", "--bare"]);
        let clone = clone.arg(&repo.path).arg(layout.mirror(&name)).inherit(&env, &["PATH"]);
        run(&clone).unwrap().require_success(&clone).unwrap();
        assert_eq!(ask(&commit, "LLAMA_OPENSSL"), Some(true));
        assert_eq!(ask(&commit, "LLAMA_CURL"), Some(false), "it is only mentioned as deprecated");
        assert_eq!(ask(&Commit::parse(&"0".repeat(40)).unwrap(), "LLAMA_OPENSSL"), None);
    }
}
