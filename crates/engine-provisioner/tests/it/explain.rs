//! `explain`: a log that was pasted, and a code that was read somewhere.

use crate::support::Place;

#[expect(clippy::disallowed_methods, reason = "no other process reads it while it is written")]
fn log(place: &Place, text: &str) -> String {
    let path = place.path().join("a.log");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_log_is_explained_with_and_without_its_phase() {
    let place = Place::bare();
    let engine =
        log(&place, "0.00.232.890 E llama_init_from_model: quantized V cache requires flash_attn to be enabled\n");
    let text = place.call_bare(&["explain", "--log", &engine]).done().stdout;
    assert!(text.starts_with("engine::kv_cache (run)\n") && text.contains("--flash-attn on"), "{text}");
    assert!(text.contains("quantized V cache requires flash_attn"), "{text}");
    let found = place.call_bare(&["explain", "--log", &engine, "--phase", "run", "--json"]).done().json();
    assert_eq!(
        (&found["code"], &found["known"], &found["phase"]),
        (&"engine::kv_cache".into(), &true.into(), &"run".into())
    );
    assert!(found["remedy"].as_str().unwrap().contains("--flash-attn on"), "{found}");
    // By its words it is the log of a build.
    let build = log(
        &place,
        "[1/2] Building CUDA object a.cu.o\nFAILED: a.cu.o\nnvcc -c a.cu -o a.cu.o\nnvcc fatal   : Unsupported gpu architecture 'compute_120a'\n",
    );
    let found = place.call_bare(&["explain", "--log", &build, "--json"]).done().json();
    assert_eq!((&found["code"], &found["phase"]), (&"cuda::arch_unsupported".into(), &"build".into()));
    let configure = log(
        &place,
        "-- Configuring done\nCMake Error in common/CMakeLists.txt:\n  CUDA_ARCHITECTURES is empty for target \"common\".\n",
    );
    let found = place.call_bare(&["explain", "--log", &configure, "--json"]).done().json();
    assert_eq!((&found["code"], &found["phase"]), (&"cuda::arch_invalid".into(), &"configure".into()));
    let fetch = log(
        &place,
        "Cloning into bare repository 'x.git'...\nfatal: unable to access 'https://github.com/x/': Could not resolve host: github.com\n",
    );
    let found = place.call_bare(&["explain", "--log", &fetch, "--json"]).done().json();
    assert_eq!((found["phase"].as_str(), found["known"].as_bool()), (Some("fetch"), Some(true)), "{found}");
}

/// A container runtime's words, which blame the command where a library is gone.
#[test]
fn the_end_of_a_container_is_explained() {
    let place = Place::bare();
    let stale = "Error: unable to start container \"ecdb2132becb\": crun: error stat'ing file /lib/x86_64-linux-gnu/libEGL_nvidia.so.535.161.07: \
                 No such file or directory: OCI runtime attempted to invoke a command that was not found\n";
    let path = log(&place, stale);
    let found = place.call_bare(&["explain", "--log", &path, "--json"]).done().json();
    assert_eq!((&found["code"], &found["phase"]), (&"cdi::stale".into(), &"container".into()));
    assert_eq!(found["notices"], serde_json::json!([]));
    // By its phase the same words have another remedy.
    let path = log(
        &place,
        "llama-server: error while loading shared libraries: libcuda.so.1: cannot open shared object file\n",
    );
    for (phase, code) in [("run", "cuda::no_driver"), ("container", "gpu::no_libcuda")] {
        let found = place.call_bare(&["explain", "--log", &path, "--phase", phase, "--json"]).done().json();
        assert_eq!(found["code"], code);
    }
}

/// An effect or a warning is no cause, and what it is is printed.
#[test]
fn an_effect_is_not_known_from_this_log() {
    let place = Place::bare();
    let path = log(
        &place,
        "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {'EngineCore_0': 1}\n",
    );
    let said = place.call_bare(&["explain", "--log", &path]);
    assert_eq!(said.code, 9, "{said:?}");
    assert!(said.stdout.contains("not known from this log") && said.stdout.contains("first ERROR"), "{said:?}");
    let path = log(
        &place,
        "WARN[0000] The deprecated BoltDB database driver is in use. This driver will be removed in Podman 6.0\n",
    );
    let said = place.call_bare(&["explain", "--log", &path, "--json"]);
    assert_eq!((said.code, said.json()["notices"][0]["kind"].as_str()), (9, Some("warning")), "{said:?}");
}

/// What is not known has an exit status of its own, and the lines that matter.
#[test]
fn what_is_not_known_is_said() {
    let place = Place::bare();
    let path = log(&place, "[1/9] Building a.o\nmoon: error: wrong phase\n");
    let said = place.call_bare(&["explain", "--log", &path]);
    assert_eq!(said.code, 9, "{said:?}");
    assert!(said.stdout.contains("not known") && said.stdout.contains("moon: error: wrong phase"), "{said:?}");
    let said = place.call_bare(&["explain", "--log", &path, "--json"]);
    assert_eq!((said.code, &said.json()["code"], &said.json()["known"]), (9, &serde_json::Value::Null, &false.into()));
    let said = place.call_bare(&["explain", "--log", "/nonexistent/x.log", "--json"]);
    assert_eq!((said.code, said.json()["error"]["code"].as_str()), (2, Some("usage::unreadable_log")));
    for words in [&["explain"][..], &["explain", "a::b", "--log", "x"], &["explain", "a::b", "--phase", "run"]] {
        assert_eq!(place.call_bare(words).code, 2, "{words:?}");
    }
}

#[test]
fn a_code_is_explained() {
    let place = Place::bare();
    let text = place.call_bare(&["explain", "engine::kv_cache"]).done().stdout;
    assert!(text.starts_with("engine::kv_cache (exit status 6)\n") && text.contains("--flash-attn on"), "{text}");
    let found = place.call_bare(&["explain", "flags::unknown", "--json"]).done().json();
    assert_eq!((&found["code"], &found["exit_status"]), (&"flags::unknown".into(), &2.into()));
    assert!(found["meanings"][0]["cause"].as_str().is_some_and(|cause| !cause.is_empty()), "{found}");
    let said = place.call_bare(&["explain", "no_nvcc", "--json"]);
    assert_eq!((said.code, said.json()["error"]["code"].as_str()), (2, Some("usage::unknown_code")));
    assert!(said.json()["error"]["help"].as_str().unwrap().contains("cuda::no_nvcc"), "{said:?}");
}
