//! vLLM's image: <https://docs.vllm.ai/en/latest/deployment/docker.html>.

use super::{ContainerProfile, FLASHINFER, GIB, HOME, HUB, HUB_TOKEN, INDUCTOR, SecretPlace, TRITON_LANGUAGE, XDG};

/// Its documentation gives it the host's IPC namespace or a size for what the tensor-parallel processes exchange.
pub(crate) const CONTAINER: ContainerProfile = ContainerProfile {
    port: 8000,
    other_ports: &[],
    model_folder: "/models",
    caches: &[
        HOME,
        XDG,
        TRITON_LANGUAGE,
        INDUCTOR,
        FLASHINFER,
        HUB,
        ("VLLM_CACHE_ROOT", "/cache/vllm"),
        ("VLLM_CONFIG_ROOT", "/cache/vllm-config"),
    ],
    shm_bytes: 8 * GIB,
    ulimits: &[],
    any_user: true,
    secrets: &[("VLLM_API_KEY", SecretPlace::Variable), HUB_TOKEN],
    version_routes: &[],
    // It compiles and captures graphs for minutes, and prints little meanwhile.
    ready_silence_s: 900,
};
