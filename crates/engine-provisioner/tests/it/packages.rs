//! Missing tools, as the installed program meets them: on a system whose os-release is another one (mounted in a namespace of
//! its own), as root or as nobody, with the real pacman and the real sudo behind programs that log their calls.

use std::path::Path;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env};
use testkit::{ArchRoot, is_root, need, shell};

use crate::support::{Place, Said};

const BIN: &str = env!("CARGO_BIN_EXE_engine-provisioner");

/// A pool on a system that has git and compilers, and lacks CMake and Ninja.
struct Lacking {
    place: Place,
    system: ArchRoot,
    /// Further words for `env`.
    env: &'static str,
    /// What `/etc/sudoers` says, where it is another one.
    sudoers: Option<String>,
}

impl Lacking {
    fn new(provisioning: &str) -> Self {
        need(Path::new("/usr/bin/sudo"), "sudo");
        let (place, system) = (Place::new(), ArchRoot::new());
        for name in ["git", "cc", "c++"] {
            let real = Env::current().find(name).unwrap();
            std::os::unix::fs::symlink(real, system.at("bin").join(name)).unwrap();
        }
        // The namespace makes root of us where we are not.
        system.wrap("");
        system.script("sudo", "exec /usr/bin/sudo \"$@\"");
        place.edit("accelerator = \"cpu\"\n", &format!("accelerator = \"cpu\"\n{provisioning}\n"));
        // Nobody reads, runs and writes what this test made.
        std::fs::copy(BIN, system.at("engine-provisioner")).unwrap();
        shell("chmod -R a+rwX \"$1\" \"$2\"", &[place.path(), &system.at("")]);
        let path = std::env::join_paths([system.at("root/usr/bin"), system.at("bin")]).unwrap();
        Self { place: place.env("PATH", path), system, env: "", sudoers: None }
    }

    /// Calls the program where `/etc/os-release` is this text.
    fn call(&self, os_release: &str, nobody: bool, words: &[&str]) -> Said {
        // One user's folder is not another's.
        std::fs::remove_dir_all(self.place.run_dir()).ok();
        let (text, env) = (self.system.at("os-release"), self.env);
        testkit::write(&text, os_release);
        let namespace = if is_root() { "-m" } else { "-rm" };
        let become_nobody = match (nobody, is_root()) {
            (false, _) => "",
            (true, true) => "setpriv --reuid=65534 --regid=65534 --clear-groups --",
            (true, false) => "unshare -U --",
        };
        let system = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        let sudoers = self.sudoers.as_ref().map(|text| {
            let file = self.system.at("sudoers");
            testkit::write(&file, text);
            format!("chown 0:0 \"{0}\" && chmod 440 \"{0}\" && mount --bind \"{0}\" /etc/sudoers;", file.display())
        });
        let sudoers = sudoers.unwrap_or_default();
        let script = format!(
            "own=$PATH; {system}; {sudoers} mount --bind \"$1\" /etc/os-release && shift && exec {become_nobody} /usr/bin/env {env} PATH=\"$own\" \"$@\""
        );
        let spec = CommandSpec::new("/usr/bin/unshare", Duration::from_mins(2))
            .args([namespace, "--", "/bin/sh", "-c", &script, "sh"])
            .arg(text)
            .arg(self.system.at("engine-provisioner"));
        let file = self.place.pool_file();
        self.place.run(spec, &[words, &["--config", &file.to_string_lossy()]].concat(), &[])
    }

    #[track_caller]
    fn refused(&self, os_release: &str, nobody: bool, code: &str) -> String {
        let mut help = String::new();
        for verb in ["prepare", "ensure"] {
            let said = self.call(os_release, nobody, &[verb, "--json"]);
            let error = &said.json()["error"];
            assert_eq!((said.code, error["code"].as_str()), (3, Some(code)), "{said:?}");
            help = format!("{} {}", error["message"], error["help"]);
        }
        help
    }
}

const ARCH: &str = "NAME=\"Arch Linux\"\nID=arch\n";

/// EP-21, EP-50, F77: without the permission no verb runs a package manager or sudo, as root or as anybody.
#[test]
fn without_permission_nothing_is_executed() {
    for provisioning in ["", "allow_package_installs = false\nallow_sudo = true", "allow_sudo = true"] {
        let host = Lacking::new(provisioning);
        for nobody in [false, true] {
            assert_eq!(host.call(ARCH, nobody, &["plan"]).code, 3);
            assert_eq!(host.call(ARCH, nobody, &["doctor"]).code, 3);
            let help = host.refused(ARCH, nobody, "preflight::tools_missing");
            assert!(help.contains("run as root: pacman -S --needed cmake ninja"), "{help}");
        }
        assert!(host.system.calls().is_empty(), "{:?}", host.system.calls());
    }
}

