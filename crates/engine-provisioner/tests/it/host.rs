//! What the host has: `doctor`, `gpus`, `flags`.

use crate::common::Place;

/// EP-81: a host is ready for the pools of a configuration, or is told why not, in one document.
#[test]
fn a_host_is_looked_at_with_its_pools_in_mind() {
    let place = Place::new();
    let found = place.call(&["doctor", "--json"]).done().json();
    assert_eq!(found["ready"], true, "{found}");
    assert_eq!(found["pools"][0]["pool_id"], "tiny");
    assert!(found["host"]["tools"]["found"].as_array().unwrap().len() >= 5);
    assert!(!place.path().join("cache").exists(), "a look changes nothing");
    let text = place.call(&["doctor"]).done().stdout;
    assert!(text.contains("pool `tiny`: can be provisioned") && text.ends_with("ready\n"), "{text}");
}

/// EP-20
#[test]
fn an_empty_host_gets_one_whole_list() {
    let place = Place::new().env("PATH", "/nonexistent");
    let said = place.call(&["doctor", "--json"]);
    let found = said.json();
    assert_eq!((said.code, &found["ready"]), (3, &false.into()));
    assert_eq!(found["host"]["tools"]["missing"].as_array().unwrap().len(), 5, "{found}");
    assert!(found["host"]["remedy"].as_str().unwrap().contains("cmake"), "{found}");
    let text = place.call(&["doctor"]).stdout;
    assert!(text.contains("[preflight::tools_missing]") && text.ends_with("not ready\n"), "{text}");
}

#[test]
fn a_pool_for_a_gpu_that_is_not_there_is_not_ready() {
    let place = Place::new().env("CUDA_VISIBLE_DEVICES", "-1");
    place.edit("accelerator = \"cpu\"\n", "");
    let said = place.call(&["doctor", "--json"]);
    assert_eq!((said.code, said.json()["ready"].as_bool()), (3, Some(false)), "{said:?}");
}

#[test]
fn gpus_are_listed_or_their_absence_is() {
    let place = Place::bare();
    let found = place.call_bare(&["gpus", "--json"]).done().json();
    let report = &found["report"];
    assert!(report["devices"].is_array() && report["toolkits"].is_array() && found["verdict"].is_object(), "{found}");
    assert!(place.call_bare(&["gpus"]).done().stdout.contains("driver "));
    // What the child process says that opens the driver's library.
    let answer = place.call_bare(&["gpu-probe", "--", "/nonexistent/libnvidia-ml.so.1"]).done().json();
    assert!(answer.is_object() || answer.is_array(), "{answer}");
}

/// EP-40
#[test]
fn flags_become_those_of_an_engine() {
    let place = Place::bare();
    let flags = |release: &str, words: &[&str]| {
        let said = place.call_bare_last(&["flags", "--json", "--release", release], words).done().json();
        said["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arg| arg.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(flags("v0.5.0", &["--ngl", "33"]), "--n-gpu-layers 33");
    assert_eq!(flags("b6673", &["-ngl=33", "--draft", "8"]), "--n-gpu-layers 33 --draft-max 8");
    let vllm = place.call_bare_last(&["flags", "--engine", "vllm"], &["-tp=2", "--max_model_len", "4096"]).done();
    assert!(vllm.stdout.starts_with("--tensor-parallel-size 2 --max-model-len 4096"), "{vllm:?}");
    let said = place.call_bare_last(&["flags", "--json"], &["--n-gpu-layers"]);
    assert_eq!((said.code, said.json()["error"]["code"].as_str()), (2, Some("flags::missing_value")), "{said:?}");
    let program = testkit::fake_tool(place.path(), "mute", "echo Segmentation fault; exit 1");
    let mute = ["flags", "--json", "--binary", program.to_str().unwrap()];
    let mute = place.call_bare_last(&mute, &["--threads", "1"]);
    assert_eq!(mute.json()["error"]["code"].as_str(), Some("usage::no_help"), "nothing is unknown to it: {mute:?}");
    let secret = place.call_bare_last(&["flags"], &["--api-key", "s3cret-value"]).done();
    assert!(!secret.stdout.contains("s3cret") && secret.stdout.contains("LLAMA_API_KEY"), "{secret:?}");
}
