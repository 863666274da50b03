//! Installing with the real pacman, from a local repository into a root of its own.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env, run};
use miette::Diagnostic;
use preflight::{
    Distribution, InstallError, InstallPolicy, Memo, Need, PreflightError, Provided, Tool, Trouble, distribution,
    provide,
};
use testkit::{ArchRoot as Scratch, Package, is_root, shell, write};

/// Installing is allowed, and we count as root.
fn allowed() -> InstallPolicy {
    InstallPolicy { allowed: true, root: true, lock_wait: Duration::ZERO, ..InstallPolicy::forbidden() }
}

fn system(scratch: &Scratch) -> Distribution {
    distribution(&scratch.at("root"))
}

fn install(scratch: &Scratch, needs: &[Need], policy: &InstallPolicy) -> Result<Provided, PreflightError> {
    provide(needs, &scratch.env(), &Memo::default(), &system(scratch), policy, &mut |_| ())
}

fn needs(tools: &[Tool]) -> Vec<Need> {
    tools.iter().map(Need::from).collect()
}

#[track_caller]
fn fails(scratch: &Scratch, tools: &[Tool], policy: &InstallPolicy) -> InstallError {
    let outcome = install(scratch, &needs(tools), policy);
    let Err(PreflightError::Install(error)) = outcome else { panic!("{outcome:?}") };
    *error
}

#[track_caller]
fn check(scratch: &Scratch, tools: &[Tool], expected: Trouble) -> InstallError {
    let error = fails(scratch, tools, &allowed());
    assert_eq!(error.trouble, expected, "{error}\n{}", error.transcript);
    error
}

/// EP-20, EP-21, EP-22: what is missing is installed, and then the plan goes on.
#[test]
fn what_is_missing_is_installed_once() {
    let scratch = Scratch::new();
    let all = needs(&Tool::SOURCE_BUILD);
    let mut lines = Vec::new();
    let (env, distribution, policy) = (scratch.env(), system(&scratch), allowed());
    let mut on_line = |line: &str| lines.push(line.to_owned());
    let provided = provide(&all, &env, &Memo::default(), &distribution, &policy, &mut on_line).unwrap();
    assert_eq!(provided.installed, ["git", "cmake", "ninja", "gcc"]);
    assert_eq!(provided.report.get(Tool::Cmake).unwrap().path, scratch.at("root/usr/bin/cmake"));
    assert!(lines.iter().any(|line| line.starts_with("installing cmake")), "{lines:?}");
    assert!(provided.transcript.contains("-S --needed --noconfirm") && provided.transcript.contains("installing gcc"));
    let calls = scratch.calls();
    let expected = "pacman -S --needed --noconfirm --noprogressbar --color never -- git cmake ninja gcc";
    assert_eq!(calls.len(), 4, "{calls:?}");
    assert_eq!(calls[2], expected);
    // A complete system: pacman is not even asked.
    let again = install(&scratch, &all, &allowed()).unwrap();
    assert!(again.installed.is_empty() && again.transcript.is_empty());
    assert_eq!(scratch.calls(), calls);
}

/// Only what is absent is named to pacman.
#[test]
fn what_is_there_is_left_alone() {
    let scratch = Scratch::new();
    install(&scratch, &needs(&[Tool::Git]), &allowed()).unwrap();
    let provided = install(&scratch, &needs(&[Tool::Git, Tool::Cmake]), &allowed()).unwrap();
    assert_eq!(provided.installed, ["cmake"]);
    assert!(scratch.calls().iter().any(|call| call.ends_with("-- cmake")), "{:?}", scratch.calls());
}

