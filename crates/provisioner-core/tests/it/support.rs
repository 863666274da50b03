//! A host of its own for each test: a repository, a model, cache and run folders, and tools that note their calls.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use exec::Env;
use provisioner_core::cfg::PoolConfig;
use provisioner_core::{
    EngineProvisioner, Ensured, Error, Event, Executed, Happening, Lifecycle, Observer, Plan, Settings, provider_with,
};
use serde_json::{Value, json};
use spawner::PoolDir;
use testkit::Repo;

const TOOLS: [&str; 7] = ["git", "cmake", "ninja", "make", "cc", "c++", "ld"];

/// Stops every engine it started when it goes out of scope.
pub(crate) struct World {
    dir: tempfile::TempDir,
    pub(crate) repo: Repo,
    pub(crate) model: PathBuf,
    pub(crate) ports: Vec<u16>,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    pub(crate) settings: Settings,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["tools", "home"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        let real = Env::current();
        for name in TOOLS {
            let Some(path) = real.find(name) else { continue };
            let script = format!("echo \"{name} $*\" >> '{}'\nexec '{}' \"$@\"", at("calls").display(), path.display());
            testkit::fake_tool(&at("tools"), name, &script);
        }
        let env = Env::from_pairs([("PATH", at("tools")), ("HOME", at("home")), ("CUDA_VISIBLE_DEVICES", "-1".into())]);
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&events);
        let mut settings = Settings::from_env(env).unwrap();
        settings.cache_dir = at("cache");
        settings.run_dir = at("run");
        settings.observer = Observer::new(move |event| told.lock().unwrap().push(event.clone()));
        let held: Vec<TcpListener> = (0..4).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()).collect();
        let ports = held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let (repo, model) = (testkit::tiny_llama_repo(dir.path()), testkit::tiny_model(dir.path()));
        Self { dir, repo, model, ports, events, settings }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A pool for the CPU, with `change` laid over its `provisioning`.
    pub(crate) fn pool(&self, change: &Value) -> PoolConfig {
        self.named("demo", change)
    }

    pub(crate) fn named(&self, id: &str, change: &Value) -> PoolConfig {
        let mut provisioning = json!({
            "accelerator": "cpu",
            "source": { "repo": self.repo.path, "ref": "main" },
            "model": { "ref": self.model },
            "ports": self.ports,
        });
        for (key, value) in change.as_object().unwrap() {
            provisioning[key] = value.clone();
        }
        let pool = json!({ "id": id, "engine": "llamacpp", "model": "tiny", "provisioning": provisioning });
        serde_json::from_value(pool).unwrap()
    }

    pub(crate) fn provider(&self, pool: &PoolConfig) -> Box<dyn EngineProvisioner> {
        provider_with(pool, self.settings.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn plan(&self, pool: &PoolConfig) -> Plan {
        self.provider(pool).plan(pool.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn ensure(&self, pool: &PoolConfig) -> Ensured {
        self.try_ensure(pool).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_ensure(&self, pool: &PoolConfig) -> Result<Ensured, Error> {
        self.provider(pool).ensure_running(pool.clone())
    }

    pub(crate) fn pool_dir(&self, id: &str) -> PoolDir {
        PoolDir::open(&self.settings.run_dir, id).unwrap()
    }

    /// What the last run of the pool did.
    #[track_caller]
    pub(crate) fn executed(&self, id: &str) -> Executed {
        Lifecycle::new(self.settings.clone()).executed(&id.parse().unwrap()).unwrap().unwrap()
    }

    pub(crate) fn stop(&self, id: &str) {
        let guard = self.pool_dir(id).lock("test", Duration::from_secs(30)).unwrap();
        spawner::stop(&guard, Duration::from_secs(2)).unwrap();
    }

    /// The programs that were run since the last call, one line each.
    pub(crate) fn calls(&self) -> Vec<String> {
        let path = self.path().join("calls");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::remove_file(&path).ok();
        text.lines().map(str::to_owned).collect()
    }

    /// How often it was reported that a pool runs on the CPU.
    pub(crate) fn warnings(&self) -> usize {
        let of_cpu =
            |event: &&Event| matches!(&event.what, Happening::Warning { text } if text.contains("runs on the CPU"));
        self.events.lock().unwrap().iter().filter(of_cpu).count()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(&self.settings.run_dir).into_iter().flatten().flatten() {
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let Ok(Some(dir)) = PoolDir::existing(&self.settings.run_dir, &name) else { continue };
            if let Ok(guard) = dir.lock("test", Duration::from_secs(30)) {
                spawner::stop(&guard, Duration::from_secs(2)).ok();
            }
        }
    }
}

/// Everything below a folder: path, and what tells a change.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let (path, meta) = (entry.path(), entry.metadata().unwrap());
        if meta.is_dir() {
            all.extend(tree(&path));
        }
        let what = format!("{:o} {} {}.{}", meta.mode(), meta.len(), meta.mtime(), meta.mtime_nsec());
        all.insert(path, what);
    }
    all
}

/// What the engine answers to `GET /health`.
pub(crate) fn health(port: u16) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).ok();
    text
}

/// Whether a process lives; a zombie does not.
pub(crate) fn alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// A process's environment, one variable a line.
pub(crate) fn environ(pid: i32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/environ")).unwrap().replace('\0', "\n")
}

#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    miette::Diagnostic::code(&result.unwrap_err()).unwrap().to_string()
}
