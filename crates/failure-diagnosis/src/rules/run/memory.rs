//! The memory of the GPU or of the host is not enough for the engine.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::kv_cache",
        phases: RUNNING,
        any: &[
            said("quantized V cache was requested, but this requires Flash Attention"),
            said("quantized V cache requires flash_attn to be enabled"),
            said("V cache quantization requires flash_attn"),
            said("V cache quantization requires Flash Attention"),
        ],
        cause: "a quantized V cache (`--cache-type-v`) needs flash attention in this engine, and that is off: by the flags, or because the \
                engine cannot use it here and turned it off",
        remedy: "put `--flash-attn on` into `provisioning.flags`; where the engine turns it off all the same, leave `--cache-type-v` out \
                 (`--cache-type-k` alone needs no flash attention)",
    },
    Rule {
        code: "engine::kv_cache",
        phases: RUNNING,
        any: &[
            said("K cache type {kind} with block size {block#} does not divide n_embd_head_k={width#}"),
            said("V cache type {kind} with block size {block#} does not divide n_embd_head_v={width#}"),
            said("cache type {kind} with block size {block#} does not divide"),
        ],
        cause: "the type `{kind}` of the KV cache does not fit this model: its blocks of {block} do not divide the size of a head[ ({width})]",
        remedy: "leave `--cache-type-k` and `--cache-type-v` out, or give them a type without blocks: f16 or bf16",
    },
    Rule {
        code: "engine::flash_attention",
        phases: RUNNING,
        any: &[said("SPLIT_MODE_TENSOR requires flash_attn to be enabled")],
        cause: "`--split-mode tensor` needs flash attention, and that is off",
        remedy: "put `--flash-attn on` into `provisioning.flags`, or take `--split-mode layer`",
    },
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[
            said("allocating {size} MiB on device {device}: cudaMalloc failed: out of memory"),
            said("cudaMalloc failed: out of memory"),
            said("CUDA error: out of memory"),
            said("CUDA error: memory allocation"),
            said("unable to allocate CUDA{device} buffer"),
            said("failed to allocate CUDA{device} buffer"),
            said("failed to allocate buffer for kv cache on device CUDA{device}"),
        ],
        cause: "the GPU has too little free memory[: {size} MiB more were asked for][ on device {device}][; the automatic fit gave up: {fit}]",
        remedy: "see who uses it: `nvidia-smi`; a smaller `ctx`, a smaller quantization or `--cache-type-k q8_0` need less. Fewer \
                 `--n-gpu-layers` put a part on the CPU; `--n-gpu-layers auto`, where the engine has it, lets it choose how many fit[ (a number \
                 switches that off, as here: {fit})]",
    },
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[said(
            "CUDA out of memory. Tried to allocate {size} MiB. GPU {device#} has a total capacity of {total} GiB of which {free} GiB is free",
        )],
        cause: "the GPU refused {size} MiB although {free} GiB of {total} GiB are free on GPU {device}: the host limits it (a virtual GPU, WSL, \
                an address-space limit), and the numbers are not to be trusted",
        remedy: "look at the host first: the vGPU profile, WSL's limit of pinned memory (`.wslconfig`), `ulimit -a`, and `nvidia-smi` there; then \
                 try a smaller share (vLLM `--gpu-memory-utilization`, SGLang `--mem-fraction-static`)",
    },
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[
            said(
                "CUDA out of memory. Tried to allocate {size} {unit=MiB}. GPU {device#} has a total capacity of {total} GiB of which {free} \
                 {free_unit} is free",
            ),
            said(
                "CUDA out of memory. Tried to allocate {size} {unit=GiB}. GPU {device#} has a total capacity of {total} GiB of which {free} \
                 {free_unit} is free",
            ),
            said(
                "CUDA out of memory. Tried to allocate {size} {unit!} (GPU {device#}; {total} GiB total capacity; {used*} already allocated; \
                 {free} {free_unit} free",
            ),
            said("CUDA out of memory. Tried to allocate {size} {unit!}"),
            said("CUDA out of memory"),
            said("HIP out of memory. Tried to allocate {size} {unit!}"),
            said("HIP out of memory"),
        ],
        cause: "the GPU has too little free memory[: {size} {unit} more were asked for][ on GPU {device}, of which {free} {free_unit} of {total} \
                GiB are free]",
        remedy: "see who uses it: `nvidia-smi`; a shorter context (vLLM `--max-model-len`, SGLang `--context-length`, TGI `--max-total-tokens`), a \
                 quantized model or more GPUs (`devices`; TGI `--num-shard`) need less of each, SGLang a smaller \
                 `--mem-fraction-static`. Where much is free and it still fails, the numbers are not to be trusted: look at the host's limits (vGPU profile, WSL, `ulimit -a`)",
    },
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[said("torch.OutOfMemoryError"), said("torch.cuda.OutOfMemoryError")],
        cause: "the GPU has too little free memory; how much was asked for is not in this log",
        remedy: "see who uses it: `nvidia-smi`; a shorter context, a quantized model or more GPUs (`devices`) need less of each",
    },
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[
            said(
                "max seq len ({ctx#}), ({needed*} KV cache is needed, which is larger than the available KV cache memory ({free*}). Based on the \
                 available memory, the estimated maximum model length is {fits#}",
            ),
            said(
                "max seq len ({ctx#}), {needed*} KV cache is needed, which is larger than the available KV cache memory ({free*}). Based on the \
                 available memory, the estimated maximum model length is {fits#}",
            ),
            said(
                "max seq len ({ctx#}), ({needed*} KV cache is needed, which is larger than the available KV cache memory ({free*})",
            ),
            said(
                "max seq len ({ctx#}), {needed*} KV cache is needed, which is larger than the available KV cache memory ({free*})",
            ),
            said(
                "The model's max seq len ({ctx#}) is larger than the maximum number of tokens that can be stored in KV cache ({free*})",
            ),
            said("is larger than the maximum number of tokens that can be stored in KV cache"),
            said("No available memory for the cache blocks"),
            said("Not enough memory to handle {ctx#} prefill tokens"),
        ],
        cause: "beside the model's weights the GPU has too little memory for the KV cache[ of a context of {ctx} tokens][: {needed} are needed][, \
                {free} are there]",
        remedy: "ask for a shorter context[, here at most {fits} tokens] (vLLM `--max-model-len`, SGLang `--context-length`, TGI \
                 `--max-total-tokens`) or give the model more \
                 GPUs (`devices`). A larger share of the GPU (`--gpu-memory-utilization`, `--mem-fraction-static`) helps only where it is well \
                 below 0.9 and nothing else uses the GPU: `nvidia-smi`",
    },
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[
            said(
                "Not enough memory. Please try to increase --mem-fraction-static. Current value: self.server_args.mem_fraction_static={share#}",
            ),
            said("Not enough memory. Please try to increase --mem-fraction-static"),
        ],
        cause: "the share of the GPU that SGLang may use (`--mem-fraction-static`[ {share}]) is smaller than the weights and the smallest KV cache",
        remedy: "raise `--mem-fraction-static` where it is well below 0.9 and nothing else uses the GPU (`nvidia-smi`); at 0.9 the model needs more \
                 GPUs (`devices`) or a smaller quantization: raising it further ends in another lack of memory",
    },
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[said("Free memory on device {device*} on startup is less than desired GPU memory utilization")],
        cause: "less of the GPU is free than the engine was told to take[: {device}]",
        remedy: "see who uses it: `nvidia-smi`; end that, or give the engine a smaller `--gpu-memory-utilization`",
    },
    Rule {
        code: "engine::memory",
        phases: RUNNING,
        any: &[
            said("Out of memory: Killed process {pid#} ({program*})"),
            said("Memory cgroup out of memory: Killed process {pid#} ({program*})"),
            said("oom-kill:constraint={constraint}"),
            said("\"OOMKilled\": true"),
            said("Reason: OOMKilled"),
            said("A process of this unit has been killed by the OOM killer"),
            said("Failed with result 'oom-kill'"),
        ],
        cause: "the kernel killed the engine because the memory of the host, or of its unit or container, was used up",
        remedy: "give it more: `free -m`, MemoryMax= of the unit, the limit of the container; or let it need less: a smaller `ctx`, fewer \
                 `--parallel` slots, a smaller quantization",
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
            said("DefaultCPUAllocator: can't allocate memory"),
            said("MemoryError"),
            said("memory allocation of {size#} bytes failed"),
            said("mmap failed: Cannot allocate memory"),
        ],
        cause: "the memory is not enough for the model with this context",
        remedy: "a smaller `ctx`, fewer `--parallel` slots or a smaller quantization need less; `free -m` and the limit of the cgroup say \
                 how much there is",
    },
];
