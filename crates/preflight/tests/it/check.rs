//! What a check makes of the programs on a search path.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use preflight::{Memo, Report, Tool, Version, check};

use crate::support::Host;

fn report(host: &Host, needs: &[Tool]) -> Report {
    check(needs, &host.env(), &Memo::default())
}

/// EP-20
#[test]
fn a_complete_host() {
    let host = Host::complete();
    let report = report(&host, &Tool::SOURCE_BUILD);
    let found: Vec<Tool> = report.found.iter().map(|found| found.tool).collect();
    assert_eq!(found, [Tool::Git, Tool::Cmake, Tool::Ninja, Tool::Cc, Tool::Cxx]);
    let git = report.get(Tool::Git).unwrap();
    assert_eq!((&git.path, &git.real_path), (&host.at("bin/git"), &host.at("bin/git").canonicalize().unwrap()));
    assert_eq!((git.version, git.version_line.as_str()), (Some(Version::new(2, 39, 5)), "git version 2.39.5"));
    assert!(report.missing.is_empty() && report.outdated.is_empty() && report.notes.is_empty(), "{report:?}");
}

/// EP-20: everything at once, not one after the other.
#[test]
fn an_empty_host_misses_everything() {
    let report = report(&Host::new(), &Tool::SOURCE_BUILD);
    let missing: Vec<Tool> = report.missing.iter().map(|missing| missing.tool).collect();
    assert_eq!(missing, Tool::SOURCE_BUILD);
    let needs: Vec<&str> = report.missing.iter().map(|missing| missing.need.as_str()).collect();
    assert_eq!(needs[1], "`cmake` or `cmake3`, 3.14 or newer");
    assert_eq!(needs[2], "`ninja` or `ninja-build` or `samu` or `make` or `gmake`");
}

#[test]
fn ninja_is_preferred_and_make_will_do() {
    let used = |host: &Host| report(host, &[Tool::NinjaOrMake]).get(Tool::NinjaOrMake).map(|found| found.tool);
    let make = || Host::new().says("make", "GNU Make 4.3");
    assert_eq!(used(&make().says("ninja", "1.11.1")), Some(Tool::Ninja));
    assert_eq!(used(&make()), Some(Tool::Make));
    assert_eq!(used(&Host::new().says("samu", "1.9.0")), Some(Tool::Ninja));
    assert_eq!(report(&make(), &[Tool::Ninja]).missing.len(), 1, "Ninja alone was asked for");
}

/// The compilers' order, whatever the caller's environment says.
#[test]
fn compilers_are_found_by_name_and_not_by_cc() {
    let host = Host::new().says("gcc", "gcc 9.1.0").says("clang", "clang version 17.0.6").says("clang++", "17.0.6");
    let env = host.env().with("CC", host.at("bin/clang")).with("CXX", "/nowhere/c++");
    let report = check(&[Tool::Cc, Tool::Cxx], &env, &Memo::default());
    assert_eq!(report.get(Tool::Cc).unwrap().path, host.at("bin/gcc"));
    assert_eq!(report.get(Tool::Cxx).unwrap().path, host.at("bin/clang++"));
}

/// F69: too old counts as missing.
#[test]
fn too_old() {
    let old = Host::complete().says("cmake", "cmake version 3.13.4").says("git", "git version 1.8.3.1");
    let report = report(&old, &Tool::SOURCE_BUILD);
    let outdated: Vec<(Tool, Version)> = report.outdated.iter().map(|old| (old.tool, old.have)).collect();
    assert_eq!(outdated, [(Tool::Git, Version::new(1, 8, 3)), (Tool::Cmake, Version::new(3, 13, 4))]);
    assert!(report.missing.is_empty(), "{report:?}");
}

#[test]
fn another_name_may_be_new_enough() {
    let host = Host::new().says("cmake", "cmake version 2.8.12.2").says("cmake3", "cmake3 version 3.17.5");
    let report = report(&host, &[Tool::Cmake]);
    assert_eq!(report.get(Tool::Cmake).unwrap().path, host.at("bin/cmake3"));
    assert!(report.outdated.is_empty(), "{report:?}");
}

