//! What a host has apart from tools, and what of it stands in a plan's way.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use exec::{CommandSpec, Env, run};
use preflight::{Clock, Finding, HostFacts, HostNeeds, Memo, Place, PlaceNeed, Survey, Tool, UserNamespaces, findings};
use tempfile::TempDir;

const GIB: u64 = 1 << 30;

fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        durable::replace(&path, text.as_bytes()).unwrap();
    }
    root
}

fn look(root: &Path, needs: &HostNeeds) -> HostFacts {
    HostFacts::look(needs, root, SystemTime::now())
}

fn place(path: impl Into<PathBuf>, bytes: u64) -> HostNeeds {
    let path = path.into();
    HostNeeds { places: vec![PlaceNeed { path, bytes, runs_programs: true }], ..HostNeeds::default() }
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn this_host_has_memory_room_and_a_clock() {
    let folder = tempfile::tempdir().unwrap();
    let needs = place(folder.path().join("not/yet/there"), 1);
    let facts = look(Path::new("/"), &needs);
    assert_eq!(facts.places[0].existing, folder.path());
    assert!(facts.places[0].writable && facts.places[0].free_bytes.unwrap() > 0, "{facts:?}");
    assert!(facts.memory.available.unwrap() <= facts.memory.total.unwrap());
    assert_eq!(facts.clock, Clock::Plausible);
    assert!(findings(&needs, &facts).is_empty(), "{:?}", findings(&needs, &facts));
}

/// Folders on one file system share its room.
#[test]
fn room_is_counted_by_file_system() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes| PlaceNeed { path: folder.path().join(name), bytes, runs_programs: false };
    let mut needs = HostNeeds { places: vec![at("cache", 6 * GIB), at("models", 6 * GIB)], ..HostNeeds::default() };
    let mut facts = look(Path::new("/"), &needs);
    for place in &mut facts.places {
        place.free_bytes = Some(10 * GIB);
    }
    let short = findings(&needs, &facts);
    assert_eq!(codes(&short), ["host::disk_space"]);
    assert!(short[0].blocking);
    let expected = format!(
        "12.0 GiB will be written to `{0}/cache` and `{0}/models`, and 10.0 GiB are free",
        folder.path().display()
    );
    assert_eq!(short[0].message, expected);
    facts.places[1].device = Some(0);
    assert!(findings(&needs, &facts).is_empty(), "each has its own");
    needs.places[1].bytes = u64::MAX;
    assert_eq!(codes(&findings(&needs, &facts)), ["host::disk_space"], "no sum overflows");
}

