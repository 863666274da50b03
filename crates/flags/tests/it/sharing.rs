//! How the GPUs of a pool share a model of vLLM, SGLang and TGI, and which share of their memory the engine takes.

use flags::{Accel, Catalogue, Engine, Policy};

use crate::support::{code, help, normalized, policy};

fn pool(devices: usize) -> Policy<'static> {
    Policy { devices, ..policy(Accel::Cuda) }
}

/// What is added to the pool's words, behind model, host and port.
#[track_caller]
fn adds(engine: Engine, policy: &Policy<'_>, flags: &str, expected: &str) -> Vec<String> {
    let words: Vec<&str> = flags.split_whitespace().collect();
    let line = normalized(&words, policy, Catalogue::newest(engine)).unwrap();
    let own = line.args.len() - line.pool_args().len();
    let added = line.args[..own].iter().rev().take_while(|word| *word != "8081").map(String::as_str);
    let added: Vec<&str> =
        added.collect::<Vec<_>>().into_iter().rev().filter(|word| !matches!(*word, "--device" | "cuda")).collect();
    assert_eq!(added.join(" "), expected, "{flags}");
    line.notes
}

#[track_caller]
fn fails(engine: Engine, policy: &Policy<'_>, flags: &str, expected: &str, says: &str) {
    let words: Vec<&str> = flags.split_whitespace().collect();
    let error = normalized(&words, policy, Catalogue::newest(engine)).unwrap_err();
    assert_eq!(code(&error), expected, "{flags}: {error}");
    let text = format!("{error}; {}", help(&error));
    assert!(text.contains(says), "{text}");
}

#[test]
fn tensor_parallelism_takes_what_is_left() {
    adds(Engine::Vllm, &pool(1), "", "");
    adds(Engine::Vllm, &pool(8), "", "--tensor-parallel-size 8");
    adds(Engine::Vllm, &pool(8), "-dp 2", "--tensor-parallel-size 4");
    adds(Engine::Vllm, &pool(8), "-dp 2 -pp 2", "--tensor-parallel-size 2");
    adds(Engine::Vllm, &pool(8), "-dp 8", "");
    adds(Engine::Vllm, &pool(8), "--data-parallel-size 16 --data-parallel-size-local 4", "--tensor-parallel-size 2");
    adds(Engine::Sglang, &pool(4), "--dp 2", "--tp-size 2");
    adds(Engine::Sglang, &pool(4), "--pp-size 4", "");
    adds(Engine::Tgi, &pool(2), "", "--num-shard 2");
    adds(Engine::Tgi, &pool(2), "--sharded false", "");
    // The number of GPUs is not known.
    adds(Engine::Vllm, &pool(0), "-tp 4", "");
}

/// SGLang's data-parallel attention divides the GPUs of tensor parallelism, it does not multiply them.
#[test]
fn data_parallel_attention_is_within_tensor_parallelism() {
    adds(Engine::Sglang, &pool(8), "--dp 8 --enable-dp-attention", "--tp-size 8");
    adds(Engine::Sglang, &pool(8), "--tp 8 --dp 8 --enable-dp-attention", "");
    fails(Engine::Sglang, &pool(8), "--tp 8 --dp 2", "flags::too_many_shares", "16 GPUs, and the pool has 8");
    let heads = Policy { heads: Some(28), ..pool(8) };
    adds(Engine::Sglang, &heads, "--dp 2 --enable-dp-attention", "--tp-size 8");
    fails(Engine::Sglang, &heads, "", "flags::heads_not_divisible", "`--tp-size 4` and `--pp-size 2`");
}

/// The numbers of an engine on several hosts count GPUs that this host does not have.
#[test]
fn several_hosts_are_not_judged() {
    adds(Engine::Vllm, &pool(8), "-tp 16 --nnodes 2", "");
    adds(Engine::Vllm, &pool(8), "--nnodes 2", "");
    adds(Engine::Vllm, &pool(8), "--nnodes 1", "--tensor-parallel-size 8");
    adds(Engine::Sglang, &pool(8), "--tp 16 --nnodes 2 --node-rank 1", "");
}

#[test]
fn more_parts_than_devices_are_refused_and_fewer_are_reported() {
    fails(
        Engine::Tgi,
        &pool(1),
        "--num-shard 4",
        "flags::too_many_shares",
        "give the pool 4 `devices`, or leave `--num-shard` out",
    );
    fails(Engine::Vllm, &pool(4), "-tp 4 -dp 2", "flags::too_many_shares", "8 GPUs, and the pool has 4");
    fails(Engine::Vllm, &pool(4), "-dp 8", "flags::too_many_shares", "8 GPUs");
    let used = |notes: &[String]| notes.iter().any(|note| note.contains("devices are used"));
    assert!(used(&adds(Engine::Tgi, &pool(4), "--num-shard 2", "")));
    assert!(used(&adds(Engine::Vllm, &pool(8), "--tensor-parallel-size 1", "")));
    assert!(used(&adds(Engine::Vllm, &pool(4), "-dp 3", "")));
    assert!(!used(&adds(Engine::Vllm, &pool(4), "-dp 4", "")));
}

#[test]
fn gpus_that_share_a_layer_divide_the_heads() {
    let model = |heads, devices| Policy { heads: Some(heads), ..pool(devices) };
    adds(Engine::Vllm, &model(32, 8), "", "--tensor-parallel-size 8");
    adds(Engine::Vllm, &model(28, 4), "", "--tensor-parallel-size 4");
    fails(Engine::Vllm, &model(28, 8), "", "flags::heads_not_divisible", "28 attention heads do not divide by 8");
    fails(
        Engine::Vllm,
        &model(28, 8),
        "",
        "flags::heads_not_divisible",
        "1 or 2 or 4 or 7 devices, or write `--tensor-parallel-size 4` and `--pipeline-parallel-size 2`",
    );
    fails(Engine::Vllm, &model(40, 3), "-tp 3", "flags::heads_not_divisible", "1 or 2 devices");
    fails(Engine::Tgi, &model(14, 4), "", "flags::heads_not_divisible", "1 or 2 devices");
    // What the help says is taken.
    adds(Engine::Vllm, &model(28, 8), "-tp 4 -pp 2", "");
    adds(Engine::Vllm, &model(28, 8), "-pp 2", "--tensor-parallel-size 4");
    adds(Engine::Vllm, &model(25, 1), "", "");
}

#[test]
fn the_share_of_memory_is_no_percentage() {
    for (engine, flag) in [
        (Engine::Vllm, "--gpu-memory-utilization"),
        (Engine::Vllm, "--device-memory-utilization"),
        (Engine::Sglang, "--mem-fraction-static"),
        (Engine::Tgi, "--cuda-memory-fraction"),
    ] {
        adds(engine, &pool(1), &format!("{flag} 0.65"), "");
        adds(engine, &pool(1), &format!("{flag} 1"), "");
        for wrong in ["65", "0", "1.01", "-0.5", "nan"] {
            fails(engine, &pool(1), &format!("{flag}={wrong}"), "flags::bad_value", "");
        }
    }
}
