//! The repository has what tests of fetching rely on.

use testkit::{fake_tool, tiny_llama_repo};

#[test]
fn branches_tag_and_bundle_are_as_described() {
    let dir = tempfile::tempdir().unwrap();
    let repo = tiny_llama_repo(dir.path());
    assert_eq!(repo.git(&["rev-list", "--count", "main"]), "2");
    assert_eq!(repo.git(&["rev-parse", "dev"]), repo.first);
    assert_eq!(repo.git(&["cat-file", "-t", "b1"]), "tag");
    assert_eq!(repo.git(&["rev-parse", "b1^{commit}"]), repo.first);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(repo.git(&["bundle", "list-heads", &repo.bundle().to_string_lossy()]), format!("{} HEAD", repo.commit));
    let moved = repo.change("src/llama.cpp", "broken");
    assert_eq!(repo.git(&["rev-parse", "main~1", "main"]), format!("{}\n{moved}", repo.commit));
}

#[test]
fn two_repositories_have_the_same_commits() {
    let [a, b] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    assert_eq!(tiny_llama_repo(a.path()).commit, tiny_llama_repo(b.path()).commit);
}

#[test]
fn a_fake_tool_does_what_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = fake_tool(dir.path(), "nvcc", "echo release 13.0, $1");
    let spec = exec::CommandSpec::new(path, std::time::Duration::from_secs(5)).arg("x");
    assert_eq!(exec::run(&spec).unwrap().stdout_text(), "release 13.0, x\n");
}
