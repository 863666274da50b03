//! The same with docker, where its daemon is installed: one of the test's own, without a network, beside any other.

use std::fs;
use std::num::NonZeroU64;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cancel::Cancel;
use containers::{
    ContainerError, Demand, Ended, Found, ImageRef, Kind, LogPart, Network, Program, Pull, Removed, RunSpec, Slot,
    State, StopOutcome,
};
use exec::{CommandSpec, Env};
use miette::Diagnostic;

use crate::images::Registry;
use crate::support::{PATIENCE, engine_archive, name, owner, release, until};

/// A daemon of docker with everything that it writes below a folder.
struct Daemon {
    child: Child,
    dir: tempfile::TempDir,
    env: Env,
}

impl Daemon {
    /// `None`, after a line that says so, where docker is not installed. Its package starts a daemon that changes the host's
    /// firewall, so that no test installs it.
    fn start() -> Option<Self> {
        let (Some(dockerd), Some(_)) = (Env::current().find("dockerd"), Env::current().find("docker")) else {
            eprintln!("not tested: docker and dockerd are not installed");
            return None;
        };
        assert!(testkit::is_root(), "these tests make a daemon of their own: run them as root");
        let dir = tempfile::Builder::new().prefix("containers-docker.").tempdir_in("/var/tmp").unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let socket = format!("unix://{}", at("socket"));
        #[expect(clippy::disallowed_methods, reason = "a server beside the test, which the test ends")]
        let child = Command::new(dockerd)
            .args(["--data-root", &at("data"), "--exec-root", &at("exec"), "--pidfile", &at("pid"), "--host", &socket])
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false"])
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let env = Env::current().with("DOCKER_HOST", socket).with("HOME", dir.path().as_os_str());
        let daemon = Self { child, dir, env };
        until("the daemon answers", || daemon.docker(&["info"]).exit == exec::Exit::Code(0) && daemon.is_there());
        Some(daemon)
    }

    fn is_there(&self) -> bool {
        self.dir.path().join("socket").exists()
    }

    fn docker(&self, args: &[&str]) -> exec::Output {
        let program = self.env.find("docker").unwrap();
        let spec = CommandSpec::new(program, PATIENCE).args(args.iter().copied());
        exec::run(&spec.inherit(&self.env, &["PATH", "HOME", "DOCKER_HOST"])).unwrap()
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> String {
        let output = self.docker(args);
        assert_eq!(output.exit, exec::Exit::Code(0), "{args:?}: {}", output.stderr_tail(5));
        output.stdout_text().trim().to_owned()
    }

    /// The small engine, in the registry alone.
    fn published(&self, registry: &Registry) -> ImageRef {
        let tar = engine_archive(self.dir.path());
        let repository = format!("127.0.0.1:{}/engine", registry.port);
        let tag = format!("{repository}:1");
        self.done(&["import", "--change", "ENTRYPOINT [\"/engine\"]", tar.to_str().unwrap(), &tag]);
        self.done(&["push", "--quiet", &tag]);
        let image = self.done(&["image", "inspect", "--format", "{{index .RepoDigests 0}}", &tag]);
        self.done(&["rmi", "--force", &tag]);
        ImageRef::new(&image).unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // TERM, so that it ends its containers and unmounts its store.
        let pid = self.child.id().to_string();
        let _ = exec::run(&CommandSpec::new("/bin/kill", PATIENCE).arg(pid));
        let _ = self.child.wait();
        release(self.dir.path());
    }
}

/// EP-80: preflight, pull, life, log, limits, a stranger's name, one-shot runs and removal.
#[test]
fn docker_runs_what_podman_runs() {
    let Some(daemon) = Daemon::start() else { return };
    let facts = containers::host_facts(Kind::Docker, &daemon.env);
    let demand = Demand { memory_limit: true, pids_limit: true, published: Some(80), devices: false };
    let problems = containers::judge(&facts, demand, &distro::distribution(Path::new("/")));
    assert!(problems.is_empty(), "{problems:?}");

    let program = Program::locate(Kind::Docker, &daemon.env).unwrap();
    let registry = Registry::start(daemon.dir.path());
    let wanted = daemon.published(&registry);
    assert_eq!(containers::image(&program, &wanted).unwrap(), None);
    let silence = Duration::from_secs(30);
    let staging = daemon.dir.path().to_owned();
    let how = Pull { staging, silence, deadline: PATIENCE, auth_file: None, plain_http: true };
    let image = containers::pull(&program, &wanted, &how, &mut |_| ()).unwrap();
    assert_eq!(image.entrypoint, ["/engine"]);
    let absent = ImageRef::new(&format!("{}@sha256:{}", wanted.repository(), "0".repeat(64))).unwrap();
    let error = containers::pull(&program, &absent, &how, &mut |_| ()).unwrap_err();
    assert!(matches!(error, ContainerError::PullFailed { .. }), "{error:?}");

    let pool = daemon.dir.path().join("pool");
    fs::create_dir(&pool).unwrap();
    fs::set_permissions(&pool, fs::Permissions::from_mode(0o700)).unwrap();
    let slot = Slot::new(pool);
    let mut spec = RunSpec::new(name("engine-chat"), owner(1), wanted.clone(), Network::Host);
    spec.args = vec!["wait".into()];
    spec.memory_bytes = NonZeroU64::new(64 << 20);
    let ran = containers::one_shot(&program, &spec, &slot, None, &["id"], PATIENCE).unwrap();
    assert_eq!(ran.stdout, b"user 0:0\n");
    let error = containers::one_shot(&program, &spec, &slot, Some("/bin/vllm"), &[], PATIENCE).unwrap_err();
    assert!(matches!(&error, ContainerError::Failed { why, .. } if why.contains("/bin/vllm")), "{error:?}");

    let created = containers::create(&program, &spec, &slot).unwrap();
    assert_eq!(created.container().state, State::Created);
    assert_eq!(created.container().image_digest.as_ref(), Some(wanted.digest()));
    let running = containers::start(&program, &created).unwrap();
    assert_eq!(running.container().memory_bytes, Some(64 << 20));
    let mut lines = containers::follow_lines(&program, &running, 10, &Cancel::new()).unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "waiting");
    assert_eq!(containers::processes(&running).first().copied(), running.container().state.pid());
    let owned = containers::owned_images(&program).unwrap();
    assert_eq!(owned.len(), 1);
    let error = containers::remove_image(&program, &owned[0]).unwrap_err();
    assert!(matches!(error, ContainerError::ImageInUse { .. }), "{error:?}");
    let watch = containers::watch(&program, &running).unwrap().unwrap();
    assert_eq!(containers::stop(&program, &running, Duration::from_secs(5)).unwrap(), StopOutcome::Graceful);
    assert_eq!(watch.wait(PATIENCE).unwrap(), Some(Ended { code: Some(0), oom_killed: false }));
    assert_eq!(containers::logs(&program, &running, LogPart::Last(3)).unwrap(), "waiting");
    assert_eq!(lines.next().map(Result::unwrap), None);
    containers::remove(&program, &running).unwrap();
    containers::remove(&program, &running).unwrap();
    slot.clear().unwrap();

