//! From any way to name a repository and a commit to the same tree.

use std::fs;
use std::io::Write;
use std::net::TcpListener;

use llamacpp_build::{BuildError, Transport, identify, known_commit};

use crate::support::{Bench, code};

/// EP-10, F27: branch, tag, full and abbreviated commit mean what git means by them, and one commit is one key.
#[test]
fn a_commit_has_one_key_however_it_is_named() {
    let bench = Bench::new();
    let (first, middle) = (bench.repo.first.clone(), bench.repo.commit.clone());
    let tip = bench.repo.change("MORE", "third\n");
    let tag_object = bench.repo.git(&["rev-parse", "b1"]);
    assert_ne!(tag_object, first, "the tag is an annotated one");
    let mut request = bench.request("main");
    let mut keys = std::collections::BTreeMap::new();
    for (reference, commit) in [
        ("main", &tip),
        ("HEAD", &tip),
        ("refs/heads/main", &tip),
        (tip.as_str(), &tip),
        (&tip.to_uppercase(), &tip),
        (&tip[..7], &tip),
        (&middle, &middle),
        (&middle[..9], &middle),
        ("dev", &first),
        ("b1", &first),
        ("refs/tags/b1", &first),
        (&tag_object[..12], &first),
    ] {
        request.source.reference = reference.to_owned();
        let resolved = bench.resolve(&request).unwrap();
        assert_eq!(resolved.as_str(), commit, "{reference}");
        let key = identify(&request, &resolved).unwrap().key();
        assert_eq!(*keys.entry(commit.clone()).or_insert_with(|| key.clone()), key, "{reference}");
    }
    let distinct: std::collections::BTreeSet<_> = keys.values().collect();
    assert_eq!(distinct.len(), 3);
}

/// EP-10: a path, a `file://` URL and bundles give the tree of the commit that was asked for.
#[test]
fn a_path_a_url_and_a_bundle_give_the_tree() {
    let bench = Bench::new();
    let (first, middle) = (bench.repo.first.clone(), bench.repo.commit.clone());
    let tip = bench.repo.change("MORE", "third\n");
    let path = bench.repo.path.to_str().unwrap().to_owned();
    let only_head = bench.repo.bundle().to_str().unwrap().to_owned();
    let no_head = bench.at("named.bundle").to_str().unwrap().to_owned();
    bench.repo.git(&["bundle", "create", "--quiet", &no_head, "main", "b1"]);
    let mut request = bench.request("main");
    for (repo, reference, commit) in [
        (&path, tip.as_str(), &tip),    // shallow
        (&path, &middle[..9], &middle), // deepens the same mirror
        (&path, "b1", &first),
        (&format!("file://{path}"), &middle, &middle), // no tip of anything
        (&only_head, &middle[..9], &middle),           // reached by HEAD alone
        (&only_head, "HEAD", &tip),
        (&no_head, "main", &tip),
        (&no_head, &middle[..8], &middle),
        (&no_head, "b1", &first),
    ] {
        request.source.repo.clone_from(repo);
        request.source.reference = reference.to_owned();
        let tree = bench.tree(&request);
        assert!(tree.contains(commit.as_str()), "{repo} {reference}: {tree}");
        assert_eq!(tree.contains("MORE"), *commit == tip, "{repo} {reference}: {tree}");
    }
}

/// F26: what a branch or tag means is asked each time, and a plan knows the last answer without asking.
#[test]
fn a_branch_and_a_tag_that_moved_are_followed() {
    let bench = Bench::new();
    for reference in ["main", "b1"] {
        let request = bench.request(reference);
        let before = bench.resolve(&request).unwrap();
        let moved = bench.repo.change(&format!("MOVED-{reference}"), "x\n");
        bench.repo.git(&["tag", "--force", "b1"]);
        let after = bench.resolve(&request).unwrap();
        assert_eq!(after.as_str(), moved);
        assert_ne!(
            identify(&request, &before).unwrap().key(),
            identify(&request, &after).unwrap().key(),
            "another commit is another build"
        );
        let asked = bench.calls("git", "").len();
        let (known, when) = known_commit(&bench.layout(), &request.source).unwrap();
        assert!(known == after && when > 0);
        assert_eq!(bench.calls("git", "").len(), asked, "a plan asks nobody");
        assert!(bench.tree(&request).contains(&moved));
    }
}

/// F27: a name that is not there is an error that names the nearest, and one that means two things is refused.
#[test]
fn a_wrong_name_is_told_the_nearest() {
    let bench = Bench::new();
    let error = bench.resolve(&bench.request("mian")).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(matches!(error, BuildError::RefNotFound { .. }) && help.contains("main"), "{error}: {help}");
    for nobody in ["0123abc", &"0".repeat(40)] {
        let error = bench.build(&bench.request(nobody)).unwrap_err();
        assert!(code(&error).starts_with("source::"), "{error}");
    }
    assert!(bench.cached("staging").is_empty() && bench.cached("store").is_empty());

    bench.repo.git(&["tag", "dev", "main"]);
    let error = bench.resolve(&bench.request("dev")).unwrap_err();
    assert!(matches!(error, BuildError::RefAmbiguous { .. }), "{error}");
    assert_eq!(bench.resolve(&bench.request("refs/heads/dev")).unwrap().as_str(), bench.repo.first);
    assert_eq!(bench.resolve(&bench.request("refs/tags/dev")).unwrap().as_str(), bench.repo.commit);
}

