//! Secrets reach the engine and nobody else.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use provisioner_core::cfg::{Config, Format};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{World, code, environ, tree};

const TOKEN: &str = "t0ken-9f8e7d6c5b4a";
const KEY: &str = "k3y-1a2b3c4d5e6f";

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Heard {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[track_caller]
fn clean(what: &str, text: &str) {
    for secret in [TOKEN, KEY] {
        assert!(!text.contains(secret), "{what}: {text}");
    }
}

fn clean_files(dir: &Path) {
    for path in tree(dir).keys().filter(|path| path.is_file()) {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        assert!(!text.contains(TOKEN) && !text.contains(KEY), "{}", path.display());
    }
}

/// EP-51, EP-71
#[test]
fn secrets_reach_the_engine_and_nothing_else() {
    let mut world = World::new();
    world.settings.env = world.settings.env.clone().with("HF_TOKEN", TOKEN);
    let heard = Heard::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(heard.clone()).finish();
    let ensured = tracing::subscriber::with_default(subscriber, || {
        let pool = world.pool(&json!({ "flags": ["--api-key", KEY], "secret_env": ["HF_TOKEN"] }));
        let plan = world.plan(&pool);
        clean("plan", &plan.to_string());
        clean("plan", &serde_json::to_string(&plan).unwrap());
        clean("plan", &format!("{plan:?}"));
        let ensured = world.ensure(&pool);
        clean("plan", &serde_json::to_string(&world.plan(&pool)).unwrap());

        let other = world.pool(&json!({ "flags": ["--api-key", KEY, "-c", "8"], "secret_env": ["HF_TOKEN"] }));
        let error = world.try_ensure(&other).unwrap_err();
        clean("difference", &format!("{error} {error:?}"));
        // An engine that prints its secret as it dies: the error shows its last lines without it.
        let dying = json!({ "flags": ["--alias", "x"], "env": { "TINY_EXIT_CODE": "9" }, "secret_env": ["HF_TOKEN"] });
        let error = world.try_ensure(&world.named("dying", &dying)).unwrap_err();
        clean("early end", &format!("{error} {error:?}"));
        ensured
    });
    let environ = environ(ensured.pid().unwrap());
    assert!(environ.contains(&format!("HF_TOKEN={TOKEN}\n")) && environ.contains(&format!("LLAMA_API_KEY={KEY}\n")));
    assert_eq!(ensured.prepared.secret_env, ["HF_TOKEN", "LLAMA_API_KEY"]);
    clean("command line", &fs::read_to_string(format!("/proc/{}/cmdline", ensured.pid().unwrap())).unwrap());
    clean("summary", &format!("{ensured:?}"));
    clean("events", &format!("{:?}", world.events.lock().unwrap()));
    let heard = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
    assert!(heard.contains("prepared") && heard.contains("engine started"), "{heard}");
    clean("tracing", &heard);
    clean_files(&world.settings.run_dir);
    clean_files(&world.settings.cache_dir);
    clean_files(&world.path().join("home"));
}

/// EP-51, F59: a URL with a login is refused wherever it may stand, and not repeated.
#[test]
fn a_login_in_a_url_is_refused() {
    let world = World::new();
    let url = format!("https://user:{KEY}@host/x");
    for (change, expected) in [
        (json!({ "env": { "HTTPS_PROXY": url } }), "pool::secret_in_env"),
        (json!({ "flags": ["--chat-template", url] }), "pool::secret_in_flags"),
    ] {
        let pool = world.pool(&change);
        let error = world.try_ensure(&pool).unwrap_err();
        clean("error", &format!("{error} {error:?}"));
        assert_eq!(code(Err::<(), _>(error)), expected);
        clean("plan", &world.plan(&pool).to_string());
    }
    let text = format!(
        "pools: [{{ id: a, engine: llamacpp, model: x, provisioning: {{ source: {{ repo: \"{url}\", ref: main }} }} }}]"
    );
    let error = Config::parse(&text, Format::Yaml, "pools.yaml").unwrap_err();
    clean("configuration", &format!("{error} {error:?}"));
    clean_files(&world.settings.run_dir);
}

/// B5: the value of a secret variable is refused wherever the pool says it, before anything is kept of it.
#[test]
fn a_secret_value_in_the_open_is_refused() {
    let mut world = World::new();
    world.settings.env = world.settings.env.clone().with("HF_TOKEN", TOKEN);
    let flag = format!("-DCMAKE_C_FLAGS=-DX={TOKEN}");
    let source = json!({ "repo": world.repo.path, "ref": "main", "build": { "cmake_flags": [flag] } });
    for (change, expected) in [
        (json!({ "secret_env": ["HF_TOKEN"], "flags": ["--alias", TOKEN] }), "pool::secret_in_flags"),
        (json!({ "secret_env": ["HF_TOKEN"], "env": { "PLAIN": TOKEN } }), "pool::secret_in_env"),
        (json!({ "secret_env": ["HF_TOKEN"], "source": source }), "pool::secret_in_key"),
        (json!({ "flags": ["--api-key", KEY, "--alias", KEY] }), "pool::secret_in_key"),
    ] {
        let pool = world.pool(&change);
        let error = world.try_ensure(&pool).unwrap_err();
        clean("error", &format!("{error} {error:?}"));
        assert_eq!(code(Err::<(), _>(error)), expected);
        clean("plan", &format!("{:?}", world.provider(&pool).plan(pool)));
    }
    clean_files(&world.settings.run_dir);
    clean_files(&world.settings.cache_dir);
}
