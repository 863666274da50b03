//! What is no engine, or another one, is refused by name; keys and certificates.

use std::fs;

use exec::Env;
use testkit::web::Authority;

use super::*;

/// Answers the route with `reply`, and all others as vLLM does.
fn lies(route: &'static str, status: &'static str, headers: &'static str, body: &'static str) -> Web {
    Web::serve(None, move |asked, wire| {
        if asked.path == route { reply(wire, status, headers, body) } else { answers(Engine::Vllm, "1.0", asked, wire) }
    })
}

#[test]
fn each_lie_has_its_name() {
    let world = World::new();
    let html = "<!doctype html><title>Sign in</title>";
    let login = "Location: https://sso.example/login?token=hunter2\r\n";
    for (web, expected, words) in [
        (lies("/health", "302 Found", login, ""), "remote::redirect", "to https://sso.example/login"),
        (lies("/version", "307 Temporary Redirect", "Location: /login\r\n", html), "remote::redirect", "/login"),
        (lies("/version", "200 OK", "", html), "remote::not_an_engine", "a web page"),
        (lies("/version", "200 OK", "", ""), "remote::not_an_engine", "nothing"),
        (lies("/version", "200 OK", "", r#"{"name": "x"}"#), "remote::not_an_engine", "names no version"),
        (lies("/version", "404 Not Found", "", html), "remote::not_an_engine", "status 404"),
        (lies("/version", "500 Oops", "", ""), "remote::not_an_engine", "status 500"),
        (lies("/health", "404 Not Found", "", ""), "remote::not_an_engine", "status 404"),
        (lies("/health", "503 Service Unavailable", "", ""), "remote::not_ready", "503"),
        (lies("/health", "401 Unauthorized", "", ""), "remote::key_refused", "no API key was sent"),
        (
            lies("/v1/models", "200 OK", "", r#"{"data": [{"id": "tiny", "owned_by": "openai"}]}"#),
            "remote::not_an_engine",
            "owned by `openai`",
        ),
        (
            lies("/v1/models", "200 OK", "", r#"{"data": [{"id": "large", "owned_by": "vllm"}]}"#),
            "remote::other_model",
            "not serve `tiny` but `large`",
        ),
    ] {
        let error = world.try_ensure(&pool(&world, &web.url)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(words) && !text.contains("hunter2"), "{text}");
        assert_eq!(code::<()>(Err(error)), expected, "{text}");
    }
    assert!(!world.pool_dir("demo").record_file().exists());
    let web = Web::serve(None, |asked, wire| answers(Engine::Vllm, "1.0", asked, wire));
    let other = pool_of(&world, Engine::Vllm, &json!({ "url": web.url, "version": "2" }), &json!({}));
    assert_eq!(code(world.try_ensure(&other)), "remote::other_version");
}

/// A huge body, one that never ends, one that drips, no HTTP at all: each ends in bounded time and memory.
#[test]
fn a_flood_and_a_drip_end() {
    let world = World::new();
    let endless = |asked: &Asked, wire: &mut dyn Wire| {
        if asked.path != "/version" {
            return answers(Engine::Vllm, "1.0", asked, wire);
        }
        wire.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").ok();
        while wire.write_all(&[b' '; 8192]).is_ok() {}
    };
    let drips = |asked: &Asked, wire: &mut dyn Wire| {
        if asked.path != "/version" {
            return answers(Engine::Vllm, "1.0", asked, wire);
        }
        wire.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").ok();
        while wire.write_all(b" ").and_then(|()| wire.flush()).is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let announces = |asked: &Asked, wire: &mut dyn Wire| match asked.path.as_str() {
        "/version" => wire.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{").unwrap(),
        _ => answers(Engine::Vllm, "1.0", asked, wire),
    };
    for (web, expected) in [
        (Web::serve(None, endless), "remote::too_large"),
        (Web::serve(None, drips), "remote::slow"),
        (Web::serve(None, announces), "remote::too_large"),
        (Web::serve(None, |_, wire| wire.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap()), "remote::not_an_engine"),
    ] {
        let begin = Instant::now();
        assert_eq!(code(world.try_ensure(&pool(&world, &web.url))), expected);
        assert!(begin.elapsed() < LONG, "{:?}", begin.elapsed());
    }
}

/// EP-51: the key is sent to the engine and is in no file, no error and no event.
#[test]
fn the_key_is_sent_and_never_kept() {
    let mut world = World::new();
    let key = "correct-horse-battery-staple";
    let web = Web::serve(None, move |asked, wire| {
        let right = asked.header("authorization") == Some("Bearer correct-horse-battery-staple");
        if right || asked.path == "/health" {
            answers(Engine::Vllm, "1.0", asked, wire);
        } else {
            reply(wire, "401 Unauthorized", "", "no");
        }
    });
    assert_eq!(code(world.try_ensure(&pool(&world, &web.url))), "remote::key_refused");
    let of = |change: &Value| pool_of(&world, Engine::Vllm, &json!({ "url": web.url }), change);
    let by_env = of(&json!({ "secret_env": ["VLLM_API_KEY"] }));
    // Unset, the plan says so and nobody is asked.
    let asked = web.asked().len();
    assert!(
        matches!(&world.plan(&by_env).blocked().unwrap().status, Status::Blocked { code: Some(code), .. } if code == "pool::secret_unset")
    );
    assert_eq!(code(world.try_ensure(&by_env)), "pool::secret_unset");
    assert_eq!(web.asked().len(), asked);
    let file = world.path().join("key");
    durable::replace(&file, format!("{key}\n").as_bytes()).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let by_file = of(&json!({ "secret_file": { "MINE": file } }));
    let several = of(&json!({ "secret_env": ["A_KEY", "B_KEY"] }));
    assert_eq!(code(world.try_ensure(&several)), "pool::several_keys");
    let without = world.settings.env.clone();
    let pairs = [("PATH", world.path().join("tools").display().to_string()), ("VLLM_API_KEY", key.to_owned())];
    let with = Env::from_pairs(pairs);
    for (wanted, env) in [(&by_env, with), (&by_file, without.clone())] {
        world.settings.env = env;
        let ensured = world.ensure(wanted);
        assert_eq!(ensured.prepared.secret_env.len(), 1);
        assert_eq!(world.ensure(wanted).started, Started::Already);
        assert_eq!(lifecycle(&world).status(&wanted.id).unwrap().state, PoolState::Running);
        // Without the key at hand, only what needs none is said.
        if wanted.provisioning.secret_file.is_empty() {
            world.settings.env = without.clone();
            let status = lifecycle(&world).status(&wanted.id).unwrap();
            let why = status.why.unwrap();
            assert_eq!((status.state, status.health), (PoolState::Running, Some(Health::Ready)));
            assert!(why.contains("were not looked at") && why.contains("VLLM_API_KEY"), "{why}");
        }
        lifecycle(&world).stop(&wanted.id, LONG).unwrap();
    }
    for (path, _) in crate::support::tree(&world.settings.run_dir) {
        let bytes = fs::read(&path).unwrap_or_default();
        assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "{}", path.display());
    }
    assert!(!format!("{:?}", world.events.lock().unwrap()).contains(key));
}

/// TLS with an authority of one's own, named in the pool; one that is not known is refused.
#[test]
fn a_certificate_is_always_checked() {
    let world = World::new();
    let authority = Authority::create(world.path());
    let web = Web::serve(Some(&authority), |asked, wire| answers(Engine::Vllm, "1.0", asked, wire));
    assert_eq!(code(world.try_ensure(&pool(&world, &web.url))), "remote::tls");
    let of = |ca_file: &std::path::Path| {
        pool_of(&world, Engine::Vllm, &json!({ "url": web.url, "ca_file": ca_file }), &json!({}))
    };
    assert_eq!(code(world.try_ensure(&of("/nonexistent.pem".as_ref()))), "download::bad_ca");
    let wanted = of(&authority.file);
    assert_eq!(world.ensure(&wanted).prepared.engine_version, "1.0");
    // A later call knows the authority by the record alone.
    assert_eq!(lifecycle(&world).status(&wanted.id).unwrap().state, PoolState::Running);
}

/// What the pool file says of a start that others do has no effect, and the plan says so.
#[test]
fn what_has_no_effect_is_said() {
    let world = World::new();
    let change = json!({ "accelerator": "cuda", "flags": ["--x"], "ports": [8080], "secret_env": ["K"] });
    let plan = world.plan(&pool_of(&world, Engine::Vllm, &json!({ "url": "http://10.0.0.7:8000" }), &change));
    let warnings = plan.warnings.join("\n");
    for words in ["provisioning.flags, provisioning.ports", "cannot be proven from here", "without encryption"] {
        assert!(warnings.contains(words), "{warnings}");
    }
}
