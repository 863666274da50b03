//! A model that the engine's source does not know, and one that does not fit.

use std::path::PathBuf;

use exec::Env;
use provisioner_core::{Plan, Status, StepKind};
use serde_json::json;

use crate::support::{World, code};

const ARCHITECTURES: &str = "static const std::map<llm_arch, const char *> LLM_ARCH_NAMES = {\n    \
    { LLM_ARCH_LLAMA, \"llama\" },\n    { LLM_ARCH_UNKNOWN, \"(unknown)\" },\n};\n";
const TYPES: &str = "enum ggml_type { GGML_TYPE_F32 = 0, GGML_TYPE_F16 = 1, GGML_TYPE_COUNT = 2 };\n";

/// A model of two tensors of this type.
fn model(world: &World, architecture: &str, kind: u32) -> PathBuf {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let pair = [text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text(architecture)].concat();
    let tensor = |name: &str, offset: u64| {
        let numbers = [1_u32.to_le_bytes().to_vec(), 8_u64.to_le_bytes().to_vec(), kind.to_le_bytes().to_vec()];
        [text(name), numbers.concat(), offset.to_le_bytes().to_vec()].concat()
    };
    let counts = [2_u64.to_le_bytes(), 1_u64.to_le_bytes()].concat();
    let mut bytes = [b"GGUF\x03\0\0\0".to_vec(), counts, pair, tensor("a", 0), tensor("b", 32)].concat();
    bytes.resize(bytes.len().next_multiple_of(32) + 64, 0);
    let path = world.path().join(format!("{architecture}-{kind}.gguf"));
    durable::replace(&path, &bytes).unwrap();
    path
}

#[track_caller]
fn blocked(plan: &Plan, words: &[&str]) {
    let step = plan.blocked().unwrap_or_else(|| panic!("{plan}"));
    let Status::Blocked { code: Some(code), reason, .. } = &step.status else { panic!("{plan}") };
    assert_eq!((step.kind, code.as_str()), (StepKind::Model, "model::too_new"), "{plan}");
    assert!(words.iter().all(|word| reason.contains(word)), "{reason}");
}

/// EP-30, row 13 of the field reports: an architecture or a type that the release does not know ends nothing after an hour of
/// building, but right after the source was fetched, and in the next plan.
#[test]
fn what_the_source_does_not_know_is_known_before_the_build() {
    let world = World::new();
    world.repo.change("src/llama-arch.cpp", ARCHITECTURES);
    let header = std::fs::read_to_string(world.repo.path.join("ggml/include/ggml.h")).unwrap();
    let commit = world.repo.change("ggml/include/ggml.h", &(header + TYPES));
    let of = |model: PathBuf| world.pool(&json!({ "model": { "ref": model } }));
    let pinned = |model: PathBuf| {
        let source = json!({ "repo": world.repo.path, "ref": commit });
        world.pool(&json!({ "model": { "ref": model }, "source": source }))
    };
    let (strange, typed) = (model(&world, "gemma9", 0), model(&world, "llama", 77));
    assert!(world.plan(&pinned(strange.clone())).blocked().is_none(), "the source is not here yet");

    world.calls();
    assert_eq!(code(world.try_ensure(&of(strange.clone()))), "model::too_new");
    let built = world.calls().into_iter().find(|call| call.starts_with("cmake ") && !call.ends_with("--version"));
    assert_eq!(built, None);
    let executed = world.executed("demo");
    let failure = executed.steps.iter().find_map(|step| step.failure.as_ref()).unwrap();
    assert_eq!(failure.code, "model::too_new");

    blocked(&world.plan(&pinned(strange.clone())), &["the architecture `gemma9`", &commit, "gemma9-0.gguf"]);
    assert!(world.calls().iter().all(|call| !call.contains("llama-arch")), "it is remembered");
    blocked(&world.plan(&pinned(typed)), &["the tensor type 77, which"]);
    // A branch may have moved on.
    let plan = world.plan(&of(strange));
    assert!(plan.blocked().is_none(), "{plan}");
    let warned = plan.warnings.iter().any(|text| text.contains("`gemma9`") && text.contains("asked again"));
    assert!(warned, "{:?}", plan.warnings);

    // Fetched beside the build, it is judged when it is here, and the engine is not started.
    let [mkdir, cp] = ["mkdir", "cp"].map(|tool| Env::current().find(tool).unwrap().display().to_string());
    let from = model(&world, "gemma9", 0);
    let hf = format!(
        "case \"$*\" in *--dry-run*) exit 0 ;; esac\nwhile [ \"$1\" != --local-dir ]; do shift; done\n\
         {mkdir} -p \"$2\"; {cp} '{}' \"$2/x.gguf\"",
        from.display()
    );
    testkit::fake_tool(&world.path().join("tools"), "hf", &hf);
    assert_eq!(code(world.try_ensure(&of("hf:owner/repo/x.gguf".into()))), "model::too_new");
    // Whichever comes last, source or model, is where it ends; what runs beside it is cancelled.
    let is_told = |step: &provisioner_core::ExecutedStep| {
        step.failure.as_ref().is_some_and(|failure| failure.code == "model::too_new")
    };
    let failed = world.executed("demo").steps.into_iter().find(is_told).unwrap();
    assert!(["fetch", "model"].contains(&failed.id.as_str()), "{failed:?}");
    assert!(!world.pool_dir("demo").record_file().exists(), "nothing was started");

    let known = world.plan(&pinned(model(&world, "llama", 1)));
    assert!(known.blocked().is_none() && known.warnings.len() == 1, "{known}");
}

/// EP-30: the sizes of both are in the warning, and nothing is refused.
#[test]
fn a_model_that_does_not_fit_is_a_warning() {
    let world = World::new();
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let number = |key: &str, value: u32| {
        [text(&format!("llama.{key}")), 4_u32.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat()
    };
    let heads = [("block_count", 2000), ("attention.head_count", 1000), ("embedding_length", 1_000_000)];
    let pairs: Vec<u8> = heads.iter().flat_map(|(key, value)| number(key, *value)).collect();
    let name = [text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text("llama")].concat();
    let bytes = [b"GGUF\x03\0\0\0".to_vec(), vec![0; 8], 4_u64.to_le_bytes().to_vec(), name, pairs].concat();
    let path = world.path().join("huge.gguf");
    durable::replace(&path, &bytes).unwrap();
    let mut pool = world.pool(&json!({ "model": { "ref": path } }));
    pool.ctx = Some(131_072);
    let plan = world.plan(&pool);
    assert!(plan.blocked().is_none(), "{plan}");
    // 2000 layers, 1000 heads of 1000 elements, keys and values, two bytes each, 131072 tokens.
    let expected = "its KV cache for 131072 tokens take at least 976562.5 GiB";
    assert!(plan.warnings.iter().any(|text| text.contains(expected) && text.contains("this host has")), "{plan}");
    pool.ctx = None;
    assert_eq!(world.plan(&pool).warnings.len(), 1, "that it runs on the CPU");
}
