//! What the hub refuses, asked with the real command's library: each refusal has its own code, and comes in seconds.

use std::time::{Duration, Instant};

use exec::Env;
use miette::Diagnostic;
use model_provisioner::{Announced, ModelError, ModelRequest};

use crate::support::fixtures::Writer;
use crate::support::hf::Bench;
use crate::support::http::Answer;
use crate::support::hub::sha256;

const FILE: &str = "Q4/m-Q4_K_M.gguf";

/// A hub with one model in it.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.hub.push(
        "o/r",
        &[(FILE, Writer::model(5000)), ("README.md", b"x".to_vec()), ("Q8/m-Q8_0.gguf", Writer::model(9))],
    );
    bench
}

fn ask(bench: &Bench, env: Env, request: &ModelRequest) -> Result<Announced, ModelError> {
    let started = Instant::now();
    let answer = bench.models(env).ask_hub(request, &|| false);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(!bench.at("cache").exists(), "a question writes nothing");
    answer
}

fn file(file: &str) -> ModelRequest {
    ModelRequest::hub_gguf("o/r", None, file).unwrap()
}

/// The code and the text of a refusal, with its help.
#[track_caller]
fn refused(bench: &Bench, env: Env, request: &ModelRequest, code: &str, words: &[&str]) {
    let error = ask(bench, env, request).unwrap_err();
    let text = format!("{error}; {}", error.help().unwrap());
    assert_eq!(error.code().unwrap().to_string(), code, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in {text}");
    }
}

#[test]
fn the_hub_announces_commit_sizes_and_digests() {
    let bench = bench();
    let announced = ask(&bench, bench.env(), &file(FILE)).unwrap();
    let bytes = Writer::model(5000);
    assert_eq!(announced.size, Some(bytes.len() as u64));
    assert_eq!(announced.commit.unwrap().as_str(), bench.hub.state().repos["o/r"].refs["main"]);
    let [file] = announced.files.as_slice() else { panic!() };
    assert_eq!((file.path.as_str(), file.sha256.as_deref()), (FILE, Some(sha256(&bytes).as_str())));
    assert_eq!(bench.hub.downloads(), 0);
}

#[test]
fn what_is_not_there() {
    let bench = bench();
    let env = || bench.env();
    bench.hub.push("o/tiny-model-GGUF", &[]);
    let request = ModelRequest::hub_gguf("o/tiny-modle-GGUF", None, FILE).unwrap();
    refused(&bench, env(), &request, "model::no_repository", &["`o/tiny-modle-GGUF`", "similar: o/tiny-model-GGUF"]);
    let request = ModelRequest::hub_gguf("o/r", Some("mian"), FILE).unwrap();
    refused(&bench, env(), &request, "model::no_revision", &["`mian`", "similar: main"]);
    refused(&bench, env(), &file("m-q4_k_m.gguf"), "model::no_file", &["`m-q4_k_m.gguf`", "similar: Q4/m-Q4_K_M.gguf"]);
    let shards = file("m-00001-of-00002.gguf");
    refused(&bench, env(), &shards, "model::no_file", &["`m-00001-of-00002.gguf`"]);
    let repository = ModelRequest::hub_repository("o/r", None, &["*.json"], &["config.json"]).unwrap();
    refused(&bench, env(), &repository, "model::no_file", &["`config.json`"]);
    bench.hub.push("o/s", &[("m-00001-of-00002.gguf", Writer::shard(0, 2, 9))]);
    let request = ModelRequest::hub_gguf("o/s", None, "m-00001-of-00002.gguf").unwrap();
    refused(&bench, env(), &request, "model::no_file", &["`m-00002-of-00002.gguf`"]);
    let second = ModelRequest::hub_gguf("o/s", None, "m-00002-of-00002.gguf").unwrap();
    refused(&bench, env(), &second, "model::not_first_shard", &["m-00001-of-00002.gguf"]);
}

#[test]
fn who_may() {
    let bench = bench();
    let with = |token: &str| bench.env().with("HF_TOKEN", token);
    let gate = |status, message: &str| bench.hub.instead("/resolve/", 1, Answer::refusal(status, "GatedRepo", message));
    gate(
        401,
        "Access to model o/r is restricted. You must have access to it and be authenticated to access it. Please log in.",
    );
    refused(&bench, bench.env(), &file(FILE), "model::no_token", &["hf auth login", "/o/r"]);
    gate(
        403,
        "Access to model o/r is restricted and you are not in the authorized list. Visit the page to ask for access.",
    );
    refused(&bench, with("hf_token"), &file(FILE), "model::gated", &["ask for access", "/o/r"]);
    gate(403, "Your request to access model o/r is awaiting a review from the repo authors.");
    refused(&bench, with("hf_token"), &file(FILE), "model::pending", &["awaiting a review"]);
    gate(403, "Your request to access model o/r has been rejected by the repo's authors.");
    refused(&bench, with("hf_token"), &file(FILE), "model::denied", &["rejected"]);
    let invalid = Answer::refusal(401, "", "Invalid credentials in Authorization header");
    bench.hub.instead("/api/models/", 1, invalid);
    refused(&bench, with("hf_wrong_one"), &file(FILE), "model::bad_token", &["from HF_TOKEN", "settings/tokens"]);
    bench.hub.instead("/api/models/", 1, Answer::refusal(403, "", "Access to this resource is disabled."));
    refused(&bench, bench.env(), &file(FILE), "model::denied", &["disabled"]);
}

