//! Files beside the model: drafter, projector, LoRA adapter, control vector, and the parts of a split model.

use super::super::{RUNNING, Rule};
use crate::pattern::{logged, said};

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::split_model",
        phases: RUNNING,
        any: &[
            said("invalid split file name: {file}"),
            said("invalid split file: {file}"),
            said("invalid split file idx: {index#} (file: {file}), expected {wanted#}"),
            said("illegal split file idx: {index#} (file: {file}), model must be loaded with the first split"),
        ],
        cause: "`{file}` says that it is one part of a split model, and its name is not that of the first part: it was renamed, joined with \
                other parts by `cat`, or is a later part",
        remedy: "name the first part (`…-00001-of-0000N.gguf`) as the model, with all parts under their own names in one folder: the engine reads \
                 the rest itself. Parts are joined with `llama-gguf-split --merge FIRST OUT` alone, never with cat",
    },
    Rule {
        code: "engine::split_model",
        phases: RUNNING,
        any: &[
            said("failed to load GGUF split from {file}"),
            said("invalid split count, given: {given#} splits, but expected {wanted#}"),
            said("missing key {key} in GGUF split {file}"),
        ],
        cause: "a part of the split model cannot be read[: `{file}`][: {given} of {wanted} parts were given]",
        remedy: "fetch all parts (`…-0000K-of-0000N.gguf`) into one folder under their own names; `ls -l` must show each of them, none cut short, \
                 and readable by the user of the engine",
    },
    Rule {
        code: "engine::model_unknown",
        phases: RUNNING,
        any: &[said("unknown projector type: {kind}")],
        cause: "this release of the engine does not know projectors of the kind `{kind}`",
        remedy: "take a newer release as `provisioning.source.ref`, or leave `--mmproj` out and serve text alone",
    },
    Rule {
        code: "engine::side_file",
        phases: RUNNING,
        any: &[
            said("mismatch between text model (n_embd = {model#}) and mmproj (n_embd = {other#})"),
            said("mismatch between text model and mmproj"),
            said("mismatch between vision and audio mmproj"),
            said("hint: you may be using wrong mmproj"),
            said("expect general.type to be 'adapter', but got: {kind;}"),
            said("expect general.type to be 'adapter', but got:"),
            said("expect general.type to be 'mmproj', but got: {kind;}"),
            said("expect general.type to be 'mmproj', but got:"),
            said("expect adapter.type to be 'lora', but got: {kind;}"),
            said("expect adapter.type to be 'lora', but got:"),
            said("model arch and LoRA arch mismatch"),
            said("LoRA tensor '{tensor}' does not exist in base model"),
            said("does not exist in base model (hint: maybe wrong base model?)"),
            said("has incorrect shape (hint: maybe wrong base model?)"),
            said("CLIP cannot be used as main model, use it with --mmproj instead"),
            said("wrong model arch: '{kind}' instead of '{wanted}'"),
        ],
        cause: "a file beside the model (projector, LoRA adapter) was not made for this model, or is another kind of file[: it is `{kind}`]",
        remedy: "take the file that its author made for this very model (`--mmproj`, `--lora` in `provisioning.flags`), and a model as \
                 `provisioning.model.ref`; or leave it out",
    },
    Rule {
        code: "engine::drafter",
        phases: RUNNING,
        any: &[
            logged("context type MTP requested but model doesn't contain MTP layers"),
            said("failed to create MTP context"),
            said("failed to create draft context"),
            said("failed to initialize the draft context"),
            said("draft model vocab type must match target model"),
            said("draft model vocab must match target model"),
            said("draft model bos tokens must match target model"),
            said("draft model eos tokens must match target model"),
            said("the target and draft vocabs are not compatible"),
            said("the draft model '{file}' is not compatible with the target model"),
            said("the draft model number of sequences is incompatible with the speculative n_seq"),
            said("draft model is not eagle3"),
            said("draft-simple requires a draft context"),
            said("EAGLE3 model requires 'extract_layers' in GGUF metadata"),
            said("DSpark draft requires 'dflash.block_size' in GGUF metadata"),
            said("GGML_ASSERT(target_layer_ids_n > 0 && \"DFlash model has no target_layer_ids\") failed"),
            said("DFlash model has no target_layer_ids"),
            said("failed to initialize speculative decoding context: {why*}"),
        ],
        cause: "the drafter, the model and `--spec-type` do not fit together[: {why}]: each type of speculation needs a drafter made for it and \
                for this very model (draft-mtp: a model with MTP layers, or a file of its MTP heads)",
        remedy: "take the drafter that belongs to this model, with the `--spec-type` that it was made for (an ordinary small model: draft-simple), \
                 in a release that knows it; or leave `--model-draft` and `--spec-type` out, and the model serves without one",
    },
    Rule {
        code: "engine::side_file",
        phases: RUNNING,
        any: &[
            said("failed to load lora adapter '{file}'"),
            said("failed to load lora adapter file from {file}"),
            said("Failed to load CLIP model from {file}"),
            said("failed to load multimodal model, '{file}'"),
            said("failed to load draft model, '{file}'"),
            said("failed to load control vector file from {file}"),
            said("failed to load control vector"),
            said("no valid control vector files passed"),
        ],
        cause: "a file beside the model cannot be loaded[: `{file}`]",
        remedy: "look at the path in `provisioning.flags`, and whether the file was made for this model and is whole",
    },
];