/// F69: an unknown version is a note.
#[test]
fn a_version_that_cannot_be_read_is_no_failure() {
    for script in ["echo unknown", "exit 2", "true", "echo 'cmake version dev'"] {
        let host = Host::new();
        host.program("cmake", script);
        let report = report(&host, &[Tool::Cmake]);
        assert_eq!(report.get(Tool::Cmake).map(|found| found.version), Some(None), "{script}");
        assert_eq!(report.notes.len(), 1, "{script}: {:?}", report.notes);
        assert!(report.notes[0].contains("bin/cmake"), "{:?}", report.notes);
    }
}

#[test]
fn a_version_on_stderr_counts() {
    let host = Host::new();
    host.program("cmake", "echo 'cmake version 3.20.0' >&2");
    assert_eq!(report(&host, &[Tool::Cmake]).get(Tool::Cmake).unwrap().version, Some(Version::new(3, 20, 0)));
}

/// F70: what is there but does not run is named as such, and the next name is tried.
#[test]
fn a_program_that_does_not_run() {
    let broken = |content: &str| {
        let host = Host::new();
        host.write("cc", content);
        host
    };
    for content in
        ["#!/nowhere/interpreter\n", "#!/bin/sh\necho 'pyenv: cc: command not found' >&2; exit 127\n", "\u{7f}ELF"]
    {
        let report = report(&broken(content), &[Tool::Cc]);
        let why = report.missing[0].broken.as_deref().unwrap_or_default();
        assert!(why.contains("bin/cc` does not run"), "{content:?}: {report:?}");
    }
    let host = broken("#!/nowhere/interpreter\n").says("gcc", "gcc (GCC) 14.2.1 20240910");
    let report = report(&host, &[Tool::Cc]);
    assert_eq!(report.get(Tool::Cc).unwrap().path, host.at("bin/gcc"));
    assert!(report.notes[0].contains("bin/cc` does not run"), "{:?}", report.notes);
}

/// F70
#[test]
fn only_executable_files_in_absolute_folders_count() {
    let host = Host::new().says("git", "git version 2.39.5");
    fs::create_dir(host.at("bin/cmake")).unwrap();
    host.write("ninja", "#!/bin/sh\necho 1.11.1\n");
    fs::set_permissions(host.at("bin/ninja"), Permissions::from_mode(0o644)).unwrap();
    let missing = report(&host, &[Tool::Git, Tool::Cmake, Tool::Ninja]).missing;
    assert_eq!(missing.iter().map(|missing| missing.tool).collect::<Vec<_>>(), [Tool::Cmake, Tool::Ninja]);
    // The same folder, named from where the process stands.
    let here = std::env::current_dir().unwrap();
    let up: String = here.components().skip(1).map(|_| "../").collect();
    let relative = format!("{up}{}", host.at("bin").strip_prefix("/").unwrap().display());
    assert!(fs::metadata(&relative).unwrap().is_dir());
    let env = exec::Env::from_pairs([("PATH", relative)]);
    assert_eq!(check(&[Tool::Git], &env, &Memo::default()).missing.len(), 1);
}

/// EP-23
#[test]
fn the_hugging_face_cli_is_looked_for_only_when_asked_for() {
    let host = Host::complete();
    assert!(report(&host, &Tool::SOURCE_BUILD).missing.is_empty());
    assert_eq!(report(&host, &[Tool::HfCli]).missing[0].tool, Tool::HfCli);
    let host = host.says("huggingface-cli", "never asked");
    host.calls();
    assert_eq!(report(&host, &[Tool::HfCli]).get(Tool::HfCli).unwrap().path, host.at("bin/huggingface-cli"));
    assert_eq!(host.calls(), [""; 0], "no version matters, and starting it is slow");
}

#[test]
fn a_tool_asked_for_twice_is_reported_once() {
    assert_eq!(report(&Host::complete(), &[Tool::Git, Tool::Git]).found.len(), 1);
    assert_eq!(report(&Host::new(), &[Tool::Git, Tool::Git]).missing.len(), 1);
}

/// F68: programs answer in the C locale.
#[test]
fn programs_are_asked_in_the_c_locale() {
    let host = Host::new();
    host.program("git", "echo \"git version 2.39.5 LC_ALL=$LC_ALL LANG=$LANG\"");
    let env = host.env().with("LANG", "de_DE.UTF-8").with("LC_ALL", "ja_JP.UTF-8");
    let report = check(&[Tool::Git], &env, &Memo::default());
    assert_eq!(report.get(Tool::Git).unwrap().version_line, "git version 2.39.5 LC_ALL=C LANG=");
}
