//! What the help does not say of a flag and the engine's parser does: who owns it, what it ends, what it appends to.
//!
//! Read from `common/arg.cpp` of v0.5.0; spellings of older releases are listed where they differ.
//! <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp>

/// The flag that says how many layers go to the GPU, by the name every release's parser takes.
pub(crate) const LAYER_FLAG: &str = "--n-gpu-layers";

/// Its spellings; `--ngl` is what people write and no engine takes.
pub(crate) const LAYERS: &[&str] = &["--n-gpu-layers", "--gpu-layers", "-ngl", "--ngl"];

/// The same for the draft model of speculative decoding.
pub(crate) const DRAFT_LAYERS: &[&str] = &["--n-gpu-layers-draft", "--gpu-layers-draft", "-ngld"];

/// Which devices to offload to; `none` means the CPU.
pub(crate) const DEVICE: &[&str] = &["--device", "-dev"];

/// The context size, which the pool's `ctx` also sets.
pub(crate) const CTX: &[&str] = &["--ctx-size", "-c"];

/// Shares per device, which the pool's `tensor_split` also sets.
pub(crate) const TENSOR_SPLIT: &[&str] = &["--tensor-split", "-ts"];

/// What the pool's config sets and a flag must not, with the key that sets it.
pub(crate) const OWNED: &[(&str, &[&str])] = &[
    (
        MODEL_KEY,
        &[
            "--model",
            "-m",
            "--model-url",
            "-mu",
            "--hf-repo",
            "-hf",
            "-hfr",
            "--hf-file",
            "-hff",
            "--docker-repo",
            "-dr",
        ],
    ),
    ("provisioning.host", &["--host"]),
    ("provisioning.ports", &["--port"]),
];

/// The key that names the model.
pub(crate) const MODEL_KEY: &str = "provisioning.model.ref";

/// In the help of every flag that picks a model by itself (`--gpt-oss-20b-default` sets model, port and context).
pub(crate) const PRESET_HELP: &str = "can download weights from the internet";

/// Flags that make the engine download a second model, and the flag that takes a file instead.
pub(crate) const DOWNLOADS: &[(&str, &[&str])] = &[
    ("--mmproj", &["--mmproj-url", "-mmu"]),
    ("--model-draft", &["--spec-draft-hf", "--hf-repo-draft", "-hfd", "-hfrd"]),
    ("--model-vocoder", &["--hf-repo-v", "-hfv", "-hfrv", "--hf-file-v", "-hffv"]),
];

/// Flags after which the engine prints something and exits.
pub(crate) const ENDS_SERVER: &[&str] = &[
    "-h",
    "--help",
    "--usage",
    "--version",
    "--license",
    "-cl",
    "--cache-list",
    "--completion-bash",
    "--list-devices",
];

/// Secrets for which the engine reads an environment variable instead.
pub(crate) const REWRITTEN: &[&str] = &["--api-key", "--hf-token"];

/// Their spellings that a value may be stuck to by mistake (`-hftVALUE`).
pub(crate) const STUCK: &[&str] = &["--api-key", "--hf-token", "-hft"];

/// The one of them that adds to a list each time it is given; the other one is overwritten.
pub(crate) const API_KEY: &[&str] = &["--api-key"];

/// Flags whose handler adds to what earlier ones set instead of replacing it: each occurrence counts.
/// Masks and ranges of CPUs are or-ed, `--fit-target` and `--chat-template-kwargs` replace only what they name.
pub(crate) const REPEATABLE: &[&str] = &[
    "--lora",
    "--lora-scaled",
    "--control-vector",
    "--control-vector-scaled",
    "--override-kv",
    "--override-tensor",
    "--override-tensor-draft",
    "--reverse-prompt",
    "--logit-bias",
    "--dry-sequence-breaker",
    "--alias",
    "--tags",
    "--api-key-file",
    "--spec-type",
    "--rpc",
    "--chat-template-kwargs",
    "--n-cpu-moe",
    "--n-cpu-moe-draft",
    "--n-cpu-ffn",
    "--cpu-mask",
    "--cpu-range",
    "--cpu-mask-batch",
    "--cpu-range-batch",
    "--cpu-mask-draft",
    "--cpu-range-draft",
    "--cpu-mask-batch-draft",
    "--fit-target",
];

/// How the help of older releases says the same (`can be repeated to use multiple adapters`).
pub(crate) const REPEATABLE_HELP: &[&str] = &["can be repeated", "multiple times"];
