//! A store entry is what its manifest says, or it is set aside and built anew.

use std::fs::{self, FileTimes, OpenOptions};
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;

use engine_store::Store;
use testkit::copy_tree;

use crate::support::Bench;

/// F10, F38: bytes changed behind an old date, a cut file, links in the place of files and folders, a file more or
/// less, a manifest that lies: none of it is ever handed out, and the place is free for a new build.
#[test]
fn a_changed_entry_is_quarantined() {
    let bench = Bench::quick();
    let request = bench.request(&bench.repo.commit);
    let built = bench.build(&request).unwrap();
    let (key, entry, good) = (built.manifest.key.clone(), built.dir.clone(), bench.at("good"));
    copy_tree(&entry, &good);
    let binary = built.binary();
    let store = Store::new(bench.layout());
    let swap = |path: &Path, target: &Path| {
        let gone = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        gone.unwrap();
        symlink(target, path).unwrap();
    };
    let damages: [(&str, &dyn Fn()); 10] = [
        ("one byte, and the old date", &|| {
            let modified = fs::metadata(&binary).unwrap().modified().unwrap();
            let file = OpenOptions::new().write(true).open(&binary).unwrap();
            file.write_all_at(b"!", 4000).unwrap();
            file.set_times(FileTimes::new().set_modified(modified)).unwrap();
        }),
        ("cut", &|| OpenOptions::new().write(true).open(&binary).unwrap().set_len(4096).unwrap()),
        ("empty", &|| OpenOptions::new().write(true).open(&binary).unwrap().set_len(0).unwrap()),
        ("a link for the server", &|| swap(&binary, &good.join("bin/llama-server"))),
        ("a link for its folder", &|| swap(&entry.join("bin"), &good.join("bin"))),
        ("a link for the entry", &|| swap(&entry, &good)),
        ("no server", &|| fs::remove_file(&binary).unwrap()),
        ("a library more", &|| drop(fs::File::create(entry.join("bin/libgomp.so.1")).unwrap())),
        ("no manifest", &|| fs::remove_file(entry.join("build.json")).unwrap()),
        ("half a manifest", &|| {
            OpenOptions::new().write(true).open(entry.join("build.json")).unwrap().set_len(300).unwrap();
        }),
    ];
    for (i, (name, damage)) in damages.iter().enumerate() {
        assert!(store.take(&key).unwrap().is_some(), "before {name}");
        damage();
        assert!(store.lookup(&key).unwrap().is_none(), "{name}");
        assert!(fs::symlink_metadata(&entry).is_ok(), "{name}: looking changes nothing");
        assert!(store.take(&key).unwrap().is_none(), "{name}");
        assert!(fs::symlink_metadata(&entry).is_err(), "{name}: set aside");
        assert_eq!(bench.cached("bad").len(), (i + 1).min(4), "{name}: and the newest kept to be looked at");
        copy_tree(&good, &entry);
    }

    // Under another key's name it is not that key's.
    let (mut request, commit) = (request, bench.resolve(&bench.request(&bench.repo.commit)).unwrap());
    request.source.submodules = true;
    let other = llamacpp_build::identify(&request, &commit).unwrap().key();
    copy_tree(&good, &entry.with_file_name(other.as_str()));
    assert!(store.lookup(&other).unwrap().is_none() && store.lookup(&key).unwrap().is_some());
}