/// EP-21, F77: without permission nothing of a package manager is run.
#[test]
fn no_permission_no_execution() {
    let scratch = Scratch::new();
    scratch.script("sudo", "exec \"$@\"");
    for policy in [InstallPolicy::forbidden(), InstallPolicy { sudo: true, ..InstallPolicy::forbidden() }] {
        let error = install(&scratch, &needs(&Tool::SOURCE_BUILD), &policy).unwrap_err();
        assert_eq!(error.code().unwrap().to_string(), "preflight::tools_missing");
        assert!(error.help().unwrap().to_string().contains("pacman -S --needed git cmake ninja gcc"));
    }
    assert!(scratch.calls().is_empty(), "{:?}", scratch.calls());
}

/// EP-22, F75: on any other system the permission leads to an error that says what to type, and to no execution.
#[test]
fn other_systems_are_told_what_to_type() {
    let scratch = Scratch::new();
    for (os_release, typed) in [
        ("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n", "apt-get install git"),
        ("ID=fedora\nPRETTY_NAME=Fedora\n", "dnf install git"),
        ("ID=search\nPRETTY_NAME=\"arch-like search appliance\"\n", "install git"),
        ("ID=steamos\nID_LIKE=arch\n", "distrobox create"),
    ] {
        write(&scratch.at("root/etc/os-release"), os_release);
        let error = install(&scratch, &needs(&[Tool::Git]), &allowed()).unwrap_err();
        assert_eq!(error.code().unwrap().to_string(), "preflight::install_unsupported");
        assert_eq!(error.to_string().contains("not changed in place"), os_release.contains("steamos"), "{error}");
        assert!(error.help().unwrap().to_string().contains(typed), "{:?}", error.help().unwrap().to_string());
    }
    assert!(scratch.calls().is_empty(), "{:?}", scratch.calls());
}

/// What would not help is not begun.
#[test]
fn nothing_is_installed_where_something_has_no_package() {
    let scratch = Scratch::new();
    let error = install(&scratch, &needs(&[Tool::Git, Tool::Nvcc12]), &allowed()).unwrap_err();
    let help = error.help().unwrap().to_string();
    assert!(help.contains("pacman -S --needed git\n") && help.contains("AUR: `cuda-12.5`"), "{help}");
    assert!(scratch.calls().is_empty(), "{:?}", scratch.calls());
}

/// Arch's CUDA is not on `PATH`.
#[test]
fn cuda_is_found_where_its_package_puts_it() {
    let scratch = Scratch::new();
    let says = "Cuda compilation tools, release 13.0, V13.0.48";
    scratch.add(&Package::new("cuda", "13.0.0-1", &[("opt/cuda/bin/nvcc", says)]));
    scratch.refresh();
    let nvcc = Need::from(Tool::Nvcc).also_in(scratch.at("root/opt/cuda/bin"));
    let provided = install(&scratch, &[nvcc], &allowed()).unwrap();
    assert_eq!(provided.report.get(Tool::Nvcc).unwrap().path, scratch.at("root/opt/cuda/bin/nvcc"));
}

/// A program that is hidden, or too old in spite of its package, is not got by installing.
#[test]
fn what_is_installed_and_still_missing_is_told() {
    let scratch = Scratch::new();
    scratch.add(&Package::new("make", "4.4-1", &[("usr/lib/make", "GNU Make 4.4")]));
    scratch.refresh();
    for _ in 0..2 {
        let error = install(&scratch, &needs(&[Tool::Make]), &allowed()).unwrap_err();
        assert_eq!(error.code().unwrap().to_string(), "preflight::tools_missing");
        assert!(error.help().unwrap().to_string().contains("hidden from this process's `PATH`"));
    }
    assert_eq!(scratch.calls().iter().filter(|call| call.contains("-S ")).count(), 1);
}

