//! What is refused, each with its code, before anything is fetched, built or started.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{EngineProvisioner, Error, Plan, Status, StepKind, provider_for, provider_with};
use serde_json::{Value, json};

use crate::support::{World, code};

mod too_new;

/// Refused by `plan` in the step `kind`, and by `ensure` with the same code; nothing was fetched.
#[track_caller]
fn blocked(world: &World, pool: &PoolConfig, kind: StepKind, expected: &str) {
    let plan = world.plan(pool);
    let step = plan.blocked().unwrap();
    let Status::Blocked { code: Some(planned), .. } = &step.status else { panic!("{plan}") };
    assert!(step.kind == kind && planned.starts_with(expected), "{plan}");
    let start = plan.steps.last().unwrap();
    assert!(matches!(start.status, Status::Blocked { .. }), "{plan}");
    assert_eq!(&code(world.try_ensure(pool)), planned);
    assert!(!world.settings.cache_dir.join("v1/git").exists());
    assert!(!world.pool_dir("demo").record_file().exists());
}

/// EP-14 and the GPU rule: left out, the accelerator is a GPU; without one the way ends before it begins.
#[test]
fn no_gpu_no_engine() {
    let world = World::new();
    let mut pool = serde_json::to_value(world.pool(&json!({}))).unwrap();
    pool["provisioning"].as_object_mut().unwrap().remove("accelerator");
    let pool: PoolConfig = serde_json::from_value(pool).unwrap();
    let code = code(world.try_ensure(&pool));
    assert!(code.starts_with("gpu::") || code.starts_with("cuda::"), "{code}");
    assert!(!world.settings.cache_dir.exists(), "nothing is kept for a pool that cannot run here");
    let plan = world.plan(&pool);
    assert_eq!(plan.to_run().count(), 0, "{plan}");
    assert_eq!(plan.blocked().unwrap().kind, StepKind::Accelerator);
    assert_eq!(world.warnings(), 0, "nothing proposes the CPU");
}

/// EP-20: what CMake 3.17 lacks for CUDA is known before it runs.
#[test]
fn an_old_cmake_is_no_cmake_for_cuda() {
    let world = World::new();
    testkit::fake_tool(&world.path().join("tools"), "cmake", "echo cmake version 3.17.5");
    blocked(&world, &world.pool(&json!({ "accelerator": "cuda" })), StepKind::Preflight, "preflight::tools_missing");
    let cpu = world.plan(&world.pool(&json!({})));
    assert!(cpu.blocked().is_none(), "{cpu}");
}

/// EP-02
#[test]
fn other_engines_and_modes_are_refused_by_name() {
    let world = World::new();
    for engine in ["vllm", "tgi", "triton", "sglang"] {
        let mut pool = serde_json::to_value(world.pool(&json!({}))).unwrap();
        pool["engine"] = json!(engine);
        let pool: PoolConfig = serde_json::from_value(pool).unwrap();
        assert_eq!(code(provider_for(&pool)), "pool::unsupported_engine", "{engine}");
        assert!(provider_with(&pool, world.settings.clone()).unwrap_err().to_string().contains(engine));
    }
    let pool = world.pool(&json!({ "mode": "container" }));
    assert_eq!(code(world.provider(&pool).plan(pool.clone())), "pool::unsupported_mode");
    assert_eq!(code(world.try_ensure(&pool)), "pool::unsupported_mode");
    for (change, expected) in [
        (json!({ "source": null }), "pool::no_source"),
        (json!({ "mode": "package" }), "pool::no_package"),
        (json!({ "model": {} }), "pool::no_model"),
        (json!({ "model": { "ref": "hf:owner/repo" } }), "pool::no_model_file"),
        (json!({ "model": { "ref": "models/x.gguf" } }), "pool::relative_model"),
        (
            json!({ "source": { "repo": world.repo.path, "ref": "main", "build": { "generator": "Xcode" } } }),
            "pool::unsupported_generator",
        ),
    ] {
        let pool = world.pool(&change);
        assert_eq!(code(world.provider(&pool).plan(pool.clone())), expected);
    }
    assert!(!world.settings.run_dir.exists() && !world.settings.cache_dir.exists());
}

