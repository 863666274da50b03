//! A second check costs no process, and a changed program is asked again.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use preflight::{Memo, Report, Tool, Version, check};
use support::Host;

fn version(report: &Report, tool: Tool) -> Version {
    report.get(tool).unwrap().version.unwrap()
}

/// The warm path: versions come from the memo, also in another process.
#[test]
fn the_second_check_runs_nothing() {
    let host = Host::complete();
    let mut memo = Memo::default();
    let first = check(&Tool::SOURCE_BUILD, &host.env(), &mut memo);
    assert_eq!(host.calls().len(), 5);
    assert_eq!(check(&Tool::SOURCE_BUILD, &host.env(), &mut memo), first);
    assert_eq!(host.calls(), [""; 0]);
    let file = host.at("tools.json");
    memo.save_if_changed(&file).unwrap();
    let mut loaded = Memo::load(&file);
    assert_eq!(check(&Tool::SOURCE_BUILD, &host.env(), &mut loaded), first);
    assert_eq!(host.calls(), [""; 0]);
}

#[test]
fn a_changed_program_is_asked_again_and_no_other() {
    let host = Host::complete();
    let mut memo = Memo::default();
    check(&Tool::SOURCE_BUILD, &host.env(), &mut memo);
    host.calls();
    let host = host.says("cmake", "cmake version 3.31.6");
    let report = check(&Tool::SOURCE_BUILD, &host.env(), &mut memo);
    assert_eq!(version(&report, Tool::Cmake), Version::new(3, 31, 6));
    assert_eq!(host.calls(), ["cmake --version"]);
    // Same size, same inode, another time: as a reinstallation in place leaves it.
    let later = SystemTime::now() + Duration::from_secs(5);
    File::options().append(true).open(host.at("bin/git")).unwrap().set_modified(later).unwrap();
    check(&Tool::SOURCE_BUILD, &host.env(), &mut memo);
    assert_eq!(host.calls(), ["git --version"]);
}

/// `cc -> gcc-12` becomes `cc -> gcc-13`.
#[test]
fn a_link_that_leads_elsewhere_is_asked_again() {
    let host = Host::new().says("gcc-12", "gcc 12.2.0").says("gcc-13", "gcc 13.1.0");
    let mut memo = Memo::default();
    for (target, expected) in [("gcc-12", Version::new(12, 2, 0)), ("gcc-13", Version::new(13, 1, 0))] {
        let _ = fs::remove_file(host.at("bin/cc"));
        symlink(target, host.at("bin/cc")).unwrap();
        let report = check(&[Tool::Cc], &host.env(), &mut memo);
        assert_eq!(version(&report, Tool::Cc), expected);
        assert_eq!(report.get(Tool::Cc).unwrap().real_path, host.at("bin").canonicalize().unwrap().join(target));
    }
}

/// One file under two names is two programs, as ccache's compilers are.
#[test]
fn one_file_can_be_several_programs() {
    let host = Host::new();
    host.program("ccache", "case ${0##*/} in cc) echo 'cc 12.2.0';; *) echo 'c++ 13.1.0';; esac");
    symlink("ccache", host.at("bin/cc")).unwrap();
    symlink("ccache", host.at("bin/c++")).unwrap();
    let report = check(&[Tool::Cc, Tool::Cxx], &host.env(), &mut Memo::default());
    assert_eq!(version(&report, Tool::Cc), Version::new(12, 2, 0));
    assert_eq!(version(&report, Tool::Cxx), Version::new(13, 1, 0));
}

/// What failed is not remembered: it may be repaired without a change to its own file.
#[test]
fn failures_are_not_remembered() {
    let host = Host::new();
    host.program("cc", "[ -e \"${0%/*}/../repaired\" ] || exit 127; echo 'cc 12.2.0'");
    let mut memo = Memo::default();
    assert_eq!(check(&[Tool::Cc], &host.env(), &mut memo).missing.len(), 1);
    File::create(host.at("repaired")).unwrap();
    assert!(check(&[Tool::Cc], &host.env(), &mut memo).missing.is_empty());
}

#[test]
fn a_memo_is_written_only_when_it_changed() {
    let host = Host::complete();
    let file = host.at("tools.json");
    let mut memo = Memo::load(&file);
    memo.save_if_changed(&file).unwrap();
    assert!(!file.exists(), "nothing to tell");
    check(&[Tool::Git], &host.env(), &mut memo);
    memo.save_if_changed(&file).unwrap();
    let mut again = Memo::load(&file);
    check(&[Tool::Git], &host.env(), &mut again);
    fs::remove_file(&file).unwrap();
    again.save_if_changed(&file).unwrap();
    assert!(!file.exists(), "nothing new");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "nobody reads the file meanwhile")]
fn a_damaged_memo_counts_as_empty() {
    let host = Host::complete();
    let file = host.at("tools.json");
    for content in ["", "{", "[]", "{\"format\":99,\"programs\":{}}", "{\"format\":1,\"programs\":7}"] {
        fs::write(&file, content).unwrap();
        assert_eq!(Memo::load(&file), Memo::default(), "{content}");
    }
    assert_eq!(Memo::load(&host.at("bin")), Memo::default(), "a folder");
    symlink(&file, host.at("link")).unwrap();
    assert_eq!(Memo::load(&host.at("link")), Memo::default());
}

#[test]
fn a_memo_that_cannot_be_written_is_told() {
    let host = Host::complete();
    let mut memo = Memo::default();
    check(&[Tool::Git], &host.env(), &mut memo);
    let error = memo.save_if_changed(&host.at("absent/tools.json")).unwrap_err();
    assert_eq!(miette::Diagnostic::code(&error).unwrap().to_string(), "preflight::memo_not_saved");
}
