//! What people paste from scripts, units, compose files and other tools' configurations, and flags of other releases,
//! engines and builds: the answer is what its writer has to do.

use crate::support::{code, help, policy};
use flags::{Accel, Catalogue, Engine, FlagError, Normalized, normalize};

fn on(engine: Engine, release: &str, words: &[&str]) -> Result<Normalized, FlagError> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    normalize(&words, &policy(Accel::Cuda), &Catalogue::best(engine, None, None, release))
}

/// The code and the words of the help.
#[track_caller]
fn refused(engine: Engine, release: &str, words: &[&str], expected: &str, told: &[&str]) {
    let error = on(engine, release, words).map(|line| line.notes).unwrap_err();
    assert_eq!(code(&error), expected, "{words:?}: {error}");
    let text = format!("{error}: {}", help(&error));
    for word in told {
        assert!(text.contains(word), "{words:?}: {word} is not in {text}");
    }
}

/// The pool's words as they are passed, and the words of the notes.
#[track_caller]
fn passed(engine: Engine, release: &str, words: &[&str], args: &str, told: &[&str]) {
    let line = on(engine, release, words).unwrap();
    assert_eq!(line.pool_args().join(" "), args, "{words:?}");
    let notes = line.notes.join("; ");
    for word in told {
        assert!(notes.contains(word), "{words:?}: {word} is not in {notes}");
    }
}

const LLAMA: Engine = Engine::LlamaServer;

#[test]
fn flags_of_other_releases_are_told_with_their_time() {
    passed(LLAMA, "v0.7.0", &["-dio"], "--load-mode dio", &[]);
    refused(LLAMA, "v0.7.0", &["-cpent", "512"], "flags::unknown", &["b10068", "--checkpoint-min-step"]);
    refused(LLAMA, "v0.7.0", &["--checkpoint-every-n-tokens", "8192"], "flags::unknown", &["--checkpoint-min-step"]);
    refused(LLAMA, "v0.7.0", &["-ngl", "99", "-fa", "-cnv"], "flags::unknown", &["b3658 has it", "llama-cli"]);
    refused(LLAMA, "v0.7.0", &["--config", "/x.yaml"], "flags::unknown", &["no configuration file"]);
    refused(LLAMA, "v0.7.0", &["--draft-model", "/m/d.gguf"], "flags::unknown", &["--model-draft"]);
    refused(LLAMA, "b5640", &["--fit", "on"], "flags::unknown", &["b8179", "b6673 does not have it yet"]);
    // A release without a catalogue of its own may have it.
    passed(
        LLAMA,
        "b9000",
        &["-ngl", "9", "-cpent", "512"],
        "--n-gpu-layers 9 -cpent 512",
        &["b10068", "--checkpoint-min-step", "decides"],
    );
    let vllm = ["--max_num_batched_tokens", "4096", "--swap_space", "16"];
    passed(
        Engine::Vllm,
        "v0.33.0",
        &vllm,
        "--max-num-batched-tokens 4096 --swap_space 16",
        &["gone since v0.18", "leave it out"],
    );
    passed(
        Engine::Vllm,
        "v0.33.0",
        &["--num-scheduler-steps", "6"],
        "--num-scheduler-steps 6",
        &["v0.6.4 has it and v0.33.0 no longer has it"],
    );
    passed(
        Engine::Tgi,
        "v1.4.0",
        &["--max-input-tokens", "14000"],
        "--max-input-tokens 14000",
        &["--max-input-length"],
    );
    passed(Engine::Sglang, "v0.5.23", &["--enable-reasoning"], "--enable-reasoning", &["vLLM", "--reasoning-parser"]);
}

#[test]
fn flags_of_other_engines_are_told_with_whose_they_are() {
    refused(LLAMA, "v0.7.0", &["--gpu-memory-utilization", "0.9"], "flags::unknown", &["vLLM"]);
    refused(LLAMA, "v0.7.0", &["--num-gpu", "33"], "flags::unknown", &["Ollama", "--n-gpu-layers"]);
    passed(Engine::Vllm, "v0.33.0", &["--mem-fraction-static", "0.8"], "--mem-fraction-static 0.8", &["SGLang"]);
}

#[test]
fn values_that_a_release_does_not_take() {
    refused(LLAMA, "v0.7.0", &["--spec-type", "draft"], "flags::bad_value", &["draft-simple"]);
    refused(LLAMA, "v0.7.0", &["--spec-type", "mtp"], "flags::bad_value", &["draft-mtp"]);
    refused(LLAMA, "v0.7.0", &["--threads", "$(nproc)"], "flags::bad_value", &["nothing expands"]);
    passed(Engine::Vllm, "v0.33.0", &["-O3"], "--optimization-level 3", &[]);
    passed(Engine::Vllm, "v0.33.0", &["--optimization-level", "3"], "--optimization-level 3", &[]);
    refused(LLAMA, "v0.7.0", &["-ngl99"], "flags::joined", &["two words"]);
}

