//! The model's own file: <https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model-loader.cpp>.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::model_unknown",
        phases: RUNNING,
        any: &[
            said("tensor '{tensor}' has invalid ggml type {kind*}"),
            said("has invalid ggml type {kind*}"),
            said(
                "tensor '{tensor}' of type {kind*} has {elements#} elements per row, not a multiple of block size (0)",
            ),
        ],
        cause: "the model is quantized in a type that this release of the engine does not know: ggml type {kind}",
        remedy: "take a newer release as `provisioning.source.ref`; where the newest one does not know it either, the file was made for a fork of \
                 llama.cpp: its page names which. Another quantization of the model works as well",
    },
    Rule {
        code: "engine::model_unknown",
        phases: RUNNING,
        any: &[
            said("unknown model architecture: '{kind}'"),
            said("unknown pre-tokenizer type: '{kind}'"),
            said("unknown tokenizer: '{kind}'"),
            said("has model type '{kind}' but Transformers does not recognize this architecture"),
            said("Model architectures ['{kind}'] are not supported for now"),
            said("Model architectures ['{kind}'] failed to be inspected"),
            said("Model architectures ['{kind}'] are not supported"),
            said("Cannot find model module. '{kind}' is not a registered model"),
            said("Unsupported architectures: {kind}. Supported"),
            said("Unsupported model type {kind}"),
            said("Tokenizer class {kind} does not exist or is not currently imported"),
        ],
        cause: "this release of the engine does not know models of the kind `{kind}`",
        remedy: "take a newer release of the engine (`provisioning.source.ref`, or the image's tag), or another file or revision of the model",
    },
    Rule {
        code: "engine::model_unknown",
        phases: RUNNING,
        any: &[
            said("this GGUF file is version {version#} but this software only supports up to version {newest#}"),
            said("bad GGUF version: {version#}"),
        ],
        cause: "the model's file is GGUF version {version}, which this release of the engine does not read",
        remedy: "take a newer release as `provisioning.source.ref`",
    },
    Rule {
        code: "engine::model_file",
        phases: RUNNING,
        any: &[
            said("GGUFv1 is no longer supported"),
            said("is there a mismatch between the host and model endianness?"),
            said("invalid magic characters: '{found=tjgg}'"),
            said("invalid magic characters: '{found=lmgg}'"),
            said("bad magic"),
        ],
        cause: "the model's file is of a form that engines no longer read (before GGUF version 2), or for a CPU of the other byte order",
        remedy: "take a newer file of the model, or convert it again with the `convert_hf_to_gguf.py` of this release",
    },
    Rule {
        code: "engine::model_mismatch",
        phases: RUNNING,
        any: &[
            said("error loading model: {why=check_tensor_dims:} tensor '{tensor}' not found"),
            said("error loading model: missing tensor '{tensor}'"),
            said("missing tensor '{tensor}'"),
            said("check_tensor_dims: tensor '{tensor}' not found"),
            said("tensor '{tensor}' has wrong shape; expected {wanted*}, got {found*}"),
            said("wrong number of tensors; expected {wanted#}, got {found#}"),
            said("error loading model hyperparameters: key not found in model: {tensor}"),
            said("key not found in model: {tensor}"),
            said("invalid model: tensor '{tensor}' is duplicated"),
        ],
        cause: "the model's file and this release of the engine do not agree on what the model consists of[: `{tensor}`][: {wanted} expected, \
                {found} found]",
        remedy: "the file was made by another release or a fork: take a newer release as `provisioning.source.ref`, or a newer file of the model \
                 (or convert it again with this release)",
    },
    Rule {
        code: "engine::permission_denied",
        phases: RUNNING,
        any: &[
            said("failed to open GGUF file '{file}' (Permission denied)"),
            said("failed to open {file}: Permission denied"),
        ],
        cause: "the user of the engine may not read `{file}`",
        remedy: "`namei -l {file}` shows which folder or file forbids it: let that user read it (`chmod o+r`, `o+x` for folders), or move it",
    },
    Rule {
        code: "engine::model_file",
        phases: RUNNING,
        any: &[said("failed to open GGUF file '{file}' (No such file or directory)")],
        cause: "the model's file `{file}` does not exist where the engine runs: No such file or directory",
        remedy: "`ls -l {file}` must show it to the user of the engine; in a container, the folder has to be mounted",
    },
    // Older releases (b6673) do not print why.
    Rule {
        code: "engine::model_file",
        phases: RUNNING,
        any: &[said("failed to open GGUF file '{file}' ({why*})"), said("failed to open GGUF file '{file}'")],
        cause: "the engine failed to open the model's file `{file}`[: {why}]",
        remedy: "`ls -l {file}` must show it to the user of the engine, and that user be allowed to read it; in a container, the folder has to be \
                 mounted",
    },
    Rule {
        code: "engine::model_file",
        phases: RUNNING,
        any: &[
            said("data is not within the file bounds, model is corrupted or incomplete"),
            said("invalid magic characters: '{found*}', expected 'GGUF'"),
            said("gguf_init_from_reader: failed to read"),
            said("gguf_init_from_file: failed to read"),
            said("gguf_init_from_file_impl: failed to read"),
            said("corrupted model: {why*}"),
            said("error loading model: {why*}"),
            said("SafetensorError: Error while deserializing header: {why*}"),
            said("MetadataIncompleteBuffer"),
        ],
        cause: "the model cannot be read[: {why}]",
        remedy: "it may be cut short, or no GGUF file: compare its size and digest with the origin's; `provisioning.model.checksum` has it \
                 checked before each start",
    },
];
