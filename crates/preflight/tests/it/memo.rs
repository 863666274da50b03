//! A second check costs no process, and a changed program is asked again.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
use std::time::{Duration, SystemTime};

use preflight::{Memo, Report, Tool, Version, check, save_memo};

use crate::support::Host;

fn version(report: &Report, tool: Tool) -> Version {
    report.get(tool).unwrap().version.unwrap()
}

/// The warm path: versions come from the memo, also in another process.
#[test]
fn the_second_check_runs_nothing() {
    let host = Host::complete();
    let memo = Memo::default();
    let first = check(&Tool::SOURCE_BUILD, &host.env(), &memo);
    assert_eq!(host.calls().len(), 5);
    assert_eq!(check(&Tool::SOURCE_BUILD, &host.env(), &memo), first);
    assert_eq!(host.calls(), [""; 0]);
    let file = host.at("tools.json");
    save_memo(&memo, &file).unwrap();
    let loaded = Memo::load(&file);
    assert_eq!(check(&Tool::SOURCE_BUILD, &host.env(), &loaded), first);
    assert_eq!(host.calls(), [""; 0]);
}

#[test]
fn a_changed_program_is_asked_again_and_no_other() {
    let host = Host::complete();
    let memo = Memo::default();
    check(&Tool::SOURCE_BUILD, &host.env(), &memo);
    host.calls();
    let host = host.says("cmake", "cmake version 3.31.6");
    let report = check(&Tool::SOURCE_BUILD, &host.env(), &memo);
    assert_eq!(version(&report, Tool::Cmake), Version::new(3, 31, 6));
    assert_eq!(host.calls(), ["cmake --version"]);
    // Same size, same inode, another time: as a reinstallation in place leaves it.
    let later = SystemTime::now() + Duration::from_secs(5);
    File::options().append(true).open(host.at("bin/git")).unwrap().set_modified(later).unwrap();
    check(&Tool::SOURCE_BUILD, &host.env(), &memo);
    assert_eq!(host.calls(), ["git --version"]);
}

/// `cc -> gcc-12` becomes `cc -> gcc-13`.
#[test]
fn a_link_that_leads_elsewhere_is_asked_again() {
    let host = Host::new().says("gcc-12", "gcc 12.2.0").says("gcc-13", "gcc 13.1.0");
    let memo = Memo::default();
    for (target, expected) in [("gcc-12", Version::new(12, 2, 0)), ("gcc-13", Version::new(13, 1, 0))] {
        let _ = fs::remove_file(host.at("bin/cc"));
        symlink(target, host.at("bin/cc")).unwrap();
        let report = check(&[Tool::Cc], &host.env(), &memo);
        assert_eq!(version(&report, Tool::Cc), expected);
        assert_eq!(report.get(Tool::Cc).unwrap().real_path, host.at("bin").canonicalize().unwrap().join(target));
    }
}

/// What failed is not remembered: it may be repaired without a change to its own file.
#[test]
fn failures_are_not_remembered() {
    let host = Host::new();
    host.program("cc", "[ -e \"${0%/*}/../repaired\" ] || exit 127; echo 'cc 12.2.0'");
    let memo = Memo::default();
    assert_eq!(check(&[Tool::Cc], &host.env(), &memo).missing.len(), 1);
    File::create(host.at("repaired")).unwrap();
    assert!(check(&[Tool::Cc], &host.env(), &memo).missing.is_empty());
}

/// The file that the version before wrote is ignored and replaced.
#[test]
fn a_file_of_the_old_format_counts_as_empty() {
    let host = Host::complete();
    let (file, git) = (host.at("tools.json"), host.at("bin/git"));
    let meta = git.metadata().unwrap();
    let old = serde_json::json!({ "format": 1, "programs": { git.to_str().unwrap(): {
        "file": { "real_path": git.canonicalize().unwrap(), "dev": meta.dev(), "ino": meta.ino(), "size": meta.size(),
            "mtime_ns": meta.mtime() * 1_000_000_000 + meta.mtime_nsec() },
        "line": "git version 1.0.0",
    } } });
    durable::replace(&file, old.to_string().as_bytes()).unwrap();
    let memo = Memo::load(&file);
    assert_eq!(version(&check(&[Tool::Git], &host.env(), &memo), Tool::Git), Version::new(2, 39, 5));
    save_memo(&memo, &file).unwrap();
    host.calls();
    assert_eq!(version(&check(&[Tool::Git], &host.env(), &Memo::load(&file)), Tool::Git), Version::new(2, 39, 5));
    assert_eq!(host.calls(), [""; 0]);
}

#[test]
fn a_memo_that_cannot_be_written_is_told() {
    let host = Host::complete();
    let memo = Memo::default();
    check(&[Tool::Git], &host.env(), &memo);
    let error = save_memo(&memo, &host.at("absent/tools.json")).unwrap_err();
    assert_eq!(miette::Diagnostic::code(&error).unwrap().to_string(), "preflight::memo_not_saved");
}
