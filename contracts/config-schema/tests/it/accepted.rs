//! What loads, and as what.

use std::{net::IpAddr, time::Duration};

use config_schema::{Accelerator, CmakeFlag, Config, Engine, Format, ModelRef, ProvisioningConfig, ProvisioningMode};

use crate::support::{fixture, parse, yaml_pool};

/// EP-06: a file of llama-orch loads unchanged.
#[test]
fn the_llama_orch_sample_loads() {
    let config = Config::load(&fixture("llamacpp-3090-source.yaml")).unwrap();
    let pool = config.pool(None).unwrap();
    assert_eq!((pool.id.as_str(), pool.engine), ("local-llamacpp-gpu", Engine::Llamacpp));
    assert_eq!(pool.devices, [0]);

    let provisioning = &pool.provisioning;
    assert_eq!((provisioning.mode, pool.mode()), (Some(ProvisioningMode::Source), ProvisioningMode::Source));
    assert_eq!(provisioning.allow_package_installs, Some(true));
    assert_eq!(provisioning.flags.as_ref().unwrap()[2..4], ["--parallel", "1"]);
    assert_eq!(provisioning.ports.as_ref().unwrap()[0].numbers(), 8080..=8080);
    let source = provisioning.source.as_ref().unwrap();
    assert_eq!(source.repo.as_str(), "https://github.com/ggml-org/llama.cpp.git");
    assert_eq!(source.git_ref.as_str(), "703f9e3");
    let flags = source.build.cmake_flags.as_ref().unwrap();
    let names: Vec<&str> = flags.iter().map(CmakeFlag::name).collect();
    assert_eq!(names, ["CMAKE_BUILD_TYPE", "LLAMA_BUILD_SERVER", "GGML_CUDA", "CMAKE_CUDA_ARCHITECTURES"]);
    let Some(ModelRef::HuggingFace { repo, file, revision, .. }) = &provisioning.model.model_ref else {
        panic!("{:?}", provisioning.model)
    };
    assert_eq!(repo, "Qwen/Qwen2.5-0.5B-Instruct-GGUF");
    assert_eq!(file.as_deref(), Some("qwen2.5-0.5b-instruct-q4_k_m.gguf"));
    assert_eq!(*revision, None);
}

#[test]
fn the_readme_s_pool_loads() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let config = parse(text, Format::Toml);
    assert_eq!(config.pool(None).unwrap().id.as_str(), "local-gpu-0");
}

/// EP-06: one configuration in three formats is one value.
#[test]
fn the_three_formats_say_the_same() {
    let toml = Config::load(&fixture("every-key.toml")).unwrap();
    assert_eq!(toml, Config::load(&fixture("every-key.yaml")).unwrap());
    assert_eq!(toml, Config::load(&fixture("every-key.json")).unwrap());
}

/// The GPU rule: left out, the accelerator is CUDA.
#[test]
fn what_is_left_out_has_its_default() {
    let config = parse("pools: [{id: a, engine: sglang, model: m}]", Format::Yaml);
    let pool = &config.pools[0];
    assert_eq!(pool.provisioning, ProvisioningConfig::default());
    assert_eq!(pool.provisioning.accelerator, Accelerator::Cuda);
    assert_eq!(pool.provisioning.mode, None);
    assert_eq!(pool.provisioning.host, IpAddr::from([127, 0, 0, 1]));
    assert_eq!(pool.provisioning.limits.stop_grace(), Duration::from_secs(10));
    assert_eq!(pool.provisioning.limits.fetch_silence(), Duration::from_mins(1));
    assert_eq!(pool.provisioning.limits.ready_silence(), None);
    assert!(pool.devices.is_empty() && config.catalog.trust_policy.is_none());
}

/// A YAML text without quotes is the text it is written as, where a text belongs.
#[test]
fn a_commit_of_digits_stays_a_text() {
    for written in ["7039193", "703e9193", "0123456", "0x12345", "1_000_000", "1.10", "true"] {
        let source = format!("{{source: {{repo: /r, ref: {written}}}}}");
        let config = parse(&yaml_pool(&source), Format::Yaml);
        let source = config.pools[0].provisioning.source.as_ref().unwrap();
        assert_eq!(source.git_ref.as_str(), written);
    }
}

#[test]
fn yaml_numbers_and_booleans_are_those_of_the_core_schema() {
    let config = parse(
        "pools: [{id: a, engine: tgi, model: m, ctx: 0x10, preload: TRUE, tensor_split: [+1, .5, 1e1]}]",
        Format::Yaml,
    );
    let pool = &config.pools[0];
    assert_eq!((pool.ctx, pool.preload), (Some(16), Some(true)));
    assert_eq!(pool.tensor_split, Some(vec![1.0, 0.5, 10.0]));
}

#[test]
fn nothing_is_the_same_as_left_out_where_a_value_is_optional() {
    let config = parse(&yaml_pool("{ports: , flags: ~, source: null, mode: null}"), Format::Yaml);
    assert_eq!(config.pools[0].provisioning, ProvisioningConfig::default());
    let text = r#"{"pools":[{"id":"a","engine":"vllm","model":"m","quant":null}]}"#;
    assert_eq!(parse(text, Format::Json).pools[0].quant, None);
}

#[test]
fn aliases_repeat_what_they_name() {
    let text = "pools:\n- {id: a, engine: vllm, model: &m big, devices: &d [0, 1]}\n\
                - {id: b, engine: vllm, model: *m, devices: *d}\n";
    let config = parse(text, Format::Yaml);
    assert_eq!(config.pools[0].devices, config.pools[1].devices);
    assert_eq!(config.pools[1].model, "big");
}

/// F79: files made on Windows.
#[test]
fn a_byte_order_mark_and_windows_line_ends_are_accepted() {
    let toml = "[[pools]]\nid = \"a\"\nengine = \"vllm\"\nmodel = \"m\"\n";
    let yaml = "pools:\n- id: a\n  engine: vllm\n  model: m\n";
    let json = "{\n\t\"pools\": [\n\t\t{ \"id\": \"a\", \"engine\": \"vllm\", \"model\": \"m\" }\n\t]\n}\n";
    let expected = parse(toml, Format::Toml);
    for (text, format) in [(toml, Format::Toml), (yaml, Format::Yaml), (json, Format::Json)] {
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(parse(&windows, format), expected, "{format}");
        assert_eq!(parse(text, format), expected, "{format}");
    }
}

#[test]
fn a_pool_is_found_by_its_id_or_because_it_is_the_only_one() {
    let one = parse("pools: [{id: a, engine: tgi, model: m}]", Format::Yaml);
    assert_eq!(one.pool(None).unwrap().id.as_str(), "a");
    let two = parse("pools: [{id: a, engine: tgi, model: m}, {id: b, engine: tgi, model: m}]", Format::Yaml);
    assert_eq!(two.pool(Some("b")).unwrap().id.as_str(), "b");
}
