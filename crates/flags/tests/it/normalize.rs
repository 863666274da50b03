//! What a pool writes and the command line it becomes.

use crate::support::{code, help, live, normalized, on, policy, words};
use flags::{Accel, Catalogue, Engine, FlagError, Trust};

/// What the pool's part of the command line is, on a GPU pool that names its layers elsewhere.
#[track_caller]
fn check(pool: &str, expected: &str) {
    assert_eq!(on(Accel::Cpu, pool).unwrap().pool_args().join(" "), expected);
}

#[track_caller]
fn fails(pool: &str, expected: &str) -> FlagError {
    let error = on(Accel::Cpu, pool).unwrap_err();
    assert_eq!(code(&error), expected);
    error
}

/// EP-41
#[test]
fn model_host_and_port_come_first() {
    let mut policy = policy(Accel::Cuda);
    policy.ctx = Some(8192);
    policy.tensor_split = Some(&[3.0, 0.5]);
    let line = normalized(&["--metrics", "-ngl", "7"], &policy, live()).unwrap();
    assert_eq!(
        line.args,
        words(
            "--model /m/a b.gguf|--host 127.0.0.1|--port 8081|--ctx-size 8192|--tensor-split 3,0.5|--metrics|--n-gpu-layers 7"
        )
    );
    assert!(line.secret_env.is_empty());
}

/// EP-40
#[test]
fn every_way_to_write_a_flag_gives_the_same() {
    for pool in ["--threads 4", "-t 4", "--threads=4", "-t=4"] {
        check(pool, "--threads 4");
    }
    for pool in ["--n_cpu_moe 4", "--n-cpu-moe=4", "-ncmoe 4", "--n_cpu-moe=4"] {
        check(pool, "--n-cpu-moe 4");
    }
    check("-nkvo", "--no-kv-offload");
    check("-kvo", "--kv-offload");
    check("--no-webui --slots", "--no-webui --slots");
    check("--no-ui", "--no-webui");
    check("--control_vector_layer_range=1 -2", "--control-vector-layer-range 1 -2");
}

#[test]
fn values_may_look_like_flags() {
    check("--seed -1 --metrics", "--seed -1 --metrics");
    let line = normalized(&["--chat-template", "--metrics"], &policy(Accel::Cpu), live()).unwrap();
    assert_eq!(line.pool_args(), ["--chat-template", "--metrics"]);
    let line = normalized(&["--grammar=a=b c", "--path", ""], &policy(Accel::Cpu), live()).unwrap();
    assert_eq!(line.pool_args(), ["--grammar", "a=b c", "--path", ""]);
}

#[test]
fn the_last_of_several_counts_in_its_place() {
    check("--grammar a --grammar-file f --grammar b", "--grammar-file f --grammar b");
    check("--slots --metrics --no-slots", "--metrics --no-slots");
    check("-t 4 --metrics --threads 4", "--metrics --threads 4");
    let notes = on(Accel::Cpu, "-t 4 --threads 8 --slots --no-slots --props --props").unwrap().notes;
    assert_eq!(
        notes,
        [
            "`-t` is written `--threads`",
            "`--threads` is given with different values; the last one counts",
            "`--slots` and `--no-slots` are both given; the last one, `--no-slots`, counts",
            "`--props` is given twice alike; once is enough",
        ]
    );
}

#[test]
fn flags_that_add_up_are_all_kept() {
    check(
        "--lora a --lora b --lora a -ot x=CPU --override-tensor y=CPU",
        "--lora a --lora b --lora a --override-tensor x=CPU --override-tensor y=CPU",
    );
    let help = "--scan FNAME                            what to scan (can be repeated to scan several)";
    let engine = Catalogue::from_help(Engine::LlamaServer, help, "old", Trust::Live);
    let line = normalized(&["--scan", "a", "--scan", "b"], &policy(Accel::Cpu), &engine).unwrap();
    assert_eq!(line.pool_args(), words("--scan a|--scan b"));
}

#[test]
fn words_in_the_wrong_place() {
    let error = fails("--metrics yes", "flags::stray_word");
    assert_eq!(error.to_string(), "word 2 of the flags is no flag, and `--metrics` takes no value there");
    fails("4096", "flags::stray_word");
    fails("--", "flags::stray_word");
    fails("-1", "flags::stray_word");
    fails("--threads 4 4", "flags::stray_word");
    let error = fails("--metrics --threads", "flags::missing_value");
    assert_eq!(error.to_string(), "`--threads` (word 2 of the flags) takes a value and the list ends there");
    fails("--control-vector-layer-range 1", "flags::missing_value");
    fails("--metrics=yes", "flags::takes_no_value");
    fails("--no-slots=1", "flags::takes_no_value");
    let error = normalized(&["--threads 4"], &policy(Accel::Cpu), live()).unwrap_err();
    assert_eq!(code(&error), "flags::joined");
    assert_eq!(help(&error), "write two words, `[\"--threads\", \"VALUE\"]`, or `\"--threads=VALUE\"`");
}