/// EP-22, F75: on Debian, and on what only sounds like Arch, the permission brings instructions and no execution.
#[test]
fn elsewhere_the_permission_brings_instructions() {
    let host = Lacking::new("allow_package_installs = true\nallow_sudo = true");
    for (os_release, typed) in [
        ("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n", "apt-get install cmake ninja-build"),
        ("ID=search\nPRETTY_NAME=\"arch-like search appliance\"\n", "install CMake"),
    ] {
        for nobody in [false, true] {
            let help = host.refused(os_release, nobody, "preflight::install_unsupported");
            assert!(help.contains(typed), "{help}");
        }
    }
    assert!(host.system.calls().is_empty(), "{:?}", host.system.calls());
}

/// EP-50, F75: who is not root and may not use sudo is told so before anything runs.
#[test]
fn without_root_and_sudo_nothing_is_begun() {
    let host = Lacking::new("allow_package_installs = true");
    let help = host.refused(ARCH, true, "preflight::pacman_not_root");
    assert!(help.contains("pacman -S --needed cmake ninja") && help.contains("allow_sudo"), "{help}");
    assert!(host.system.calls().is_empty(), "{:?}", host.system.calls());
}

/// EP-50, F75: where sudo is allowed the plan shows the exact line; a sudo that wants a password ends in an error, at once and
/// without a question.
#[test]
fn sudo_that_wants_a_password_is_an_error() {
    let host = Lacking::new("allow_package_installs = true\nallow_sudo = true");
    let plan = host.call(ARCH, true, &["plan", "--json"]).done().json();
    let bin = |name: &str| host.system.at("bin").join(name).display().to_string();
    let line = plan["steps"][0]["commands"][0].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let options = "-S --needed --noconfirm --noprogressbar --color never -- cmake ninja";
    assert_eq!(line.collect::<Vec<_>>().join(" "), format!("{} -n -- {} {options}", bin("sudo"), bin("pacman")));
    assert!(host.system.calls().is_empty(), "a plan runs nothing");
    let started = Instant::now();
    let help = host.refused(ARCH, true, "preflight::sudo_refused");
    assert!(started.elapsed() < Duration::from_mins(1) && help.contains("NOPASSWD: /usr/bin/pacman"), "{help}");
    let calls = host.system.calls();
    assert!(calls.iter().any(|call| call.starts_with("sudo -n -- ")), "{calls:?}");
    assert!(!calls.iter().any(|call| call.starts_with("pacman -S")), "sudo let nothing through: {calls:?}");
}

/// EP-50: a sudo that lets pacman through without a password installs for somebody who is not root.
#[test]
fn sudo_that_lets_pacman_through_installs() {
    let mut host = Lacking::new("allow_package_installs = true\nallow_sudo = true");
    host.sudoers = Some(format!("nobody ALL=(root) NOPASSWD: {}\n", host.system.at("bin/pacman").display()));
    let said = host.call(ARCH, true, &["prepare", "--json"]);
    let code = said.json()["error"]["code"].as_str().map(str::to_owned).unwrap_or_default();
    if is_root() {
        assert!(!code.is_empty() && !code.starts_with("preflight::"), "{said:?}");
        assert!(host.system.at("db/local/ninja-1.12.1-1/desc").exists(), "{said:?}");
    } else {
        assert_eq!(code, "preflight::sudo_refused", "no program is setuid in a namespace of our own");
    }
}

/// EP-22: as root, the same command installs with the real pacman. (What it installs here only says its version, so that the
/// way ends in CMake.)
#[test]
fn as_root_the_real_pacman_installs() {
    let host = Lacking::new("allow_package_installs = true");
    let said = host.call(ARCH, false, &["prepare", "--json"]);
    let code = said.json()["error"]["code"].as_str().map(str::to_owned).unwrap_or_default();
    assert!(!code.is_empty() && !code.starts_with("preflight::"), "{said:?}");
    assert!(host.system.at("db/local/cmake-4.0.3-1/desc").exists(), "{said:?}");
    assert!(said.stderr.contains("installing cmake"), "progress is shown: {said:?}");
    let plan = host.call(ARCH, false, &["plan", "--json"]).json();
    assert_eq!(plan["steps"][0]["status"], "satisfied", "{plan}");
}

/// F68: the caller's language and terminal change nothing that is read or said.
#[test]
fn language_and_terminal_change_nothing() {
    let mut host = Lacking::new("");
    let said = |host: &Lacking| {
        let call = |verb| host.call(ARCH, false, &[verb, "--json"]).json();
        (
            call("plan"),
            call("prepare"),
            call("doctor")["host"]["tools"].clone(),
            host.call(ARCH, false, &["plan"]).stdout,
        )
    };
    let plain = said(&host);
    assert!(plain.3.contains("cmake"), "{}", plain.3);
    for env in [
        "LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 LANGUAGE=de TERM=dumb",
        "LC_MESSAGES=ja_JP.UTF-8 LANG=ja_JP.UTF-8 LANGUAGE=ja:de TERM=dumb",
        "LC_ALL=tr_TR.UTF-8 LC_NUMERIC=tr_TR.UTF-8 TERM=",
    ] {
        host.env = env;
        assert_eq!(said(&host), plain, "{env}");
    }
}
