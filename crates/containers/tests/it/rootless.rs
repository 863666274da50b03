//! The same as an ordinary user, with the real podman in a user namespace.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use exec::{CommandSpec, Exit, Output};
use testkit::shell;

use crate::support::{Host, PATIENCE, engine_archive, environment, example, until};

/// An ordinary user with a home, a runtime folder and a store below a folder of the test.
struct User {
    uid: u32,
    gid: u32,
    home: PathBuf,
    _host: Host,
}

impl User {
    /// The user `name`, made once for all runs of the tests, with 65536 numbers from `first`, where given, in
    /// `/etc/subuid` and `/etc/subgid`: `useradd --system` gives none.
    fn new(name: &str, first: Option<u32>) -> Self {
        let host = Host::new();
        // Tests run side by side, and the programs that change these files do not wait for one another.
        let lock = fs::File::create(std::env::temp_dir().join("containers-test-users.lock")).unwrap();
        lock.lock().unwrap();
        shell(
            &format!("id {name} >/dev/null 2>&1 || useradd --system --no-create-home --shell /bin/false {name}"),
            &[],
        );
        if let Some(first) = first {
            let range = format!("{first}-{}", first + 65_535);
            let ranges = format!("usermod --add-subuids {range} --add-subgids {range} {name}");
            shell(&format!("grep -q ^{name}: /etc/subuid || {ranges}"), &[]);
        }
        drop(lock);
        let uid: u32 = shell(&format!("id -u {name}"), &[]).trim().parse().unwrap();
        let gid: u32 = shell(&format!("id -g {name}"), &[]).trim().parse().unwrap();
        // Other users have to reach it.
        fs::set_permissions(host.path(""), fs::Permissions::from_mode(0o711)).unwrap();
        let home = host.path("home");
        fs::create_dir(&home).unwrap();
        environment(&home, "vfs");
        engine_archive(&home);
        for program in ["container", "secret"] {
            fs::copy(example(program), home.join(program)).unwrap();
            fs::set_permissions(home.join(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        for folder in ["runtime", "pool"] {
            fs::create_dir(home.join(folder)).unwrap();
            fs::set_permissions(home.join(folder), fs::Permissions::from_mode(0o700)).unwrap();
            chown(home.join(folder), Some(uid), Some(gid)).unwrap();
        }
        chown(&home, Some(uid), Some(gid)).unwrap();
        Self { uid, gid, home, _host: host }
    }

    fn run(&self, program: &Path, args: &[&str]) -> Output {
        let (uid, gid, home) = (self.uid, self.gid, self.home.display());
        let spec = CommandSpec::new("/usr/bin/setpriv", PATIENCE)
            .arg(format!("--reuid={uid}"))
            .arg(format!("--regid={gid}"))
            .arg("--init-groups")
            .arg(program)
            .args(args.iter().copied())
            .cwd(&self.home)
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", &self.home)
            .env("XDG_RUNTIME_DIR", format!("{home}/runtime"))
            .env("CONTAINERS_CONF", format!("{home}/containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", format!("{home}/storage.conf"));
        exec::run(&spec).unwrap()
    }

    #[track_caller]
    fn podman(&self, args: &[&str]) -> String {
        let output = self.run(Path::new("/usr/bin/podman"), args);
        assert_eq!(output.exit, Exit::Code(0), "{args:?}: {}", output.stderr_tail(5));
        output.stdout_text().trim().to_owned()
    }

    fn image(&self) -> String {
        let tar = self.home.join("engine.tar");
        let name = "localhost/engine:1";
        self.podman(&["import", "--quiet", "--change", "ENTRYPOINT [\"/engine\"]", tar.to_str().unwrap(), name]);
        format!("localhost/engine@{}", self.podman(&["image", "inspect", "--format", "{{.Digest}}", name]))
    }

    fn example(&self, image: &str, seconds: &str, args: &[&str]) -> Output {
        self.limited_example(&[], image, seconds, args)
    }

    fn limited_example(&self, limit: &[&str], image: &str, seconds: &str, args: &[&str]) -> Output {
        let pool = self.home.join("pool");
        let words = [limit, &[pool.to_str().unwrap(), "engine-chat", image, seconds], args].concat();
        self.run(&self.home.join("container"), &words)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let podman = Path::new("/usr/bin/podman");
        self.run(podman, &["rm", "--all", "--force", "--time=0"]);
        // The store's files belong to users that only its user namespace can name.
        let store = self.home.join(".local");
        self.run(podman, &["unshare", "rm", "-rf", store.to_str().unwrap()]);
        // The process that keeps the user namespace.
        let pause = fs::read_to_string(self.home.join("state/pause.pid")).unwrap_or_default();
        shell(&format!("[ -z '{pause}' ] || kill {pause} || true"), &[]);
    }
}

/// EP-80: as an ordinary user a container has the same life.
#[test]
fn an_ordinary_users_container_has_a_life() {
    const NAME: &str = "ep-containers-a";
    let user = User::new(NAME, Some(1_000_000_000));
    let image = user.image();
    let output = user.example(&image, "0.3", &["wait"]);
    let printed = output.stdout_text().into_owned();
    assert_eq!(output.exit, Exit::Code(0), "{printed}{}", output.stderr_tail(5));
    for line in ["warning: the store in", "started Running", "stopped Graceful", "printed \"waiting\"", "removed"] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    assert!(!printed.contains("problem:"), "{printed}");
    let output = user.example(&image, "30", &["die", "7"]);
    assert!(output.stdout_text().contains("code: Some(7)"), "{}", output.stdout_text());
    assert_eq!(user.podman(&["ps", "--all", "--quiet"]), "");

    // Whether this host gives an ordinary user a memory limit depends on its control groups: what the preflight
    // reports is what happens, and a limit is never left out.
    let output = user.limited_example(&["--memory", "67108864"], &image, "0.1", &["wait"]);
    let ignored = output.stdout_text().contains("problem: a limit of memory is ignored here");
    let refused = output.stderr_tail(5).contains("LimitIgnored");
    assert_eq!((ignored, output.stdout_text().contains("started")), (refused, !refused), "{}", output.stderr_tail(5));
    assert_eq!(user.podman(&["ps", "--all", "--quiet"]), "");
}

/// EP-51: a secret of an ordinary user's container belongs to the image's own user, whose number on the host only the
/// user namespace knows; and none is left.
#[test]
fn an_ordinary_users_container_reads_its_secret() {
    const NAME: &str = "ep-containers-d";
    let user = User::new(NAME, Some(1_000_200_000));
    user.image();
    let change = ["import", "--quiet", "--change", "ENTRYPOINT [\"/engine\"]", "--change", "USER 2000:0"];
    user.podman(&[&change[..], &[user.home.join("engine.tar").to_str().unwrap(), "localhost/other:1"]].concat());
    let digest = user.podman(&["image", "inspect", "--format", "{{.Digest}}", "localhost/other:1"]);
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    chown(memory.path(), Some(user.uid), Some(user.gid)).unwrap();
    let script = format!(
        "echo hunter2-hunter2 | {home}/secret {home}/pool {memory}/secrets engine-chat localhost/other@{digest} /tmp/key \
         show /tmp/key",
        home = user.home.display(),
        memory = memory.path().display()
    );
    let output = user.run(Path::new("/bin/sh"), &["-c", &script]);
    assert_eq!(output.stdout_text(), "hunter2-hunter2\n", "{}", output.stderr_tail(5));
    assert_eq!(fs::read_dir(memory.path().join("secrets")).unwrap().count(), 0);
    assert_eq!(user.podman(&["ps", "--all", "--quiet"]), "");
}

/// The preflight of a user without ranges of numbers reports what is missing.
#[test]
fn ranges_that_are_missing_are_reported() {
    let user = User::new("ep-containers-b", None);
    let output = user.example(&format!("localhost/x@sha256:{}", "0".repeat(64)), "1", &[]);
    let printed = output.stdout_text().into_owned();
    assert!(
        printed.contains("problem: `ep-containers-b` has too few numbers for users in /etc/subuid: 0"),
        "{printed}"
    );
}

/// A container of an ordinary user outlives its caller, and the next caller finds it.
#[test]
fn an_ordinary_users_container_is_adopted() {
    const NAME: &str = "ep-containers-c";
    let user = User::new(NAME, Some(1_000_100_000));
    let image = user.image();
    let pool = user.home.join("pool");
    let script = format!(
        "{home}/container {pool} engine-chat {image} 60 wait > {home}/printed & caller=$!; \
         until grep -q started {home}/printed; do sleep 0.1; done; kill -9 $caller",
        home = user.home.display(),
        pool = pool.display()
    );
    let killed = user.run(Path::new("/bin/sh"), &["-c", &script]);
    assert_eq!(killed.exit, Exit::Code(0), "{}", killed.stderr_tail(5));
    until("the container runs", || user.podman(&["ps", "--quiet"]).lines().count() == 1);
    let output = user.example(&image, "0.1", &["wait"]);
    assert!(output.stdout_text().contains("found Running"), "{}", output.stdout_text());
    assert_eq!(user.podman(&["ps", "--all", "--quiet"]), "");
}