#[test]
fn what_is_no_flag_is_told_as_what_it_is() {
    for (words, what) in [
        (&["--n-gpu-layers", "999", "#", "Or", "more"][..], "comment"),
        (&["--n-gpu-layers", "999", "#more"], "comment"),
        (&["--n-gpu-layers 999 # Or your desired offload amount"], "comment"),
        (&["-ngl 99 -c 4096 --jinja"], "several flags"),
        (&["--jinja", "\\", "-ngl", "99"], "shell goes on"),
        (&["--jinja", "&"], "shell"),
        (&["--jinja", "$(cat flags)"], "no shell reads it"),
        (&["'--jinja'"], "quotes"),
        (&["\"-ngl\"", "99"], "quotes"),
        (&["llama-server", "-ngl", "99"], "program"),
        (&["./build/bin/llama-server", "-ngl", "99"], "program"),
        (&["docker", "run", "--gpus", "all"], "program"),
        (&["vllm", "serve"], "program"),
        (&["exec", "llama-server"], "program"),
        (&["ExecStart=/usr/bin/llama-server", "-ngl", "99"], "systemd"),
    ] {
        refused(LLAMA, "v0.7.0", words, "flags::pasted", &[what]);
    }
    refused(LLAMA, "v0.7.0", &["LLAMA_ARG_THREADS=8"], "flags::variable", &["--threads"]);
    refused(LLAMA, "v0.7.0", &["--jinja", "word"], "flags::stray_word", &[]);
    for value in ["${models-dir}/mtp.gguf", "'/m/a.gguf'", "\"/m/a.gguf\"", "~/a.gguf", "%h/a.gguf"] {
        let line = on(LLAMA, "v0.7.0", &["--model-draft", value]).unwrap();
        assert!(line.notes.iter().any(|note| note.contains("no shell reads it")), "{value}: {:?}", line.notes);
    }
}

/// What is added must not undo what the pool asks for.
#[test]
fn a_pool_that_asks_for_the_fit_gets_it() {
    for words in [&["--fit", "on", "--fit-target", "2048"][..], &["-fitt", "2048"], &["-fit", "on"], &["--fit"]] {
        let line = on(LLAMA, "v0.7.0", words).unwrap();
        assert!(line.args.join(" ").contains("--n-gpu-layers auto"), "{:?}", line.args);
        assert!(line.notes.iter().any(|note| note.contains("choose how many layers")), "{:?}", line.notes);
    }
    for words in [&["--fit", "off"][..], &["--metrics"], &["--fit", "off", "--fit-target", "2048"]] {
        assert!(on(LLAMA, "v0.7.0", words).unwrap().args.join(" ").contains("--n-gpu-layers 999"), "{words:?}");
    }
    passed(
        LLAMA,
        "v0.7.0",
        &["--fit", "on", "-ngl", "40"],
        "--fit on --n-gpu-layers 40",
        &["switches off what `--fit` asks for"],
    );
}

/// EP-40: what every release refuses is refused before anything is built.
#[test]
fn flags_that_end_the_engine_together() {
    for words in [
        &["--flash-attn", "off", "--cache-type-v", "q8_0"][..],
        &["-ctv", "q4_0", "-fa", "off"],
        &["-fa", "on", "-ctv", "q4_0", "-fa", "off"],
        &["--split-mode", "tensor", "-fa", "off"],
    ] {
        refused(LLAMA, "v0.7.0", words, "flags::conflict", &["flash attention", "--flash-attn on"]);
    }
    // Before August 2025 it was a switch, and off.
    refused(LLAMA, "b5640", &["-ctv", "q8_0"], "flags::conflict", &["--flash-attn"]);
    passed(
        LLAMA,
        "b5640",
        &["-ctv", "q8_0", "-fa", "-ngl", "9"],
        "--cache-type-v q8_0 --flash-attn --n-gpu-layers 9",
        &[],
    );
    for words in
        [&["-ctv", "q8_0"][..], &["-ctk", "q8_0", "-fa", "off"], &["-ctv", "f16", "-fa", "off"], &["-fa", "off"]]
    {
        on(LLAMA, "v0.7.0", words).unwrap();
    }
}

#[test]
fn flags_of_a_part_that_a_build_may_lack() {
    let needs = |words: &[&str]| on(LLAMA, "v0.7.0", words).unwrap().needs;
    assert_eq!(
        needs(&["--ssl-key-file", "k", "--ssl-cert-file", "c"]),
        [("--ssl-key-file".to_owned(), "LLAMA_OPENSSL"), ("--ssl-cert-file".to_owned(), "LLAMA_OPENSSL")]
    );
    assert_eq!(needs(&["--rpc", "127.0.0.1:1"]), [("--rpc".to_owned(), "GGML_RPC")]);
    assert_eq!(needs(&["--metrics"]), []);
    let live = crate::support::normalized(&["--rpc", "x"], &policy(Accel::Cpu), crate::support::live()).unwrap_err();
    assert!(help(&live).contains("-DGGML_RPC=ON"), "{}", help(&live));
}
