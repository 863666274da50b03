//! llama.cpp's image: <https://github.com/ggml-org/llama.cpp/blob/master/docs/docker.md>.

use super::{ContainerProfile, GIB, HOME, SecretPlace, XDG};

/// It writes nothing but compiled kernels of the driver, below HOME.
pub(crate) const CONTAINER: ContainerProfile = ContainerProfile {
    port: 8080,
    other_ports: &[],
    model_folder: "/models",
    caches: &[HOME, XDG],
    // Only several GPUs that split each tensor exchange anything there.
    shm_bytes: GIB,
    ulimits: &[],
    any_user: true,
    secrets: &[("LLAMA_API_KEY", SecretPlace::FileFlag("--api-key-file"))],
    version_routes: &[],
    ready_silence_s: 600,
};