/// EP-30
#[test]
fn models_that_are_none() {
    let world = World::new();
    let page = world.path().join("page.gguf");
    durable::replace(&page, b"<!DOCTYPE html>").unwrap();
    for (path, expected) in [
        (world.path().join("absent.gguf"), "model::missing"),
        (world.path().to_path_buf(), "model::not_a_file"),
        (page, "model::wrong_format"),
    ] {
        blocked(&world, &world.pool(&json!({ "model": { "ref": path } })), StepKind::Model, expected);
    }
    // EP-23: no Hugging Face command on this PATH.
    let pool = world.pool(&json!({ "model": { "ref": "hf:owner/repo/x.gguf" } }));
    blocked(&world, &pool, StepKind::Model, "model::no_command");
}

/// F49
#[test]
fn a_taken_port() {
    let world = World::new();
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let pool = world.pool(&json!({ "ports": [held.local_addr().unwrap().port()] }));
    blocked(&world, &pool, StepKind::Start, "port::taken");
    let text = world.try_ensure(&pool).unwrap_err().to_string();
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
}

/// EP-40: what is wrong with flags and variables is told before a build, also while the model is still to be fetched.
#[test]
fn flags_and_variables() {
    let world = World::new();
    testkit::fake_tool(&world.path().join("tools"), "hf", "exit 1");
    let fetched = json!({ "ref": "hf:owner/repo/x.gguf" });
    let cases: [(Value, &str); 9] = [
        (json!({ "env": { "LLAMA_ARG_CTX_SIZE": "0" } }), "pool::flag_in_env"),
        (json!({ "secret_env": ["LLAMA_ARG_CTX_SIZE"] }), "pool::flag_in_env"),
        (json!({ "env": { "XDG_CONFIG_HOME": "/x" } }), "pool::env_decided"),
        (json!({ "secret_env": ["NOT_SET_HERE"] }), "pool::secret_unset"),
        (json!({ "flags": ["--model", "/x"] }), "flags::owned"),
        (json!({ "flags": ["--ssl-key-file", "/k", "--ssl-cert-file", "/c"] }), "flags::not_built"),
        (json!({ "flags": ["--flash-attn", "off", "--cache-type-v", "q8_0"] }), "flags::conflict"),
        (json!({ "flags": ["--threads 4 # more"] }), "flags::pasted"),
        (json!({ "flags": ["--api-key", "s3cr3t-1"], "secret_env": ["LLAMA_API_KEY"] }), "pool::secret_twice"),
    ];
    for (mut change, expected) in cases {
        for model in [json!({ "ref": world.model }), fetched.clone()] {
            change["model"] = model;
            blocked(&world, &world.pool(&change), StepKind::Flags, expected);
        }
    }
    assert_eq!(fs::read_dir(world.settings.run_dir.join("demo")).unwrap().count(), 1, "the lock and nothing else");
}

/// EP-01, EP-07: what callers compile against. A change here is a change for all of them, in the same commit.
#[test]
fn the_contract_is_as_published() {
    type Provider = fn(&PoolConfig) -> Result<Box<dyn EngineProvisioner>, Error>;
    type Plans = fn(&dyn EngineProvisioner, PoolConfig) -> Result<Plan, Error>;
    type Ensures = fn(&dyn EngineProvisioner, PoolConfig) -> Result<(), Error>;
    let calls: (Provider, Plans, Ensures) = (provider_for, |p, pool| p.plan(pool), |p, pool| p.ensure(pool));
    let pool = World::new().pool(&json!({ "mode": "container" }));
    let provider = calls.0(&pool).unwrap();
    assert_eq!(code(calls.1(provider.as_ref(), pool.clone())), "pool::unsupported_mode");
    assert_eq!(code(calls.2(provider.as_ref(), pool)), "pool::unsupported_mode");
}