/// F73
#[test]
fn a_locked_database_is_waited_for() {
    let scratch = Scratch::new();
    let lock = scratch.at("db/db.lck");
    write(&lock, "");
    let error = check(&scratch, &[Tool::Git], Trouble::Locked);
    assert!(error.detail.contains("unable to lock database"), "{error}");
    assert!(lock.exists(), "the lock is not ours to remove");
    let waiting = InstallPolicy { lock_wait: Duration::from_millis(400), ..allowed() };
    let started = Instant::now();
    assert_eq!(fails(&scratch, &[Tool::Git], &waiting).trouble, Trouble::Locked);
    assert!(started.elapsed() >= waiting.lock_wait);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            fs::remove_file(&lock).unwrap();
        });
        let patient = InstallPolicy { lock_wait: Duration::from_secs(20), ..allowed() };
        assert_eq!(install(&scratch, &needs(&[Tool::Git]), &patient).unwrap().installed, ["git"]);
    });
}

/// F75, EP-50
#[test]
fn without_root() {
    let scratch = Scratch::new();
    let user = InstallPolicy { root: false, ..allowed() };
    assert_eq!(fails(&scratch, &[Tool::Git], &user).trouble, Trouble::NotRoot);
    let sudo = InstallPolicy { sudo: true, ..user };
    assert_eq!(fails(&scratch, &[Tool::Git], &sudo).trouble, Trouble::NotRoot, "there is no sudo");
    assert!(scratch.calls().is_empty(), "nothing is begun that cannot end well: {:?}", scratch.calls());
    scratch.script("sudo", "echo 'sudo: a password is required' >&2; exit 1");
    assert_eq!(fails(&scratch, &[Tool::Git], &sudo).trouble, Trouble::SudoRefused);
    let pacman = scratch.at("bin/pacman");
    let options = "-S --needed --noconfirm --noprogressbar --color never -- git";
    assert_eq!(*scratch.calls().last().unwrap(), format!("sudo -n -- {} {options}", pacman.display()));
    scratch.script("sudo", "shift 2; exec \"$@\"");
    assert_eq!(install(&scratch, &needs(&[Tool::Git]), &sudo).unwrap().installed, ["git"]);
    // The real pacman's own words.
    let other = Scratch::new();
    install(&other, &needs(&[Tool::Ninja]), &allowed()).unwrap();
    if is_root() {
        shell("chmod -R a+rX \"$1\"", &[&other.at("")]);
        other.wrap("setpriv --reuid=65534 --regid=65534 --clear-groups");
    } else {
        other.wrap("");
    }
    check(&other, &[Tool::Git], Trouble::NotRoot);
}

/// F74: every kind of trouble with mirrors and databases, from the real program.
#[test]
fn mirrors_and_databases() {
    let scratch = Scratch::new();
    scratch.configure("SigLevel = Never", "http://user:hunter2secret@127.0.0.1:9/repo");
    let error = check(&scratch, &[Tool::Git], Trouble::MirrorUnreachable);
    assert!(!format!("{error:?}").contains("hunter2secret"), "{error:?}");
    scratch.configure("SigLevel = Never", "https://nonexistent.invalid/repo");
    check(&scratch, &[Tool::Git], Trouble::MirrorUnreachable);
    let scratch = Scratch::new();
    fs::remove_file(scratch.at("repo/git-2.50.0-1-x86_64.pkg.tar.gz")).unwrap();
    check(&scratch, &[Tool::Git], Trouble::StaleDatabase);
    fs::remove_file(scratch.at("db/sync/extra.db")).unwrap();
    check(&scratch, &[Tool::Git], Trouble::NoDatabase);
    write(&scratch.at("db/sync/extra.db"), "not a database");
    check(&scratch, &[Tool::Git], Trouble::CorruptDatabase);
    let scratch = Scratch::new();
    check(&scratch, &[Tool::Podman], Trouble::UnknownPackage);
    scratch.configure("SigLevel = Required", &scratch.repository());
    check(&scratch, &[Tool::Git], Trouble::Signature);
    write(&scratch.at("pacman.conf"), "[options]\nRootDir\n");
    check(&scratch, &[Tool::Git], Trouble::Config);
}

