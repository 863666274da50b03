//! Secrets reach the engine and nobody else.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provisioner_core::cfg::{Config, Format};
use provisioner_core::{FailedCall, Lifecycle, Status};
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

/// EP-51: an engine that prints its secret and exits, or goes on, after its start: the error of the wait shows its last
/// lines without it.
#[test]
fn a_wait_that_fails_shows_no_secret() {
    let mut world = World::new();
    let (path, asked) = ("tools/server/main.cpp", "    die_if_asked();");
    let text = fs::read_to_string(world.repo.path.join(path)).unwrap();
    assert!(text.contains(asked));
    let says =
        "    log_line('E', \"srv  the value is %s\", getenv(\"HF_TOKEN\"));\n    usleep(1500000);\n    die_if_asked();";
    world.repo.change(path, &text.replacen(asked, says, 1));
    let file = world.path().join("token");
    durable::replace(&file, format!("{TOKEN}\n").as_bytes()).unwrap();
    let bare = world.settings.env.clone();
    for (name, secret) in [("secret_env", json!(["HF_TOKEN"])), ("secret_file", json!({ "HF_TOKEN": file }))] {
        world.settings.env = if name == "secret_env" { bare.clone().with("HF_TOKEN", TOKEN) } else { bare.clone() };
        let minute = Duration::from_mins(1);
        for (env, limit, silence, expected) in [
            (json!({ "TINY_EXIT_CODE": "9" }), minute, None, "engine::exited"),
            (json!({ "TINY_CRASH": "segv" }), minute, None, "engine::crashed"),
            (json!({ "TINY_LOAD_MS": "600000" }), Duration::from_secs(1), None, "engine::not_ready"),
            (json!({ "TINY_LOAD_MS": "600000" }), minute, Some(Duration::from_millis(500)), "engine::silent"),
        ] {
            let id = format!("{}-{}", name.replace('_', "-"), expected.replace([':', '_'], "-"));
            let pool = world.named(&id, &json!({ "env": env, name: secret }));
            let ensured = world.ensure(&pool);
            let lifecycle = Lifecycle::new(world.settings.clone()).with_ready_silence(silence);
            let error = lifecycle.wait_ready_for(&ensured, limit).unwrap_err();
            let call = FailedCall::of(&pool.id, "run", &error);
            assert!(error.to_string().contains("the value is ***"), "{id}: {error}");
            clean(&id, &format!("{error} {error:?} {call:?} {}", serde_json::to_string(&call).unwrap()));
            if silence.is_none() && limit == minute {
                // It is known to have exited before the wait begins.
                let error = lifecycle.wait_ready(&pool.id, limit).unwrap_err();
                assert!(error.to_string().contains("the value is ***"), "{id}: {error}");
                clean(&id, &format!("{error} {error:?}"));
            }
            assert_eq!(code(Err::<(), _>(error)), expected);
            world.stop(&id);
        }
    }
    clean("events", &format!("{:?}", world.events.lock().unwrap()));
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

/// EP-51: a secret out of a file reaches the engine as one of the environment does, also through `start`, and nothing else.
#[test]
fn secret_files_reach_the_engine_and_nothing_else() {
    let world = World::new();
    let (token, key) = (world.path().join("token"), world.path().join("key"));
    durable::replace(&token, format!("{TOKEN}\n").as_bytes()).unwrap();
    durable::replace(&key, KEY.as_bytes()).unwrap();
    let files = json!({ "HF_TOKEN": token, "LLAMA_API_KEY": key });
    let pool = world.pool(&json!({ "secret_file": files }));
    let heard = Heard::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(heard.clone()).finish();
    let ensured = tracing::subscriber::with_default(subscriber, || {
        let plan = world.plan(&pool);
        clean("plan", &format!("{plan:?} {}", serde_json::to_string(&plan).unwrap()));
        let prepared = world.provider(&pool).prepare(pool.clone()).unwrap();
        clean("prepared", &format!("{prepared:?}"));
        assert_eq!(prepared.secret_file.get("HF_TOKEN"), Some(&token));
        world.provider(&pool).start(&prepared).unwrap()
    });
    let environ = environ(ensured.pid().unwrap());
    assert!(environ.contains(&format!("HF_TOKEN={TOKEN}\n")) && environ.contains(&format!("LLAMA_API_KEY={KEY}\n")));
    assert_eq!(world.ensure(&pool).pid(), ensured.pid(), "it runs already");
    clean("tracing", &String::from_utf8(heard.0.lock().unwrap().clone()).unwrap());
    clean("events", &format!("{:?}", world.events.lock().unwrap()));
    clean_files(&world.settings.run_dir);
    clean_files(&world.settings.cache_dir);

    let dying = json!({ "env": { "TINY_EXIT_CODE": "9" }, "secret_file": files });
    let error = world.try_ensure(&world.named("dying", &dying)).unwrap_err();
    clean("early end", &format!("{error} {error:?}"));
    clean_files(&world.settings.run_dir);
}

/// EP-51: what cannot be used as a secret file is known in the plan, and ends nothing later; a pipe is not waited for.
#[test]
fn unfit_secret_files_are_in_the_plan() {
    let world = World::new();
    let (pipe, key) = (world.path().join("pipe"), world.path().join("key"));
    make_pipe(&pipe);
    durable::replace(&key, format!("{KEY}\n").as_bytes()).unwrap();
    for (change, expected) in [
        (json!({ "secret_file": { "LLAMA_API_KEY": world.path().join("none") } }), "pool::secret_file"),
        (json!({ "secret_file": { "LLAMA_API_KEY": pipe } }), "pool::secret_file"),
        (json!({ "secret_file": { "MY_KEY": key }, "env": { "MY_KEY": "x" } }), "pool::env_decided"),
        (json!({ "secret_file": { "MY_KEY": key }, "secret_env": ["MY_KEY"] }), "pool::env_decided"),
        (json!({ "secret_file": { "LLAMA_ARG_PORT": key } }), "pool::flag_in_env"),
        (json!({ "secret_file": { "LLAMA_API_KEY": key }, "flags": ["--api-key", "other"] }), "pool::secret_twice"),
    ] {
        // `env` takes no name that looks secret; this one does not.
        let change = serde_json::from_str(&change.to_string().replace("MY_KEY", "MINE")).unwrap();
        let pool = world.pool(&change);
        let plan = world.plan(&pool);
        let Some(Status::Blocked { code: Some(planned), .. }) = plan.blocked().map(|step| &step.status) else {
            panic!("{plan}")
        };
        assert_eq!(planned, expected, "{plan}");
        let error = world.try_ensure(&pool).unwrap_err();
        clean("error", &format!("{error} {error:?}"));
        assert_eq!(code(Err::<(), _>(error)), expected);
    }
    let shown = json!({ "secret_file": { "LLAMA_API_KEY": key }, "flags": ["--alias", KEY] });
    let error = world.try_ensure(&world.pool(&shown)).unwrap_err();
    clean("error", &format!("{error} {error:?}"));
    assert_eq!(code(Err::<(), _>(error)), "pool::secret_in_flags");
}

fn make_pipe(path: &Path) {
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
}
