//! The cases of the program this one replaces (`llama-orch`, `normalize_llamacpp_flags`), and what is different on
//! purpose: one flag is left of several, a value that is missing is an error, `--x=v` is understood.

use crate::support::{code, normalized, policy};
use flags::{Accel, Catalogue, Engine};

/// EP-40
#[test]
fn original_cases() {
    for (accelerator, pool, expected) in [
        (Accel::Cuda, "--ngl 35 -ngl 12 --gpu-layers 7 --n-gpu-layers 3 --other x", Ok("--n-gpu-layers 3 --other x")),
        (Accel::Cuda, "--ngl 32 --gpu-layers", Err("flags::missing_value")),
        (Accel::Cpu, "--n-gpu-layers 5 --other abc --ngl 12", Ok("--n-gpu-layers 0 --other abc")),
        (Accel::Cuda, "--foo bar --baz", Ok("--n-gpu-layers 999 --foo bar --baz")),
        (Accel::Cpu, "--foo bar --baz", Ok("--n-gpu-layers 0 --foo bar --baz")),
        (Accel::Cuda, "--n-gpu-layers=35", Ok("--n-gpu-layers 35")),
        (Accel::Cuda, "--ngl=35", Ok("--n-gpu-layers 35")),
    ] {
        let pool: Vec<&str> = pool.split_whitespace().collect();
        let line = normalized(&pool, &policy(accelerator), Catalogue::newest(Engine::LlamaServer));
        let line = line.map(|l| l.args.get(6..).unwrap().join(" ")).map_err(|e| code(&e));
        assert_eq!(line.as_deref().map_err(String::as_str), expected, "{pool:?}");
    }
}