/// F74: the databases were refreshed without an upgrade; what is installed now would be built for newer libraries.
#[test]
fn a_partial_upgrade_is_refused() {
    let scratch = Scratch::new();
    install(&scratch, &needs(&[Tool::Git]), &allowed()).unwrap();
    scratch.retire("git-2.50.0-1");
    scratch.add(&Package::new("git", "2.51.0-1", &[("usr/bin/git", "git version 2.51.0")]));
    scratch.refresh();
    let before = scratch.calls().len();
    let error = check(&scratch, &[Tool::Cmake], Trouble::PartialUpgrade);
    assert!(error.detail.contains("git 2.50.0-1 -> 2.51.0-1"), "{error}");
    assert!(!scratch.calls()[before..].iter().any(|call| call.contains("-S ")), "{:?}", scratch.calls());
    // A package that its owner holds back is no sign of it.
    let conf = fs::read_to_string(scratch.at("pacman.conf")).unwrap();
    write(&scratch.at("pacman.conf"), &conf.replace("[options]\n", "[options]\nIgnorePkg = git\n"));
    assert_eq!(install(&scratch, &needs(&[Tool::Cmake]), &allowed()).unwrap().installed, ["cmake"]);
}

#[test]
fn conflicts_dependencies_and_damage() {
    let scratch = Scratch::new();
    install(&scratch, &needs(&[Tool::Git]), &allowed()).unwrap();
    let podman = [("usr/bin/podman", "podman version 5.5.0")];
    scratch.add(&Package { facts: &[("conflict", "git")], ..Package::new("podman", "5.5.0-1", &podman) });
    let docker = [("usr/bin/docker", "Docker version 28.0.0")];
    scratch.add(&Package { facts: &[("depend", "runc>=2")], ..Package::new("docker", "28.0.0-1", &docker) });
    scratch.refresh();
    check(&scratch, &[Tool::Podman], Trouble::Conflict);
    check(&scratch, &[Tool::Docker], Trouble::Dependency);
    // Somebody's own file, not executable, in the package's way.
    write(&scratch.at("root/usr/bin/cmake"), "mine");
    check(&scratch, &[Tool::Cmake], Trouble::FileConflict);
    assert_eq!(fs::read_to_string(scratch.at("root/usr/bin/cmake")).unwrap(), "mine");
    shell(
        "printf damaged. | dd of=\"$1\" bs=1 seek=30 conv=notrunc 2>&1",
        &[&scratch.at("repo/ninja-1.12.1-1-x86_64.pkg.tar.gz")],
    );
    check(&scratch, &[Tool::Ninja], Trouble::CorruptPackage);
}

/// F74: `/usr` is a file system of its own with these options, in a mount namespace of pacman's own.
#[track_caller]
fn on_a_file_system(mounted: &str, options: &str, expected: Trouble) {
    let scratch = Scratch::new();
    let large = "x".repeat(300_000);
    scratch.add(&Package::new("make", "4.4-1", &[("usr/bin/make", large.as_str())]));
    scratch.refresh();
    let map_root = if is_root() { "" } else { "r" };
    let mount = format!("mount -t tmpfs -o {mounted} none \"{}\"", scratch.at("root/usr").display());
    scratch.wrap(&format!("unshare -{map_root}m -- sh -c '{mount} && exec \"$@\"' sh"));
    scratch.configure(&format!("SigLevel = Never\n{options}"), &scratch.repository());
    check(&scratch, &[Tool::Make], expected);
}

#[test]
fn full_and_read_only_file_systems() {
    on_a_file_system("size=64k", "CheckSpace", Trouble::NoSpace);
    on_a_file_system("size=64k", "", Trouble::NoSpace);
    on_a_file_system("ro", "CheckSpace", Trouble::ReadOnly);
}

