//! Answers are remembered until the program changes, and a file that cannot be used is an empty cache.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use exec::{CommandSpec, ProbeCache};

/// A file that counts as a program; it is never run here.
fn program(path: &Path) -> CommandSpec {
    durable::replace(path, b"#!/bin/sh\n").unwrap();
    question(path)
}

fn question(path: &Path) -> CommandSpec {
    CommandSpec::new(path, Duration::from_secs(1)).arg("--version")
}

#[test]
fn an_answer_belongs_to_one_command_and_survives_a_save() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, file) = (ProbeCache::default(), dir.path().join("cache.json"));
    let asked = program(&dir.path().join("cc"));
    cache.save_if_changed(&file).unwrap();
    assert!(!file.exists(), "nothing new, nothing written");
    assert_eq!(cache.recall(&asked), None);
    cache.keep(&asked, "12.2.0");
    assert_eq!(cache.recall(&asked).as_deref(), Some("12.2.0"));
    assert_eq!(cache.recall(&asked.clone().arg("-v")), None);
    cache.save_if_changed(&file).unwrap();
    let loaded = ProbeCache::load(&file);
    assert_eq!(loaded.recall(&asked).as_deref(), Some("12.2.0"));
    fs::remove_file(&file).unwrap();
    loaded.save_if_changed(&file).unwrap();
    assert!(!file.exists(), "nothing new, nothing written");
}

/// Another time, another mode, another file, another target: each is another program.
#[test]
fn a_changed_program_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let asked = program(&at("cc-12"));
    program(&at("cc-13"));
    symlink("cc-12", at("cc")).unwrap();
    let cache = ProbeCache::default();
    for change in [
        (|at| File::options().append(true).open(at).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap())
            as fn(&Path),
        |at| fs::set_permissions(at, Permissions::from_mode(0o755)).unwrap(),
        |at| durable::replace(at, b"#!/bin/sh\n").unwrap(),
    ] {
        cache.keep(&asked, "12.2.0");
        assert!(cache.recall(&asked).is_some());
        std::thread::sleep(Duration::from_millis(20));
        change(&at("cc-12"));
        assert_eq!(cache.recall(&asked), None);
    }
    cache.keep(&question(&at("cc")), "12.2.0");
    fs::remove_file(at("cc")).unwrap();
    symlink("cc-13", at("cc")).unwrap();
    assert_eq!(cache.recall(&question(&at("cc"))), None);
    fs::remove_file(at("cc")).unwrap();
    assert_eq!(cache.recall(&question(&at("cc"))), None, "it is gone");
}

/// One file under two names is two programs, as ccache's compilers are.
#[test]
fn one_file_can_be_several_programs() {
    let dir = tempfile::tempdir().unwrap();
    program(&dir.path().join("ccache"));
    let cache = ProbeCache::default();
    for name in ["cc", "c++"] {
        symlink("ccache", dir.path().join(name)).unwrap();
        cache.keep(&question(&dir.path().join(name)), name);
    }
    for name in ["cc", "c++"] {
        assert_eq!(cache.recall(&question(&dir.path().join(name))).as_deref(), Some(name));
    }
}

/// Files of the format before, damaged ones and what is no plain file count as empty, and are replaced.
#[test]
fn a_file_that_cannot_be_used_is_an_empty_cache() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cache.json");
    let asked = program(&dir.path().join("git"));
    let path = asked.program.display();
    let identity = format!("\"real_path\":\"{path}\",\"dev\":1,\"ino\":2,\"size\":3,\"mtime_ns\":4");
    let tools = format!("{{\"format\":1,\"programs\":{{\"{path}\":{{\"file\":{{{identity}}},\"line\":\"git 2\"}}}}}}");
    let cuda = format!(
        "{{\"format\":1,\"commands\":{{\"{path} --version\":{{\"file\":{{{identity}}},\"answer\":\"git 2\"}}}}}}"
    );
    for content in ["", "{", "[]", "{\"format\":99,\"answers\":{}}", "{\"format\":2,\"answers\":7}", &tools, &cuda] {
        durable::replace(&file, content.as_bytes()).unwrap();
        let cache = ProbeCache::load(&file);
        assert!(cache.is_empty() && cache.recall(&asked).is_none(), "{content}");
        cache.keep(&asked, "git 2.39");
        cache.save_if_changed(&file).unwrap();
        assert_eq!(ProbeCache::load(&file).recall(&asked).as_deref(), Some("git 2.39"), "{content}");
    }
    symlink(&file, dir.path().join("link")).unwrap();
    for other in [dir.path(), &dir.path().join("link"), &dir.path().join("absent")] {
        assert!(ProbeCache::load(other).is_empty(), "{}", other.display());
    }
}

/// JSON holds text; what is none is asked each time.
#[test]
fn a_path_that_is_not_text_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let asked = program(&dir.path().join(OsStr::from_bytes(b"cc-\xff")));
    let cache = ProbeCache::default();
    cache.keep(&asked, "12.2.0");
    assert!(cache.is_empty());
    symlink(&asked.program, dir.path().join("cc")).unwrap();
    cache.keep(&question(&dir.path().join("cc")), "12.2.0");
    assert!(cache.is_empty());
}

#[test]
fn a_cache_that_cannot_be_written_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ProbeCache::default();
    cache.keep(&program(&dir.path().join("git")), "git 2.39");
    assert!(cache.save_if_changed(&dir.path().join("absent/cache.json")).is_err());
}