/// F13: seen on a real file system that is mounted so, in a mount namespace of this test's own, which it starts itself in.
#[test]
fn read_only_and_noexec_folders() {
    const FOLDER: &str = "PREFLIGHT_TEST_MOUNT";
    if let Some(folder) = Env::current().get_str(FOLDER) {
        let codes_at = |name: &str| {
            let needs = place(Path::new(folder).join(name).join("cache"), 0);
            codes(&findings(&needs, &look(Path::new("/"), &needs))).join(" ")
        };
        assert_eq!((codes_at("ro"), codes_at("noexec")), ("host::read_only".into(), "host::noexec".into()));
        println!("looked");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "cd \"$1\" && mkdir ro noexec && mount -t tmpfs -o ro none ro && mount -t tmpfs -o noexec none noexec && \
                  exec \"$2\" --exact host::read_only_and_noexec_folders --nocapture";
    let unshare = Env::from_pairs([("PATH", "/usr/bin:/bin")]).find("unshare").unwrap();
    let spec = CommandSpec::new(unshare, Duration::from_secs(20))
        .args(["-rm", "--", "/bin/sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env(FOLDER, folder.path());
    let said = run(&spec).unwrap().require_success(&spec).unwrap();
    assert!(said.stdout_text().contains("looked"), "{}", said.stdout_text());
}

#[test]
fn a_folder_that_cannot_be_written() {
    let root = root(&[("file", "")]);
    let needs = place(root.path().join("file/cache"), 0);
    assert_eq!(codes(&findings(&needs, &look(Path::new("/"), &needs))), ["host::not_writable"]);
}

#[test]
fn too_little_memory_and_few_files() {
    let needs = HostNeeds { memory: 2 * GIB, ..HostNeeds::default() };
    let mut facts = look(Path::new("/"), &needs);
    facts.memory.total = Some(8 * GIB);
    facts.memory.group_limit = Some(GIB);
    facts.open_files = (Some(256), Some(4096));
    let found = findings(&needs, &facts);
    assert_eq!(codes(&found), ["host::memory", "host::open_files"]);
    assert!(found[0].help.contains("container or service") && !found[0].blocking, "{found:?}");
}

#[test]
fn a_clock_that_cannot_be_right() {
    let root = root(&[("etc/os-release", "")]);
    let clock = |now| HostFacts::look(&HostNeeds::default(), root.path(), now).clock;
    let day = Duration::from_hours(24);
    assert_eq!(clock(SystemTime::UNIX_EPOCH), Clock::Behind);
    assert_eq!(clock(SystemTime::now() - day * 3), Clock::Behind, "`/etc` was changed later");
    assert_eq!(clock(SystemTime::now()), Clock::Plausible);
    assert_eq!(clock(SystemTime::now() + day * 365 * 100), Clock::Ahead);
}

#[track_caller]
fn check_namespaces(sysctls: &[(&str, &str)], expected: UserNamespaces, found: &[&str]) {
    let namespace = [("proc/self/ns/user", "")];
    let files: Vec<(&str, &str)> = sysctls.iter().copied().chain(namespace).collect();
    let root = root(&files);
    let needs = HostNeeds { rootless_containers: true, ..HostNeeds::default() };
    let facts = look(root.path(), &needs);
    assert_eq!(facts.user_namespaces, expected);
    assert_eq!(codes(&findings(&needs, &facts)), found);
    assert!(findings(&HostNeeds::default(), &facts).is_empty(), "nobody asked");
}

#[test]
fn user_namespaces_for_rootless_containers() {
    let blocked = &["host::user_namespaces"];
    check_namespaces(&[("proc/sys/user/max_user_namespaces", "96365\n")], UserNamespaces::Allowed, &[]);
    check_namespaces(&[("proc/sys/user/max_user_namespaces", "0\n")], UserNamespaces::Forbidden, blocked);
    check_namespaces(&[("proc/sys/kernel/unprivileged_userns_clone", "0\n")], UserNamespaces::Forbidden, blocked);
    let apparmor = [("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n")];
    check_namespaces(&apparmor, UserNamespaces::NeedProfile, blocked);
}

/// EP-20: a host with nothing but git is told everything at once, as one document.
#[test]
fn a_survey_of_a_host_with_nothing_but_git() {
    let root = root(&[("etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n")]);
    let path = root.path().join("bin");
    fs::create_dir(&path).unwrap();
    std::os::unix::fs::symlink(Env::current().find("git").unwrap(), path.join("git")).unwrap();
    let (env, needs) = (Env::from_pairs([("PATH", path)]), place(root.path(), 1));
    let survey = Survey::take(&Tool::SOURCE_BUILD, &needs, &env, &Memo::default(), root.path(), SystemTime::now());
    assert!(!survey.ready);
    assert_eq!(survey.tools.lacking(), [Tool::Cmake, Tool::NinjaOrMake, Tool::Cc, Tool::Cxx]);
    let line = "apt-get update && apt-get install cmake ninja-build gcc libc6-dev g++";
    assert_eq!(survey.remedy.as_deref(), Some(line));
    let json = serde_json::to_value(&survey).unwrap();
    assert_eq!(
        (&json["ready"], &json["remedy"], &json["distribution"]["id"]),
        (&false.into(), &line.into(), &"debian".into())
    );
    let all = HostFacts::look(&needs, root.path(), SystemTime::now());
    assert!(all.places.iter().all(|place: &Place| place.writable));
}
