//! A podman with a store of its own, an image with a small engine, and what the tests ask about them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use containers::{
    ContainerName, Ended, ImageRef, Kind, Label, Network, Ours, Owner, Program, RunId, RunSpec, Slot, State,
};
use exec::{CommandSpec, Env, Output};
use tempfile::TempDir;

/// How long a test waits for what takes a moment on an idle host.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/engine.c");

/// A store of podman that nothing else uses, which goes with the value.
pub(crate) struct Host {
    dir: TempDir,
    pub(crate) env: Env,
    pub(crate) program: Program,
}

impl Host {
    /// A store of root's.
    pub(crate) fn new() -> Self {
        install();
        assert!(testkit::is_root(), "these tests make stores, users and networks of their own: run them as root");
        // A store on an overlay, which /tmp is in many containers, has no overlay driver.
        let dir = tempfile::Builder::new().prefix("containers-test.").tempdir_in("/var/tmp").unwrap();
        let env = environment(dir.path(), "overlay");
        let program = Program::locate(Kind::Podman, &env).unwrap();
        fs::create_dir(dir.path().join("run")).unwrap();
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        Self { dir, env, program }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn slot(&self) -> Slot {
        Slot::new(self.path("run"))
    }

    /// Runs podman as a stranger would, and wants it to succeed.
    #[track_caller]
    pub(crate) fn podman(&self, args: &[&str]) -> String {
        let output = self.podman_tried(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.exit, exec::Exit::Code(0), "podman {args:?}: {stderr}");
        output.stdout_text().trim().to_owned()
    }

    pub(crate) fn podman_tried(&self, args: &[&str]) -> Output {
        exec::run(&self.podman_command(args)).unwrap()
    }

    fn podman_command(&self, args: &[&str]) -> CommandSpec {
        let mut spec = CommandSpec::new(self.program.path(), PATIENCE).args(args.iter().copied());
        for (name, value) in self.env.iter() {
            spec = spec.env(name, value);
        }
        spec
    }

    /// The image with the small engine, whose user is `user`.
    pub(crate) fn image_of(&self, user: &str) -> ImageRef {
        let tar = engine_archive(self.dir.path());
        let name = format!("localhost/engine-{}", user.replace(':', "-"));
        let change = format!("USER {user}");
        self.podman(&[
            "import",
            "--quiet",
            "--change",
            "ENTRYPOINT [\"/engine\"]",
            "--change",
            &change,
            tar.to_str().unwrap(),
            &format!("{name}:1"),
        ]);
        let digest = self.podman(&["image", "inspect", "--format", "{{.Digest}}", &format!("{name}:1")]);
        ImageRef::new(&format!("{name}@{digest}")).unwrap()
    }

    pub(crate) fn image(&self) -> ImageRef {
        self.image_of("0")
    }

    /// A container of the small engine on the host's network.
    pub(crate) fn spec(&self, args: &[&str]) -> RunSpec {
        let mut spec = RunSpec::new(name("engine-chat"), owner(1), self.image(), Network::Host);
        spec.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        spec
    }

    /// Creates and starts it.
    pub(crate) fn started(&self, spec: &RunSpec) -> Ours {
        let created = containers::create(&self.program, spec, &self.slot()).unwrap();
        containers::start(&self.program, &created).unwrap()
    }

    /// How it exits, whether or not it has already.
    #[track_caller]
    pub(crate) fn ended(&self, ours: &Ours) -> Ended {
        if let Some(watch) = containers::watch(&self.program, ours).unwrap() {
            return watch.wait(PATIENCE).unwrap().expect("it exits");
        }
        match containers::refresh(&self.program, ours).unwrap().container().state {
            State::Exited(ended) => ended,
            state => panic!("{state:?}"),
        }
    }

    /// Takes the database of containers away, so that only their storage is left. podman 4 keeps it in the first file, podman 5
    /// in the second.
    pub(crate) fn forget_containers(&self) {
        for name in ["graph/libpod/bolt_state.db", "graph/db.sql"] {
            fs::remove_file(self.path(name)).ok();
        }
    }

    /// The names of all containers, also of those that are only in the store.
    pub(crate) fn containers(&self) -> Vec<String> {
        let names = self.podman(&["ps", "--all", "--external", "--format", "{{.Names}}"]);
        names.lines().map(str::to_owned).collect()
    }

    /// Waits until the container's log has this line.
    #[track_caller]
    pub(crate) fn printed(&self, ours: &Ours, line: &str) {
        let has = || {
            let log = containers::logs(&self.program, ours, containers::LogPart::Whole).unwrap();
            log.lines().any(|printed| printed == line)
        };
        until(&format!("the log has `{line}`"), has);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.podman_tried(&["rm", "--all", "--force", "--time=0"]);
        // What podman left running, such as the cleanup of a container that was killed, mounts the store again.
        let graph = self.path("graph");
        for _ in 0..50 {
            release(&graph);
            if fs::remove_dir_all(&graph).is_ok() || !graph.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// What podman needs beside itself, installed where the tests may.
fn install() {
    for (program, package) in [
        ("/usr/bin/podman", "podman"),
        ("/usr/sbin/runc", "runc"),
        ("/usr/bin/slirp4netns", "slirp4netns"),
        ("/usr/bin/fuse-overlayfs", "fuse-overlayfs"),
        ("/usr/bin/newuidmap", "uidmap"),
        ("/usr/bin/docker-registry", "docker-registry"),
        ("/usr/bin/cc", "gcc libc6-dev"),
    ] {
        testkit::need(Path::new(program), package);
    }
}

/// The environment of a podman with its own store, state and locks below `dir`. Hosts differ in what they permit: limits
/// are those of this process, and control groups are made without systemd.
pub(crate) fn environment(dir: &Path, driver: &str) -> Env {
    let limit = |resource| rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let files = limit(rustix::process::Resource::Nofile).min(20_000);
    let processes = limit(rustix::process::Resource::Nproc).min(4096);
    let shown = dir.display();
    let conf = format!(
        "[containers]\ndefault_ulimits = [\"nofile={files}:{files}\", \"nproc={processes}:{processes}\"]\n\
         [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n\
         tmp_dir = \"{shown}/state\"\nlock_type = \"file\"\n"
    );
    let storage =
        format!("[storage]\ndriver = \"{driver}\"\ngraphroot = \"{shown}/graph\"\nrunroot = \"{shown}/runroot\"\n");
    durable::replace(&dir.join("containers.conf"), conf.as_bytes()).unwrap();
    durable::replace(&dir.join("storage.conf"), storage.as_bytes()).unwrap();
    for file in ["containers.conf", "storage.conf"] {
        fs::set_permissions(dir.join(file), fs::Permissions::from_mode(0o644)).unwrap();
    }
    Env::from_pairs([
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".to_owned()),
        ("HOME", dir.display().to_string()),
        ("CONTAINERS_CONF", format!("{shown}/containers.conf")),
        ("CONTAINERS_STORAGE_CONF", format!("{shown}/storage.conf")),
    ])
}

/// Unmounts what podman or docker keeps mounted below a folder, so that it can be removed.
pub(crate) fn release(graph: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let below =
        |line: &str| line.split(' ').nth(1).filter(|path| Path::new(path).starts_with(graph)).map(str::to_owned);
    for path in mounts.lines().rev().filter_map(below) {
        let _ = exec::run(&CommandSpec::new("/bin/umount", PATIENCE).arg("--lazy").arg(path));
    }
}

/// A tar archive with the small engine, statically linked, as the root folder of an image.
pub(crate) fn engine_archive(dir: &Path) -> PathBuf {
    let tar = dir.join("engine.tar");
    if !tar.exists() {
        let root = dir.join("root");
        fs::create_dir_all(&root).unwrap();
        let script = format!(
            "cc -static -O1 -o {root}/engine {FIXTURE} && mkdir {root}/tmp && tar -C {root} -cf {tar} engine tmp",
            root = root.display(),
            tar = tar.display()
        );
        testkit::shell(&script, &[]);
    }
    tar
}

pub(crate) fn name(text: &str) -> ContainerName {
    ContainerName::new(text).unwrap()
}

/// The owner of a run with this number.
pub(crate) fn owner(run: u32) -> Owner {
    Owner {
        pool: Label::new("chat").unwrap(),
        run: RunId::new(format!("{run:032x}")).unwrap(),
        key: Label::new("k").unwrap(),
    }
}

/// Waits until it holds.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port of the loopback that nothing listens on.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// An example of this crate, which `cargo test` builds first.
pub(crate) fn example(name: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join(name);
    assert!(path.exists(), "not built: {}", path.display());
    path
}
