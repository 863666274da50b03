//! Folders of this host.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;

use cdi::{PathState, path_state, read_folders};

fn write(path: &std::path::Path, bytes: &[u8]) {
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn folders_are_read_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (etc, run, link) = (dir.path().join("etc"), dir.path().join("run"), dir.path().join("link"));
    for folder in [&etc, &run] {
        fs::create_dir(folder).unwrap();
    }
    symlink(&etc, &link).unwrap();
    write(&etc.join("b.yaml"), b"b");
    write(&etc.join("a.json"), b"a");
    write(&run.join("c.json"), &[0xff, 0xfe]);
    fs::create_dir(run.join("d.json")).unwrap();
    let files = read_folders(&[etc.clone(), link, run.clone(), dir.path().join("absent")]);
    let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(paths, [etc.join("a.json"), etc.join("b.yaml"), run.join("c.json")]);
    assert_eq!(files[0].text.as_deref(), Ok("a"));
    assert!(files[2].text.is_err());
}

#[test]
fn a_path_is_there_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert_eq!(path_state(&socket), PathState::Open);
    assert_eq!(path_state(dir.path()), PathState::Open);
    assert_eq!(path_state(&dir.path().join("absent")), PathState::Absent);
}
