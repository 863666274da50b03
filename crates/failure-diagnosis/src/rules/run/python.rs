//! vLLM, SGLang and TGI: what their Python says of a model, a GPU or an image that does not fit.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::gpu_capability",
        phases: RUNNING,
        any: &[
            said(
                "Bfloat16 is only supported on GPUs with compute capability of at least {wanted} Your {gpu*} GPU has compute capability {found#}",
            ),
            said("Bfloat16 is only supported on GPUs with compute capability of at least {wanted#}"),
        ],
        cause: "the model's numbers are bfloat16, which needs a GPU of compute capability {wanted}[, and this {gpu} has {found}]",
        remedy: "add `--dtype half`; a model that overflows in half precision needs another GPU",
    },
    Rule {
        code: "engine::gpu_capability",
        phases: RUNNING,
        any: &[
            said(
                "The quantization method {method} is not supported for the current GPU. Minimum capability: {wanted} Current capability: {found#}",
            ),
            said(
                "'Quantization {method} is not supported for ', 'the current GPU. Min capability: {wanted} ', 'Current capability: {found#}",
            ),
            said("the current GPU. Min capability: {wanted} ', 'Current capability: {found#}"),
            said("is not supported for the current GPU. Minimum capability: {wanted} Current capability: {found#}"),
        ],
        cause: "the quantization of this model[ ({method})] needs a GPU of capability {wanted}, and this one has {found} (75 is compute capability 7.5)",
        remedy: "take the model in another quantization that this GPU has, or another GPU",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[said(
            "Quantization method specified in the model config ({found}) does not match the quantization method specified in the \
             'quantization' argument ({given})",
        )],
        cause: "the model is quantized with {found}, and the flags say `--quantization {given}`",
        remedy: "leave `--quantization` out: the engine takes the model's own method",
    },
    Rule {
        code: "engine::argument",
        phases: RUNNING,
        any: &[
            said("Total number of attention heads ({heads#}) must be divisible by tensor parallel size ({shards#})"),
            said("User-specified max_model_len ({found}) is greater than the derived max_model_len"),
            said("World size ({shards#}) is larger than the number of available GPUs ({gpus#})"),
            said("'sharded' is true but only found {gpus#} CUDA devices"),
        ],
        cause: "the flags ask for something that this model or host cannot give[: {heads} attention heads do not divide by {shards} GPUs][: {shards} \
                GPUs of {gpus}][: a context of {found} tokens]",
        remedy: "correct `devices` (how many GPUs share the model) or `ctx`: the number of GPUs must divide the model's attention heads, and the \
                 context be no longer than the model was made for",
    },
    Rule {
        code: "engine::trust_remote_code",
        phases: RUNNING,
        any: &[
            said("Please pass the argument 'trust_remote_code=True'"),
            said("contains custom code which must be executed to correctly load the model"),
        ],
        cause: "the model brings Python code of its own, which the engine does not run unasked",
        remedy: "read that code first; `--trust-remote-code` runs it. Many such models need no code in a newer release of the engine",
    },
    Rule {
        code: "engine::no_compiler",
        phases: RUNNING,
        any: &[
            said("Failed to find C compiler. Please specify via CC environment variable"),
            said("FileNotFoundError: [Errno 2] No such file or directory: 'nvcc'"),
            said("FileNotFoundError: [Errno 2] No such file or directory: '{path=/usr/local/cuda}/bin/nvcc'"),
            said("Could not find nvcc and default cuda_home="),
            said("FileNotFoundError: [Errno 2] No such file or directory: 'ninja'"),
            said("Python.h: No such file or directory"),
        ],
        cause: "the engine compiles kernels while it starts, and what it needs for that (a C compiler, nvcc, ninja, Python's headers) is not in \
                this image or host",
        remedy: "take the full (devel) image, or install them: `apt install gcc python3-dev ninja-build` and the CUDA toolkit of torch's version; \
                 in vLLM VLLM_USE_FLASHINFER_SAMPLER=0 avoids FlashInfer's (so does the package \
                 flashinfer-jit-cache), and `--enforce-eager` most of the others",
    },
    Rule {
        code: "engine::module_missing",
        phases: RUNNING,
        any: &[
            said("ModuleNotFoundError: No module named '{module}'"),
            said("ImportError: cannot import name '{module}'"),
        ],
        cause: "the Python module `{module}`, which the engine needs, is missing or of another version",
        remedy: "install what the engine's release asks for into its own environment (`pip install -U ENGINE` there), or take its image",
    },
    Rule {
        code: "engine::wrong_image",
        phases: RUNNING,
        any: &[
            said("unable to find 'libtriton_{backend}.so' for model '{model}'"),
            said("unable to find backend library for backend '{backend}'"),
        ],
        cause: "this Triton image has no backend `{backend}`[, which the model `{model}` needs]",
        remedy: "take the image that has it: for vLLM the tag ends with `-vllm-python-py3`, for TensorRT-LLM with `-trtllm-python-py3`",
    },
];
