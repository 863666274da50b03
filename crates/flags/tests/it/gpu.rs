//! The GPU rule: what a pool may say about layers and devices, and what is added when it says nothing.

use crate::support::{code, normalized, on, policy};
use flags::{Accel, Catalogue, Engine, Trust};

/// The words after `--port 8081`.
#[track_caller]
fn check(accelerator: Accel, pool: &str, expected: &str) {
    let line = on(accelerator, pool).unwrap();
    assert_eq!(line.args.get(6..).unwrap().join(" "), expected);
}

#[track_caller]
fn fails(pool: &str, expected: &str) {
    assert_eq!(code(&on(Accel::Cuda, pool).unwrap_err()), expected, "{pool}");
}

#[test]
fn a_gpu_pool_always_names_its_layers() {
    check(Accel::Cuda, "", "--n-gpu-layers 999");
    check(Accel::Cuda, "--metrics", "--n-gpu-layers 999 --metrics");
    let note = on(Accel::Cuda, "").unwrap().notes.concat();
    assert!(note.starts_with("`--n-gpu-layers 999` is added"), "{note}");
}

/// EP-40
#[test]
fn a_gpu_pool_keeps_what_it_asked_for() {
    for flag in ["-ngl", "--ngl", "--gpu-layers", "--n_gpu_layers", "--n-gpu-layers"] {
        for value in ["33", "auto", "all", "-1", "-2"] {
            check(Accel::Cuda, &format!("{flag} {value} --metrics"), &format!("--n-gpu-layers {value} --metrics"));
            check(Accel::Cuda, &format!("{flag}={value}"), &format!("--n-gpu-layers {value}"));
        }
    }
    check(Accel::Cuda, "-ngl 0 -ngl 9", "--n-gpu-layers 9");
}

#[test]
fn a_gpu_pool_cannot_be_put_on_the_cpu() {
    for pool in [
        "-ngl 0",
        "--ngl=0",
        "--n-gpu-layers +0",
        "--gpu-layers -0",
        "-ngl 00",
        "-ngl 9 -ngl 0",
        "-dev none",
        "--device=none,",
    ] {
        fails(pool, "flags::cpu_on_gpu_pool");
    }
    for pool in ["-ngl many", "-ngl 0x10", "-ngl 0.5", "--ngl=", "-ngl ALL", "-ngl 9layers"] {
        fails(pool, "flags::bad_value");
    }
    assert_eq!(
        on(Accel::Cuda, "--metrics -ngl 0").unwrap_err().to_string(),
        "`--n-gpu-layers 0` (word 2 of the flags) puts a GPU pool on the CPU"
    );
}

#[test]
fn before_auto_existed_negative_numbers_meant_the_cpu() {
    let help = "-ngl,  --gpu-layers, --n-gpu-layers N   number of layers to store in VRAM";
    let engine = Catalogue::from_help(Engine::LlamaServer, help, "old", Trust::Live);
    let policy = policy(Accel::Cuda);
    for value in ["-1", "-2"] {
        let error = normalized(&["-ngl", value], &policy, &engine).unwrap_err();
        assert_eq!(code(&error), "flags::cpu_on_gpu_pool");
    }
    for value in ["auto", "all"] {
        let error = normalized(&["-ngl", value], &policy, &engine).unwrap_err();
        assert_eq!(code(&error), "flags::bad_value");
    }
    let line = normalized(&["-ngl", "33"], &policy, &engine).unwrap();
    assert_eq!(line.pool_args(), ["--n-gpu-layers", "33"]);
}

#[test]
fn a_cpu_pool_offloads_nothing() {
    check(Accel::Cpu, "", "--n-gpu-layers 0");
    check(Accel::Cpu, "-ngl 0 --metrics", "--n-gpu-layers 0 --metrics");
    check(Accel::Cpu, "-ngl 33 --metrics", "--n-gpu-layers 0 --metrics");
    check(Accel::Cpu, "--ngl all -ngld 4", "--n-gpu-layers 0 --n-gpu-layers-draft 0");
    check(Accel::Cpu, "--device none", "--n-gpu-layers 0 --device none");
    assert!(on(Accel::Cpu, "--n-gpu-layers 0").unwrap().notes.is_empty());
    let notes = on(Accel::Cpu, "--n-gpu-layers 33").unwrap().notes;
    assert_eq!(
        notes,
        ["`--n-gpu-layers 0` replaces the number of layers the pool asked for: its accelerator is `cpu`"]
    );
}

#[test]
fn a_help_that_hides_the_layer_flag_changes_nothing() {
    let engine = Catalogue::from_help(Engine::LlamaServer, "--metrics", "built without GPU support", Trust::Live);
    let line = normalized(&["-ngl", "3"], &policy(Accel::Cpu), &engine).unwrap();
    assert_eq!(line.args.get(6..).unwrap(), ["--n-gpu-layers", "0"]);
    let line = normalized(&["--ngl", "3"], &policy(Accel::Cuda), &engine).unwrap();
    assert_eq!(line.args.get(6..).unwrap(), ["--n-gpu-layers", "3"]);
}
