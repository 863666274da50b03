//! The life of one engine through the command line.
use crate::support::Place;

/// EP-43, EP-05: from nothing to an answering engine; again is a no-op that says so; then nothing is left to do.
#[test]
fn an_engine_is_made_once_and_stopped_once() {
    let place = Place::new();
    let plan = place.call(&["plan", "--json"]).done().json();
    let pending = |plan: &serde_json::Value| {
        let steps = plan["steps"].as_array().unwrap();
        steps.iter().filter(|step| step["status"] == "to_run").map(|step| step["kind"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(pending(&plan), ["fetch", "configure", "build", "prove", "start"]);
    assert!(!place.path().join("cache").exists(), "a plan writes nothing");

    let first = place.call(&["ensure", "--wait", "--json"]).done();
    assert!(first.stderr.contains("accelerator = \"cpu\""), "{first:?}");
    let first = first.json();
    assert_eq!((&first["engine"], &first["provisioning_mode"]), (&"llamacpp".into(), &"source".into()));
    assert_eq!(first["process"]["started"], "now");
    assert_eq!(first["build_ref"].as_str().unwrap().len(), 40);
    assert!(first["engine_version"].as_str().unwrap().starts_with("0.5.0"), "{first}");
    assert!(first["engine_digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(std::path::Path::new(first["binary_path"].as_str().unwrap()).is_file());

    let again = place.call(&["ensure", "--wait", "--json"]).done().json();
    assert_eq!(again["process"]["started"], "already");
    assert_eq!(again["process"]["pid"], first["process"]["pid"]);
    assert!(place.call(&["ensure"]).done().stdout.contains("already runs"));
    assert_eq!(pending(&place.call(&["plan", "--json"]).done().json()), Vec::<serde_json::Value>::new());

    let status = place.call(&["status", "--json"]).done().json();
    assert_eq!((&status["state"], &status["health"]), (&"running".into(), &"ready".into()));
    assert_eq!(status["port"], first["port"]);
    assert!(status["rss_bytes"].as_u64().unwrap() > 100_000, "{status}");
    assert!(status["gpu_memory_bytes"].is_null(), "an engine on the processor has none: {status}");
    let text = place.call_bare(&["status", "--pool", "tiny"]).done().stdout;
    assert!(text.contains("running as pid") && text.contains("sha256:"), "{text}");
    assert!(place.call(&["logs", "-n", "3"]).done().stdout.contains("listening on"));

    let follower = std::thread::scope(|scope| {
        let follower = scope.spawn(|| place.call(&["logs", "--follow"]).done().stdout);
        assert_eq!(place.call(&["stop", "--json"]).done().json()["stopped"], "graceful");
        follower.join().unwrap()
    });
    assert!(follower.contains("listening on"), "following ends with the engine: {follower}");
    assert_eq!(place.call(&["stop", "--json"]).done().json()["stopped"], "nothing_recorded");
    let after = place.call(&["status", "--json"]);
    assert_eq!((after.code, after.json()["state"].as_str()), (6, Some("absent")));
}

/// A changed configuration is an error that lists what differs; `--replace` goes on.
#[test]
fn a_changed_configuration_replaces_only_when_told() {
    let place = Place::new();
    let first = place.call(&["ensure", "--json"]).done().json();
    place.edit("flags = []", "flags = [\"--parallel\", \"3\"]");
    let refused = place.call(&["ensure", "--json"]);
    let error = &refused.json()["error"];
    assert_eq!((refused.code, &error["code"]), (7, &"pool::differs".into()));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("flags: runs `") && message.contains("--parallel 3"), "{message}");
    assert!(error["help"].as_str().unwrap().contains("--replace"));
    assert_eq!(place.call(&["plan"]).code, 7);
    assert_eq!(place.call(&["status", "--json"]).done().json()["pid"], first["process"]["pid"], "it still runs");

    let replaced = place.call(&["ensure", "--replace", "--wait", "--json"]).done().json();
    assert_eq!(replaced["process"]["started"], "replaced");
    assert_ne!(replaced["process"]["pid"], first["process"]["pid"]);
    assert_eq!(place.call(&["ensure", "--json"]).done().json()["process"]["started"], "already");
}

/// An engine that listens on IPv6 is asked there; beyond this host it is said that nobody needs a key.
#[test]
fn an_engine_on_ipv6() {
    let place = Place::new();
    place.edit("accelerator = \"cpu\"", "accelerator = \"cpu\"\nhost = \"::1\"");
    let said = place.call(&["ensure", "--wait", "--json"]).done();
    assert!(!said.stderr.contains("API key"), "{said:?}");
    assert!(said.json()["url"].as_str().unwrap().starts_with("http://[::1]:"), "{said:?}");
    assert_eq!(place.call(&["stop", "--json"]).done().json()["stopped"], "graceful");
    place.edit("\"::1\"", "\"::\"");
    let said = place.call(&["ensure", "--wait", "--json"]).done();
    assert!(said.stderr.contains("without an API key: export LLAMA_API_KEY"), "{said:?}");
    assert!(said.json()["url"].as_str().unwrap().starts_with("http://[::1]:"), "{said:?}");
    assert_eq!(place.call(&["status", "--json"]).done().json()["state"], "running");
}

/// EP-04: what `prepare` made is found by `ensure`, and nothing runs in between.
#[test]
fn prepare_starts_nothing() {
    let place = Place::new();
    let prepared = place.call(&["prepare", "--json"]).done().json();
    assert_eq!(place.call(&["status"]).code, 6);
    let ensured = place.call(&["ensure", "--json"]).done().json();
    assert_eq!(ensured["engine_digest"], prepared["engine_digest"]);
    assert_eq!(ensured["flags"], prepared["flags"]);
}

/// An engine whose folder is gone is found by its name, and stopped.
#[test]
fn an_engine_without_a_folder_is_stopped() {
    let place = Place::new();
    let pid = place.call(&["ensure", "--json"]).done().json()["process"]["pid"].as_i64().unwrap();
    std::fs::remove_dir_all(place.run_dir().join("tiny")).unwrap();
    assert!(alive(pid));
    assert_eq!(place.call_bare(&["stop", "--pool", "tiny", "--json"]).done().json()["stopped"], "graceful");
    assert!(!alive(pid));
}

fn alive(pid: i64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with(['Z', 'X']))
}

/// What a list of processes shows beside an engine is ours, says so, and ends with the engine.
#[test]
fn the_log_tender_is_known_by_its_name() {
    let place = Place::new();
    place.call(&["ensure"]).done();
    let tender = || {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        let dir = place.run_dir().join("tiny").into_os_string().into_encoded_bytes();
        let has = |line: &[u8], word: &[u8]| line.split(|byte| *byte == 0).any(|other| other == word);
        lines.filter(|line| has(line, b"engine-provisioner:tend-log") && has(line, &dir)).count()
    };
    assert_eq!(tender(), 1);
    place.call(&["stop"]).done();
    let begin = std::time::Instant::now();
    while tender() > 0 {
        assert!(begin.elapsed() < std::time::Duration::from_secs(10), "it outlives its engine");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// EP-51: a secret of the environment reaches the engine and nothing else.
#[test]
fn a_secret_is_nowhere_to_be_read() {
    let secret = "s3cret-value-of-the-test";
    let place = Place::new().env("LLAMA_API_KEY", secret);
    place.edit("flags = []", "secret_env = [\"LLAMA_API_KEY\"]");
    let mut said = String::new();
    for words in [&["plan", "-v"][..], &["ensure", "--wait", "-vv"], &["ensure", "--json"], &["status", "--json"]] {
        let call = place.call(words).done();
        said += &(call.stdout + &call.stderr);
    }
    assert!(!said.contains(secret));
    assert!(said.contains("LLAMA_API_KEY"), "its name is no secret: {said}");
    let mut folders = vec![place.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{}", entry.path().display());
            }
        }
    }
}

/// The schema needs no file, and is one.
#[test]
fn the_schema_is_a_document() {
    let schema = Place::bare().call_bare(&["schema"]).done().json();
    assert!(schema["properties"]["pools"].is_object(), "{schema}");
    for (kind, key) in [
        ("plan", "steps"),
        ("executed", "values"),
        ("event", "run_id"),
        ("summary", "engine_version"),
        ("record", "boot_id"),
        ("proof", "files"),
        ("lock", "pools"),
        ("pool", "pools"),
    ] {
        let schema = Place::bare().call_bare(&["schema", "--of", kind]).done().json();
        assert!(schema["properties"][key].is_object(), "{kind}: {schema}");
    }
}

/// Engines of one kind on one host are of one version, where a pool requires it.
#[test]
fn another_version_beside_it_is_refused_where_that_is_required() {
    let place = Place::new();
    let text = std::fs::read_to_string(place.pool_file()).unwrap();
    let ports = crate::support::ports();
    let second = crate::support::pool(&place.path().join("tiny-llama"), &place.path().join("tiny.gguf"), &ports);
    let second = second.replace("\"tiny\"\nengine", "\"other\"\nengine");
    let strict = "id = \"tiny\"\nrequire_same_engine_version = true";
    place.write(&(text.replace("id = \"tiny\"", strict) + &second.replace("ref = \"main\"", "ref = \"dev\"")));
    let other = place.call(&["ensure", "--pool", "other", "--json"]).done().json();
    let refused = place.call(&["ensure", "--pool", "tiny", "--json"]);
    let error = refused.json()["error"].clone();
    let message = error["message"].as_str().unwrap();
    assert_eq!((refused.code, &error["code"]), (7, &"pool::engine_version".into()), "{refused:?}");
    assert!(message.contains(other["engine_version"].as_str().unwrap()), "{message}");
    assert_eq!(place.call(&["plan", "--pool", "tiny"]).code, 7, "the finished build is known to a plan");
    assert_eq!(place.call(&["status", "--pool", "tiny"]).code, 6);
    place.call_bare(&["stop", "--pool", "other"]).done();
    place.call(&["ensure", "--pool", "tiny"]).done();
}
