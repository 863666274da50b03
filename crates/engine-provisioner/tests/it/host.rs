//! What the host has: `doctor`, `gpus`, `flags`.

use std::time::Duration;

use exec::CommandSpec;

use crate::support::{Place, Said};

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

/// EP-81, EP-10: without a pool file a host is ready only for the accelerator that a pool means which names none. What it can
/// do instead is reported, and not taken for it.
#[test]
fn without_pools_a_host_without_a_gpu_is_not_ready() {
    let place = Place::bare().env("CUDA_VISIBLE_DEVICES", "-1");
    let said = place.call_bare(&["doctor", "--json"]);
    let found = said.json();
    assert_eq!((said.code, &found["ready"], &found["pools"]), (3, &false.into(), &serde_json::json!([])), "{found}");
    let [cuda, cpu] = found["accelerators"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!(
        (&cuda["accelerator"], &cuda["is_default"], &cuda["ready"]),
        (&"cuda".into(), &true.into(), &false.into())
    );
    assert_eq!((&cpu["accelerator"], &cpu["is_default"], &cpu["ready"]), (&"cpu".into(), &false.into(), &true.into()));
    assert_eq!(cuda["refusal"]["code"], found["gpu"]["verdict"]["refusal"]["code"], "{found}");
    assert!(cpu.get("refusal").is_none() && !place.path().join("cache").exists(), "{cpu}");

    let text = place.call_bare(&["doctor"]).stdout;
    let of_cuda = "a pool on `cuda` (the default): cannot be provisioned [gpu::";
    assert!(text.contains(of_cuda), "{text}");
    assert!(text.contains("a pool on `cpu` (only where the pool says so): can be provisioned\n"), "{text}");
    assert!(text.ends_with("not ready for `cuda`, the default; ready for `cpu`\n"), "{text}");

    let bare = place.env("PATH", "/nonexistent");
    let said = bare.call_bare(&["doctor"]);
    assert_eq!(said.code, 3);
    assert!(
        said.stdout.contains("a pool on `cpu` (only where the pool says so): cannot be provisioned"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.ends_with("\nnot ready\n"), "{}", said.stdout);
}

/// EP-81: what the host has is told to people too, and everything that stands in a pool's way, not the first thing alone.
#[test]
fn people_get_a_table_with_everything() {
    let place = Place::new().env("CUDA_VISIBLE_DEVICES", "-1").env("COLUMNS", "40").env("TERM", "dumb");
    place.edit("accelerator = \"cpu\"\n", "");
    place.edit("tiny.gguf\"", "absent.gguf\"");
    let text = place.call(&["doctor"]).stdout;
    for expected in
        ["memory ", "folder ", "open files ", "clock      plausible", "user ns ", "tool       git ", "driver "]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(text.contains("pool `tiny`: cannot be provisioned [gpu::") && text.contains("[model::missing]"), "{text}");
    assert!(!text.contains('\u{1b}') && text.ends_with("not ready\n"), "{text}");
}

/// F69: a version that nobody can read keeps nothing from being ready, and is told to people.
#[test]
fn a_version_that_cannot_be_read_is_a_note() {
    let place = Place::new();
    let bin = place.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    testkit::fake_tool(&bin, "ninja", "echo development");
    let place = place.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()));
    let text = place.call(&["doctor"]).done().stdout;
    assert!(text.contains("tool       Ninja of unknown version") && text.ends_with("ready\n"), "{text}");
    assert!(text.contains("note       no version in what") && text.contains("development\n"), "{text}");
}

/// Several pools: each is told, and one that cannot be served makes the host not ready.
#[test]
fn every_pool_counts() {
    let place = Place::new();
    let text = std::fs::read_to_string(place.pool_file()).unwrap();
    let second = text.replace("id = \"tiny\"", "id = \"vllm\"").replace("engine = \"llamacpp\"", "engine = \"vllm\"");
    place.write(&format!("{text}{second}"));
    let said = place.call(&["doctor", "--json"]);
    let found = said.json();
    assert_eq!((said.code, &found["ready"]), (2, &false.into()), "{found}");
    assert_eq!(found["pools"][1]["refusal"]["code"], "pool::unsupported_engine");
    assert!(found["pools"][0]["plan"].is_object());
    assert_eq!(place.call(&["doctor", "--json", "--pool", "tiny"]).code, 0, "asked of one pool alone");
}