#[test]
fn an_unlisted_flag_is_an_error_against_the_engines_own_help() {
    let error = fails("--flash-attention on", "flags::unknown");
    assert_eq!(error.to_string(), "this engine has no flag `--flash-attention` (word 1 of the flags)");
    assert_eq!(help(&error), "did you mean `--flash-attn`?");
    for (wrong, right) in [("--thread 4", "--threads"), ("-metrics", "--metrics"), ("--CTX-SIZE 4", "--ctx-size")] {
        assert_eq!(help(&fails(wrong, "flags::unknown")), format!("did you mean `{right}`?"));
    }
    let error = fails("--zzzzzzzz", "flags::unknown");
    assert_eq!(help(&error), "run the engine with `--help` to see the flags of this release");
}

#[test]
fn an_unlisted_flag_is_passed_on_while_the_engine_is_not_built() {
    let policy = policy(Accel::Cpu);
    let pool = ["--brand-new", "--new-thing", "-1", "-x", "--other_thing=4", "--brand-new", "-t", "4"];
    let line = normalized(&pool, &policy, Catalogue::newest(Engine::LlamaServer)).unwrap();
    assert_eq!(line.pool_args(), words("--brand-new|--new-thing -1|-x|--other_thing=4|--brand-new|--threads 4"));
    assert_eq!(
        line.notes.first().unwrap(),
        "`--brand-new` is not in the catalogue read from llama-server v0.7.0; it is passed on as written, and the engine's own help decides after the build"
    );
}

#[test]
fn a_note_on_an_unlisted_flag_says_what_it_may_be() {
    let line = normalized(&["--thread", "4"], &policy(Accel::Cpu), Catalogue::newest(Engine::LlamaServer)).unwrap();
    assert!(line.notes.concat().contains("(did you mean `--threads`?)"), "{:?}", line.notes);
}

#[test]
fn a_removed_flag() {
    let error = fails("--spec-ngram-min-hits 3", "flags::removed");
    assert_eq!(
        help(&error),
        "the engine says: the argument has been removed. use the respective --spec-ngram-*-min-hits"
    );
    let line =
        normalized(&["--spec-ngram-min-hits=3"], &policy(Accel::Cpu), Catalogue::newest(Engine::LlamaServer)).unwrap();
    assert_eq!(line.pool_args(), ["--spec-ngram-min-hits", "3"]);
    assert!(line.notes.first().unwrap().contains("use the respective"));
    assert_eq!(line.unverified, ["--spec-ngram-min-hits"]);
}

#[test]
fn what_the_configuration_decides_is_no_flag() {
    for (pool, key) in [
        ("-m x.gguf", "provisioning.model.ref"),
        ("--model=x", "provisioning.model.ref"),
        ("-hf a/b", "provisioning.model.ref"),
        ("--hf_repo a/b", "provisioning.model.ref"),
        ("-mu http://h/x", "provisioning.model.ref"),
        ("--gpt-oss-20b-default", "provisioning.model.ref"),
        ("--host 0.0.0.0", "provisioning.host"),
        ("--port 1", "provisioning.ports"),
    ] {
        let error = fails(pool, "flags::owned");
        assert_eq!(help(&error), format!("take it out of the flags and set `{key}`"));
    }
    fails("--mmproj-url http://h/x", "flags::downloads");
    fails("-hfd a/b", "flags::downloads");
    for pool in ["-h", "--usage", "--version", "--list-devices", "--completion-bash", "-cl"] {
        fails(pool, "flags::ends_server");
    }
    let other = Catalogue::from_help(Engine::LlamaServer, "", "other", Trust::Nearest);
    for (pool, expected) in
        [("--docker_repo=x", "flags::owned"), ("--version", "flags::ends_server"), ("-hfd=x", "flags::downloads")]
    {
        let error = normalized(&[pool], &policy(Accel::Cpu), &other).unwrap_err();
        assert_eq!(code(&error), expected, "also where the catalogue does not list it");
    }
}

#[test]
fn key_and_flag_may_say_the_same() {
    let mut policy = policy(Accel::Cpu);
    policy.ctx = Some(4096);
    policy.tensor_split = Some(&[3.0, 1.0]);
    policy.devices = 2;
    let line = normalized(&["-c", "4096", "-ts", "3.0/1", "--metrics"], &policy, live()).unwrap();
    assert_eq!(line.pool_args(), ["--metrics"]);
    assert!(line.notes.contains(&"`--ctx-size` says the same as `ctx`; once is enough".to_owned()));
    for (pool, expected) in [
        (["-c", "2048"], "flags::contradiction"),
        (["-c", "many"], "flags::bad_value"),
        (["-ts", "1,3"], "flags::contradiction"),
        (["-ts", "3"], "flags::contradiction"),
        (["-ts", "a,b"], "flags::bad_value"),
        (["-ts", "1,1,1"], "flags::too_many_shares"),
    ] {
        let error = normalized(&pool, &policy, live()).unwrap_err();
        assert_eq!(code(&error), expected, "{pool:?}");
    }
    policy.devices = 1;
    let error = normalized(&[], &policy, live()).unwrap_err();
    assert_eq!(error, FlagError::TooManyShares { shares: 2, devices: 1 });
}

#[test]
fn without_the_keys_the_flags_stand() {
    check("-c 2048 -ts 1,1,1", "--ctx-size 2048 --tensor-split 1,1,1");
}