/// F27: what keeps git from the repository is told by its cause, with the repository and without its password.
#[test]
fn why_git_does_not_reach_the_repository() {
    let bench = Bench::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (repo, transport, expected) in [
        (bench.at("absent").display().to_string(), Transport::Local, "source::no_repository"),
        (format!("https://user:sentinel@{nobody}/x"), Transport::Https, "source::unreachable"),
    ] {
        let mut request = bench.request("main");
        (request.source.repo, request.source.transport) = (repo, transport);
        let error = bench.resolve(&request).unwrap_err();
        assert_eq!(code(&error), expected, "{error:?}");
        let told = error.to_string();
        assert!(told.starts_with("could not ask the repository `"), "{told}");
        assert!(!format!("{error:?}").contains("sentinel"), "{error:?}");
    }
}

/// F31: submodules are fetched when asked for, by the protocol that was allowed, and never otherwise.
#[test]
fn submodules_come_when_asked_for() {
    let bench = Bench::new();
    let part = bench.repo.path.to_str().unwrap().to_owned();
    bench.repo.git(&["-c", "protocol.file.allow=always", "submodule", "add", "--quiet", &part, "part"]);
    bench.repo.change("MORE", "with a submodule\n");
    let mut request = bench.request("main");
    bench.tool("cmake", "echo \"CMake Error: $(ls \"$2/part\")\"; exit 1");
    let listed = |request: &_| match bench.build(request) {
        Err(BuildError::Configure { .. }) => fs::read_to_string(bench.at("logs/configure.log")).unwrap(),
        other => panic!("{other:?}"),
    };
    assert!(!listed(&request).contains("CMakeLists.txt"));
    request.source.submodules = true;
    assert!(listed(&request).contains("CMakeLists.txt"));

    let canary = bench.at("canary");
    let url = format!("ext::sh -c touch% {}", canary.display());
    bench.repo.change(".gitmodules", &format!("[submodule \"part\"]\n\tpath = part\n\turl = {url}\n"));
    let error = bench.build(&request).unwrap_err();
    assert!(code(&error).starts_with("source::"), "{error:?}");
    assert!(!canary.exists() && bench.cached("staging").is_empty());
}

/// A working tree is built as it is: changed, added and removed files count, ignored ones do not, the same content is
/// the same build however it came about, and the developer's own repository is not touched.
#[test]
fn a_working_tree_is_what_is_in_it() {
    let bench = Bench::new();
    let tree = &bench.repo.path;
    let mut request = bench.request("whatever");
    request.source.transport = Transport::WorkTree;
    let write = |name: &str, text: &str| {
        std::fs::File::create(tree.join(name)).and_then(|mut file| file.write_all(text.as_bytes())).unwrap();
    };
    // A filter and a hook of the developer's, which are theirs to run.
    let canary = bench.at("canary");
    bench.repo.git(&["config", "filter.own.clean", &format!("touch {}", canary.display())]);
    write(".gitattributes", "*.txt filter=own\n");
    write(".gitignore", "ignored\n");
    std::fs::create_dir_all(tree.join(".git/info")).unwrap();
    write(".git/info/exclude", "excluded\n");
    let plain = bench.resolve(&request).unwrap();
    write("ignored", "x");
    write("excluded", "x");
    assert_eq!(bench.resolve(&request).unwrap(), plain);
    write("new.txt", "one\n");
    let added = bench.resolve(&request).unwrap();
    assert_ne!(added, plain);
    assert!(!canary.exists());
    let status = bench.repo.git(&["status", "--porcelain"]);
    assert!(status.contains("?? new.txt"), "{status}");
    let key = |commit| identify(&request, commit).unwrap().key();
    assert_ne!(key(&added), key(&plain));
    assert_eq!(known_commit(&bench.layout(), &request.source).unwrap().0, added);

    // Committed, it is the same.
    bench.repo.git(&["config", "--unset", "filter.own.clean"]);
    bench.repo.git(&["add", "--all"]);
    bench.repo.git(&["commit", "--quiet", "--message=x"]);
    assert_eq!(bench.resolve(&request).unwrap(), added);
    write("new.txt", "two\n");
    std::fs::remove_file(tree.join("CHANGES")).unwrap();
    let seen = bench.tree(&request);
    assert!(seen.contains("new.txt") && !seen.contains("CHANGES") && !seen.contains("excluded"), "{seen}");
    assert!(seen.contains(bench.resolve(&request).unwrap().as_str()), "{seen}");
}

/// F27: what a pull request points at, and a commit that is on no branch, are sources like any other.
#[test]
fn pull_requests_and_commits_on_no_branch() {
    let bench = Bench::new();
    let main = bench.repo.commit.clone();
    let proposed = bench.repo.change("PROPOSED", "x\n");
    bench.repo.git(&["update-ref", "refs/pull/7/head", &proposed]);
    let lost = bench.repo.change("LOST", "x\n");
    bench.repo.git(&["reset", "--quiet", "--hard", &main]);
    for (reference, commit, file) in
        [("refs/pull/7/head", &proposed, "PROPOSED"), ("pull/7/head", &proposed, "PROPOSED"), (&lost, &lost, "LOST")]
    {
        let request = bench.request(reference);
        assert_eq!(bench.resolve(&request).unwrap().as_str(), commit);
        let seen = bench.tree(&request);
        assert!(seen.contains(commit) && seen.contains(file), "{reference}: {seen}");
    }
}