/// F76: pacman is killed in the middle.
#[test]
fn a_killed_pacman_is_told() {
    let scratch = Scratch::new();
    scratch.add(&Package { sleeps: 20, ..Package::new("make", "4.4-1", &[("usr/bin/make", "GNU Make 4.4")]) });
    scratch.refresh();
    let mut kill = |line: &str| {
        if line.starts_with("installing make") {
            shell("kill -9 $(cat \"$1\")", &[&scratch.at("pid")]);
        }
    };
    let (env, distribution, policy) = (scratch.env(), system(&scratch), allowed());
    let error = provide(&needs(&[Tool::Make]), &env, &Memo::default(), &distribution, &policy, &mut kill);
    let error = error.unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "preflight::pacman_interrupted");
    assert!(error.help().unwrap().to_string().contains("may need repair"));
    assert!(scratch.at("db/db.lck").exists(), "pacman left it, and we do not remove it");
}

fn two_slow_packages(seconds: u32) -> Scratch {
    let scratch = Scratch::new();
    for (name, program) in [("make", "usr/bin/make"), ("podman", "usr/bin/podman")] {
        scratch.add(&Package { sleeps: seconds, ..Package::new(name, "4.4-1", &[(program, "GNU Make 4.4")]) });
    }
    scratch.refresh();
    scratch
}

/// F76: at its deadline pacman is asked to stop, and stops between two packages.
#[test]
fn a_deadline_ends_pacman_between_two_packages() {
    let scratch = two_slow_packages(2);
    let policy = InstallPolicy { deadline: Duration::from_millis(1500), ..allowed() };
    let error = fails(&scratch, &[Tool::Make, Tool::Podman], &policy);
    assert_eq!(error.trouble, Trouble::Interrupted, "{error}\n{}", error.transcript);
    assert!(!scratch.at("db/db.lck").exists(), "pacman has cleaned up");
    assert!(scratch.at("db/local/make-4.4-1/desc").exists() && !scratch.at("db/local/podman-4.4-1").exists());
}

/// F76: a pacman that does not stop is left to finish, never killed.
#[test]
fn a_pacman_that_does_not_stop_is_left_to_finish() {
    let scratch = two_slow_packages(3);
    let policy = InstallPolicy { deadline: Duration::from_millis(700), ..allowed() };
    assert_eq!(fails(&scratch, &[Tool::Make], &policy).trouble, Trouble::StillRunning);
    wait_for(|| !scratch.at("db/db.lck").exists());
    assert!(scratch.at("db/local/make-4.4-1/desc").exists() && scratch.at("root/usr/bin/make").exists());
}

#[track_caller]
fn wait_for(done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(20), "it did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// F76: `kill -9` of us does not break off what pacman does. The test is its own victim: started again with a folder
/// in its environment, it installs until it is ended from outside.
#[test]
fn our_end_is_not_the_end_of_pacman() {
    const FOLDER: &str = "PREFLIGHT_TEST_FOLDER";
    if let Some(folder) = Env::current().get_str(FOLDER) {
        let folder = Path::new(folder);
        let path = std::env::join_paths([folder.join("root/usr/bin"), folder.join("bin")]).unwrap();
        let (env, distribution) = (Env::from_pairs([("PATH", path)]), preflight::distribution(&folder.join("root")));
        let policy = InstallPolicy { allowed: true, root: true, ..InstallPolicy::forbidden() };
        let _ = provide(&[Tool::Make], &env, &Memo::default(), &distribution, &policy, &mut |_| ());
        return;
    }
    let scratch = two_slow_packages(4);
    let victim = CommandSpec::new(std::env::current_exe().unwrap(), Duration::from_secs(2))
        .args(["--exact", "pacman::our_end_is_not_the_end_of_pacman"])
        .env(FOLDER, scratch.at(""));
    assert!(run(&victim).is_err(), "it was to be ended in the middle");
    assert!(scratch.at("db/db.lck").exists(), "pacman is at work");
    wait_for(|| !scratch.at("db/db.lck").exists());
    assert!(scratch.at("db/local/make-4.4-1/desc").exists());
}
