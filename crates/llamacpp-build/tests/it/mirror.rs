//! The mirror of a repository: what happens to it costs a fetch, never a wrong tree.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use llamacpp_build::{Commit, server_docs};

use crate::support::Bench;

type Damage<'a> = (&'a str, &'a dyn Fn(&Path));

/// All files below a folder.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

fn writable(path: &Path) -> File {
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    OpenOptions::new().write(true).open(path).unwrap()
}

/// F01, F30: a mirror that a killed git left half made or locked, or whose disk lost bytes, is set aside and made once
/// more; the operator's own repository is not touched.
#[test]
fn a_damaged_mirror_is_made_anew() {
    let bench = Bench::new();
    let request = bench.request("main");
    assert!(bench.tree(&request).contains(&bench.repo.commit));
    let damages: [Damage<'_>; 6] = [
        ("no HEAD", &|mirror| fs::remove_file(mirror.join("HEAD")).unwrap()),
        ("an empty HEAD", &|mirror| writable(&mirror.join("HEAD")).set_len(0).unwrap()),
        ("no objects", &|mirror| fs::remove_dir_all(mirror.join("objects")).unwrap()),
        ("a lock left behind", &|mirror| drop(File::create(mirror.join("shallow.lock")).unwrap())),
        ("cut objects", &|mirror| {
            for path in files(&mirror.join("objects")) {
                let len = fs::metadata(&path).unwrap().len();
                writable(&path).set_len(len / 2).unwrap();
            }
        }),
        ("objects with wrong bytes", &|mirror| {
            for path in files(&mirror.join("objects")) {
                let len = fs::metadata(&path).unwrap().len();
                writable(&path).write_all_at(b"rotten", len / 2).unwrap();
            }
        }),
    ];
    for (i, (name, damage)) in damages.iter().enumerate() {
        let mirrors: Vec<_> = bench.cached("git").into_iter().filter(|path| path.is_dir()).collect();
        damage(mirrors.first().unwrap());
        let tree = bench.tree(&request);
        assert!(tree.contains(&bench.repo.commit) && tree.contains("CMakeLists.txt"), "{name}: {tree}");
        assert_eq!(bench.cached("bad").len(), (i + 1).min(4), "{name}: the newest damaged ones are kept");
    }
    assert_eq!(bench.repo.git(&["status", "--porcelain"]), "");
    assert_eq!(bench.repo.git(&["rev-parse", "main"]), bench.repo.commit);
}

/// The server's own documents are read out of the mirror before anything is built, and only where the commit is there.
#[test]
fn the_servers_readme_is_read_before_the_build() {
    let bench = Bench::new();
    for (place, text) in
        [("examples/server/README.md", "| `--old N` | x |"), ("tools/server/README.md", "| `--new N` | x |")]
    {
        let before = Commit::parse(&bench.repo.commit).unwrap();
        fs::create_dir_all(bench.repo.path.join(place).parent().unwrap()).unwrap();
        let commit = Commit::parse(&bench.repo.change(place, text)).unwrap();
        let request = bench.request(commit.as_str());
        assert_eq!(server_docs(&bench.layout(), &request, &commit), None, "not fetched yet");
        bench.tree(&request);
        assert_eq!(server_docs(&bench.layout(), &request, &commit).as_deref(), Some(text));
        assert_eq!(server_docs(&bench.layout(), &request, &before), None, "it had none, or is not there");
    }
}