/// The program where its cache folder is a file system of its own, mounted with these options.
fn with_cache_on(place: &Place, options: &str) -> Said {
    let cache = place.path().join("cache");
    std::fs::create_dir_all(&cache).unwrap();
    let script =
        format!("PATH=/usr/sbin:/usr/bin:/sbin:/bin mount -t tmpfs -o {options} none \"$1\" && shift && exec \"$@\"");
    let namespace = if testkit::is_root() { "-m" } else { "-rm" };
    let spec = CommandSpec::new("/usr/bin/unshare", Duration::from_mins(1))
        .args([namespace, "--", "/bin/sh", "-c", &script, "sh"])
        .arg(cache)
        .arg(env!("CARGO_BIN_EXE_engine-provisioner"));
    let file = place.pool_file();
    place.run(spec, &["doctor", "--json", "--config", &file.to_string_lossy()], &[])
}

/// A cache that cannot be written, run from or filled is told before a build finds out.
#[test]
fn the_cache_is_looked_at() {
    let place = Place::new();
    for (options, code) in [("size=1m", "host::disk_space"), ("ro", "host::read_only"), ("noexec", "host::noexec")] {
        let said = with_cache_on(&place, options);
        let found = said.json();
        let codes: Vec<&str> = found["host"]["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|finding| finding["code"].as_str())
            .collect();
        assert!(said.code == 3 && codes.contains(&code), "{options}: {codes:?} {}", said.code);
    }
    assert_eq!(with_cache_on(&place, "size=8g").json()["ready"], true);
}

#[test]
fn gpus_are_listed_or_their_absence_is() {
    let place = Place::bare();
    let found = place.call_bare(&["gpus", "--json"]).done().json();
    let report = &found["report"];
    assert!(report["devices"].is_array() && report["toolkits"].is_array() && found["verdict"].is_object(), "{found}");
    assert!(place.call_bare(&["gpus"]).done().stdout.contains("driver "));
    // What the child process says that opens the driver's library.
    let spec = CommandSpec::new(env!("CARGO_BIN_EXE_engine-provisioner"), Duration::from_secs(20));
    let spec = spec.args(["engine-provisioner:gpu-probe", "/nonexistent/libnvidia-ml.so.1"]);
    let output = exec::run(&spec).unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
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
    let asked = "[ \"$1 $2\" = 'serve --help=all' ] || exit 1; echo '  --max-model-len N  length' >&2";
    let program = testkit::fake_tool(place.path(), "vllm", asked);
    let vllm = ["flags", "--json", "--engine", "vllm", "--binary", program.to_str().unwrap()];
    let vllm = place.call_bare_last(&vllm, &["--max_model_len", "4096"]).done().json();
    assert_eq!((vllm["known"].as_u64(), vllm["unread"].as_u64()), (Some(1), Some(0)), "{vllm}");
    let file = |text: &str, words: &[&str]| {
        let path = place.path().join("README.md");
        durable::replace(&path, text.as_bytes()).unwrap();
        place.call_bare_last(&["flags", "--json", "--help-file", path.to_str().unwrap()], words).json()
    };
    let read = file("```\n  --data x   no flag\n```\n| `-t, --threads N` | how many |\n", &["-t", "1"]);
    assert_eq!(read["args"], serde_json::json!(["--threads", "1"]), "{read}");
    assert_eq!(file("no help\n", &["-t", "1"])["error"]["code"].as_str(), Some("usage::no_flags"));
    let secret = place.call_bare_last(&["flags"], &["--api-key", "s3cret-value"]).done();
    assert!(!secret.stdout.contains("s3cret") && secret.stdout.contains("LLAMA_API_KEY"), "{secret:?}");
}

/// What a distribution's package installs beside the program: shells and `man` themselves take it.
#[test]
fn completions_and_manual_pages_are_printed() {
    let place = Place::bare();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.call_bare(&["completions", shell]).done().stdout;
        assert!(script.contains("ensure") && script.contains("doctor"), "{shell}: {script}");
        assert!(!script.contains("gpu-probe"), "a hidden verb is offered: {script}");
    }
    let page = place.call_bare(&["man"]).done().stdout;
    assert!(page.contains(".TH engine-provisioner 1") && page.contains("SUBCOMMANDS"), "{page}");
    let page = place.call_bare(&["man", "ensure"]).done().stdout;
    assert!(page.contains(".TH engine-provisioner-ensure 1") && page.contains("\\-\\-replace"), "{page}");
    let page = place.call_bare(&["man", "explain"]).done().stdout;
    assert!(page.contains("\\-\\-log") && page.contains("Exit status: 0"), "{page}");
    let said = place.call_bare(&["man", "enusre"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.stderr.contains("there are plan, prepare, ensure"), "{said:?}");
}
