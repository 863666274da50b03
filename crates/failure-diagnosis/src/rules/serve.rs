//! What the server says when it ends while it starts: <https://github.com/ggml-org/llama.cpp/tree/master/tools/server>.

use super::{RUNNING, Rule};
use crate::pattern::said;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[
            said("allocating {size} MiB on device {device}: cudaMalloc failed: out of memory"),
            said("cudaMalloc failed: out of memory"),
            said("CUDA error: out of memory"),
            said("unable to allocate CUDA{device} buffer"),
            said("failed to allocate CUDA{device} buffer"),
        ],
        cause: "the GPU has too little free memory[: {size} MiB more were asked for][ on device {device}]",
        remedy: "see who uses it: `nvidia-smi`; a smaller `ctx`, a smaller quantization, `--cache-type-k q8_0 --cache-type-v q8_0` or \
                 fewer `--n-gpu-layers` need less",
    },
    Rule {
        code: "engine::memory",
        phases: RUNNING,
        any: &[
            said("std::bad_alloc"),
            said("ggml_aligned_malloc: insufficient memory"),
            said("unable to allocate CPU buffer"),
            said("failed to allocate CPU buffer"),
            said("failed to allocate buffer for kv cache"),
        ],
        cause: "the memory is not enough for the model with this context",
        remedy: "a smaller `ctx`, fewer `--parallel` slots or a smaller quantization need less; `free -m` and the limit of the cgroup say \
                 how much there is",
    },
    Rule {
        code: "engine::model_unknown",
        phases: RUNNING,
        any: &[
            said("unknown model architecture: '{kind}'"),
            said("unknown pre-tokenizer type: '{kind}'"),
            said("unknown projector type: {kind}"),
        ],
        cause: "this release of the engine does not know models of the kind `{kind}`",
        remedy: "take a newer release as `provisioning.source.ref`, or another file of the model",
    },
    Rule {
        code: "engine::side_file",
        phases: RUNNING,
        any: &[
            said("failed to load lora adapter '{file}'"),
            said("failed to load lora adapter file from {file}"),
            said("Failed to load CLIP model from {file}"),
            said("failed to load draft model, '{file}'"),
            said("failed to load control vector"),
        ],
        cause: "a file beside the model cannot be loaded[: `{file}`]",
        remedy: "look at the path in `provisioning.flags`, and whether the file was made for this model and is whole",
    },
    Rule {
        code: "engine::model_file",
        phases: RUNNING,
        any: &[
            said("failed to open GGUF file '{file}' ({why*})"),
            said("data is not within the file bounds, model is corrupted or incomplete"),
            said("invalid magic characters: '{found*}', expected 'GGUF'"),
            said("gguf_init_from_reader: failed to read"),
            said("gguf_init_from_file: failed to read"),
            said("gguf_init_from_file_impl: failed to read"),
            said("error loading model: {why*}"),
        ],
        cause: "the model cannot be read[: `{file}`][: {why}]",
        remedy: "it may be cut short, or no GGUF file: compare its size and digest with the origin's; `provisioning.model.checksum` has it \
                 checked before each start",
    },
    Rule {
        code: "engine::not_bound",
        phases: RUNNING,
        any: &[
            said("couldn't bind HTTP server socket, hostname: {host}, port: {port}"),
            said("couldn't bind to server socket: hostname={host} port={port}"),
            said("couldn't bind HTTP server socket"),
        ],
        cause: "the engine cannot listen[ on {host}][, port {port}]",
        remedy: "`provisioning.host` must be an address of this host (`ip addr`), and the port free: `ss -ltnp`",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[
            said("error: invalid argument: {argument}"),
            said("error: unknown argument: {argument}"),
            said("error while handling argument \"{argument}\": {why*}"),
        ],
        cause: "the engine does not take `{argument}`[: {why}]",
        remedy: "correct `provisioning.flags`; `engine-provisioner flags --binary SERVER -- FLAGS` says what it takes",
    },
    Rule {
        code: "engine::chat_template",
        phases: RUNNING,
        any: &[said("the supplied chat template is not supported"), said("failed to initialize chat template")],
        cause: "the engine cannot use the chat template",
        remedy: "correct `--chat-template` or `--chat-template-file`, or leave it out and the model's own is used; `--jinja` takes more",
    },
];