#[test]
fn how_often_and_hubs_that_fail() {
    let bench = bench();
    bench.hub.instead("/api/models/", 1, Answer::new(429).header("Retry-After", "55"));
    refused(&bench, bench.env(), &file(FILE), "model::rate_limited", &["429", "wait 55 s"]);
    bench.hub.instead("/resolve/", 1, Answer::new(429).header("RateLimit", "\"resolvers\";r=0;t=31"));
    refused(&bench, bench.env(), &file(FILE), "model::rate_limited", &["wait 31 s"]);
    bench.hub.instead("/api/models/", 1, Answer::new(503));
    refused(&bench, bench.env(), &file(FILE), "model::hub_failed", &["503"]);
    bench.hub.instead(
        "/api/models/",
        1,
        Answer::new(200).body(b"<html>Welcome to our wireless network</html>".to_vec()),
    );
    refused(&bench, bench.env(), &file(FILE), "model::mirror", &["HF_ENDPOINT"]);
    bench.hub.instead("/api/models/", 1, Answer::new(418));
    refused(&bench, bench.env(), &file(FILE), "model::mirror", &["status 418"]);
}

#[test]
fn no_way_to_the_hub() {
    let bench = bench();
    // A port that was free a moment ago: nothing listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let env = || bench.env();
    refused(
        &bench,
        env().with("HF_ENDPOINT", format!("http://{free}")),
        &file(FILE),
        "model::no_network",
        &["refused"],
    );
    let unknown = env().with("HF_ENDPOINT", "http://hub.invalid");
    refused(&bench, unknown, &file(FILE), "model::no_network", &["hub.invalid"]);
    let proxy = env().with("HF_ENDPOINT", "http://hub.invalid").with("http_proxy", bench.hub.url());
    bench.hub.instead("hub.invalid", 9, Answer::new(407));
    refused(&bench, proxy, &file(FILE), "model::proxy", &["HTTPS_PROXY"]);
    refused(&bench, env().with("HF_HUB_OFFLINE", "1"), &file(FILE), "model::offline", &["HF_HUB_OFFLINE"]);
    // Plain HTTP where TLS is spoken.
    let tls = env().with("HF_ENDPOINT", bench.hub.url().replace("http:", "https:"));
    let error = ask(&bench, tls, &file(FILE)).unwrap_err();
    let code = error.code().unwrap().to_string();
    assert!(["model::certificate", "model::no_network"].contains(&code.as_str()), "{code}: {error}");
}

/// The command itself: too old, dead, broken, or a wrapper that does not tell its interpreter.
#[test]
fn commands_of_all_kinds() {
    let bench = bench();
    let with = |name: &str, script: &str| {
        let dir = bench.at("bin");
        std::fs::remove_dir_all(&dir).ok();
        std::fs::create_dir(&dir).unwrap();
        testkit::fake_tool(&dir, name, script);
        bench.env().with("PATH", format!("{}:/usr/bin:/bin", dir.display()))
    };
    let stub = "echo 'Warning: `huggingface-cli` is deprecated and no longer works. Use `hf` instead.' >&2; exit 1";
    refused(&bench, with("huggingface-cli", stub), &file(FILE), "model::dead_command", &["`huggingface-cli`", "pipx"]);
    let old = "echo 'hf: error: unrecognized arguments: --dry-run' >&2; exit 2";
    refused(&bench, with("hf", old), &file(FILE), "model::old_command", &["--dry-run"]);
    refused(
        &bench,
        with("hf", "echo Segmentation fault >&2; exit 139"),
        &file(FILE),
        "model::broken_command",
        &["Segmentation"],
    );
    let real = crate::support::hf::folder().join("hf");
    let wrapper = format!("exec {} \"$@\"", real.display());
    let announced = ask(&bench, with("hf", &wrapper), &file(FILE)).unwrap();
    assert_eq!((announced.commit, announced.size, announced.files.len()), (None, None, 1));
    bench.hub.instead(
        "/resolve/",
        1,
        Answer::refusal(403, "GatedRepo", "x is awaiting a review from the repo authors."),
    );
    refused(&bench, with("hf", &wrapper), &file(FILE), "model::pending", &[]);
    refused(&bench, with("hf", &wrapper), &file("none.gguf"), "model::no_file", &[]);
    // An interpreter without the library.
    let dir = bench.at("bin2");
    std::fs::create_dir(&dir).unwrap();
    let python = bench.env().find("python3").unwrap();
    let script = format!("#!{} -SIE\nimport huggingface_hub\n", python.display());
    durable::replace(&dir.join("hf"), script.as_bytes()).unwrap();
    std::fs::set_permissions(dir.join("hf"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let env = bench.env().with("PATH", format!("{}:/usr/bin:/bin", dir.display()));
    refused(&bench, env, &file(FILE), "model::broken_command", &["huggingface_hub"]);
}

#[test]
fn a_question_can_be_cancelled() {
    let bench = bench();
    // A hub that takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let env = bench.env().with("HF_ENDPOINT", format!("http://{}", silent.local_addr().unwrap()));
    let started = Instant::now();
    let cancelled = || started.elapsed() > Duration::from_secs(1);
    let error = bench.models(env).ask_hub(&file(FILE), &cancelled).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "model::cancelled");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}