    let stranger = daemon.done(&["create", "--name=engine-chat", "--network=host", &wanted.to_string(), "wait"]);
    let error = containers::create(&program, &RunSpec { owner: owner(2), ..spec.clone() }, &slot).unwrap_err();
    assert!(matches!(&error, ContainerError::Foreign { id, .. } if *id == stranger), "{error:?}");
    daemon.done(&["rm", &stranger]);
    spec.args = vec!["ignore".into()];
    let running = containers::start(&program, &containers::create(&program, &spec, &slot).unwrap()).unwrap();
    until("it ignores TERM", || !containers::logs(&program, &running, LogPart::Whole).unwrap().is_empty());
    assert_eq!(containers::stop(&program, &running, Duration::from_secs(1)).unwrap(), StopOutcome::Forced);
    containers::remove(&program, &running).unwrap();
    assert_eq!(containers::remove_image(&program, &owned[0]).unwrap(), Removed::Gone);
    assert_eq!(containers::image(&program, &wanted).unwrap(), None);
}

/// A daemon that is not there is what is reported, not an empty host.
#[test]
fn a_daemon_that_is_not_there_is_reported() {
    let env = Env::current().with("DOCKER_HOST", "unix:///nowhere.sock");
    let facts = containers::host_facts(Kind::Docker, &env);
    let problems = containers::judge(&facts, Demand::default(), &distro::distribution(Path::new("/")));
    let codes: Vec<_> = problems.iter().filter_map(|problem| Some(problem.code()?.to_string())).collect();
    let expected = if env.find("docker").is_some() { "container::no_daemon" } else { "container::not_installed" };
    // On a host whose `docker` is podman there is none to miss.
    if facts.program == Kind::Docker {
        assert_eq!(codes, [expected]);
    }
    if let Ok(program) = Program::locate(Kind::Docker, &env)
        && program.kind() == Kind::Docker
    {
        let owner = owner(1);
        let claim = containers::Claim { name: name("engine-chat"), pool: owner.pool, run: owner.run, id: None };
        let error = containers::find(&program, &claim).map(|found| matches!(found, Found::Absent)).unwrap_err();
        assert!(matches!(error, ContainerError::NoDaemon { .. }), "{error:?}");
    }
}
