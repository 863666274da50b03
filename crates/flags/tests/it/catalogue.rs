//! The help of a real `llama-server` v0.5.0 is read completely.

use flags::{Arity, Catalogue, Engine, Trust};

const HELP: &str = include_str!("../help/llama-server-v0.5.0.txt");

fn v0_5_0() -> &'static Catalogue {
    Catalogue::nearest(Engine::LlamaServer, "v0.5.0")
}

/// The flag's canonical name, how many values it takes, and its environment variable.
#[track_caller]
fn check(spelling: &str, name: &str, value: Arity, env: Option<&str>) {
    let found = v0_5_0().find(spelling).unwrap();
    assert_eq!(found.spec.name, name);
    assert_eq!(found.spec.value, value);
    assert_eq!(found.spec.env.as_deref(), env);
    assert!(!found.negated);
}

#[test]
fn every_option_line_is_read() {
    let options = HELP.lines().filter(|l| l.starts_with('-') && !l.starts_with("---")).count();
    let catalogue = v0_5_0();
    assert_eq!(catalogue.unread(), 0);
    assert_eq!(catalogue.specs().len(), options);
    assert_eq!(options, 254);
    assert_eq!(catalogue.trust, Trust::Nearest);
    assert_eq!(catalogue.source, "llama-server v0.5.0");
}

#[test]
fn no_spelling_is_lost_and_none_is_in_two_flags() {
    let catalogue = v0_5_0();
    let mut all: Vec<&str> = catalogue.specs().iter().flat_map(flags::FlagSpec::spellings).collect();
    let in_help: usize = HELP
        .lines()
        .filter(|l| l.starts_with('-') && !l.starts_with("---"))
        .map(|l| {
            l.split("  ")
                .filter(|p| p.starts_with('-'))
                .flat_map(str::split_whitespace)
                .filter(|w| w.starts_with('-'))
                .count()
        })
        .sum();
    assert!(all.len() >= in_help, "{} < {in_help}", all.len());
    for spelling in &all {
        let found = catalogue.find(spelling).unwrap();
        assert!(found.spec.spellings().any(|s| s == *spelling), "{spelling}");
    }
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn descriptions_and_variables_are_complete() {
    let catalogue = v0_5_0();
    let variables = catalogue.specs().iter().filter(|s| s.env.is_some()).count();
    assert_eq!(variables, HELP.matches("(env: ").count());
    let gone: Vec<&str> = catalogue.specs().iter().filter(|s| s.removed.is_some()).map(|s| s.name.as_str()).collect();
    assert_eq!(
        gone,
        ["--draft-max", "--draft-n-min", "--spec-ngram-size-n", "--spec-ngram-size-m", "--spec-ngram-min-hits"]
    );
    assert_eq!(
        catalogue.find("--draft").unwrap().spec.removed.as_deref(),
        Some("the argument has been removed. use --spec-draft-n-max or --spec-ngram-mod-n-max")
    );
}

/// EP-40
#[test]
fn layouts() {
    let layers = Some("LLAMA_ARG_N_GPU_LAYERS");
    for spelling in ["-ngl", "--ngl", "--gpu-layers", "--n-gpu-layers", "--n_gpu_layers"] {
        check(spelling, "--n-gpu-layers", Arity::One, layers);
    }
    check("-c", "--ctx-size", Arity::One, Some("LLAMA_ARG_CTX_SIZE"));
    check("--help", "--usage", Arity::None, None);
    check("-ot", "--override-tensor", Arity::One, Some("LLAMA_ARG_OVERRIDE_TENSOR"));
    check("--control-vector-layer-range", "--control-vector-layer-range", Arity::Exactly(2), None);
    check("-hf", "--hf-repo", Arity::One, Some("LLAMA_ARG_HF_REPO"));
    check("-hft", "--hf-token", Arity::One, Some("HF_TOKEN"));
    check("--api-key", "--api-key", Arity::One, Some("LLAMA_API_KEY"));
    check("--spec-type", "--spec-type", Arity::One, Some("LLAMA_ARG_SPEC_TYPE"));
    check("-fa", "--flash-attn", Arity::One, Some("LLAMA_ARG_FLASH_ATTN"));
    check("--no-host", "--no-host", Arity::None, Some("LLAMA_ARG_NO_HOST"));
    check("-C", "--cpu-mask", Arity::One, None);
    check("--fim-qwen-1.5b-default", "--fim-qwen-1.5b-default", Arity::None, None);
}

#[test]
fn negations() {
    let catalogue = v0_5_0();
    for (spelling, name, negation) in [
        ("-nkvo", "--kv-offload", "--no-kv-offload"),
        ("-nr", "--repack", "--no-repack"),
        ("-no-kvu", "--kv-unified", "--no-kv-unified"),
        ("--no-mmproj", "--mmproj-auto", "--no-mmproj-auto"),
        ("--no-ui", "--webui", "--no-webui"),
    ] {
        let found = catalogue.find(spelling).unwrap();
        assert!(found.negated, "{spelling}");
        assert_eq!(found.spec.name, name);
        assert_eq!(found.spec.negation(), Some(negation));
    }
}

#[test]
fn value_hints() {
    for (flag, hint) in [
        ("--split-mode", Some("{none,layer,row,tensor}")),
        ("--override-tensor", Some("<tensor name pattern>=<buffer type>,...")),
        ("--docker-repo", Some("[<repo>/]<model>[:quant]")),
        ("--cpu-range", Some("lo-hi")),
        ("--poll", Some("<0...100>")),
        ("--control-vector-layer-range", Some("START END")),
        ("--logit-bias", Some("TOKEN_ID(+/-)BIAS")),
        ("--metrics", None),
    ] {
        let found = v0_5_0().find(flag).unwrap();
        assert_eq!(found.spec.value_hint.as_deref(), hint, "{flag}");
    }
}

#[test]
fn what_is_not_listed_is_not_found() {
    for spelling in ["", "-", "--", "--Model", "--mmap", "-kv_offload", "--ctx-size=1", "----- common params -----"] {
        assert!(v0_5_0().find(spelling).is_none(), "{spelling}");
    }
}
