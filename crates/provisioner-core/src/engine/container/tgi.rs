//! TGI's image: <https://huggingface.co/docs/text-generation-inference/quicktour>.

use super::{ContainerProfile, FLASHINFER, GIB, HUB, INDUCTOR, SecretPlace, TRITON_LANGUAGE, XDG};

/// Its Python is below the folder of root, which no other user can read, so that HOME stays the image's.
pub(crate) const CONTAINER: ContainerProfile = ContainerProfile {
    // PORT in the image's configuration.
    port: 80,
    other_ports: &[],
    model_folder: "/models",
    caches: &[XDG, TRITON_LANGUAGE, INDUCTOR, FLASHINFER, HUB, ("HF_KERNELS_CACHE", "/cache/kernels")],
    shm_bytes: GIB,
    ulimits: &[],
    any_user: false,
    // Its router, which is no Python, reads the token from the variable alone.
    secrets: &[("API_KEY", SecretPlace::Variable), ("HF_TOKEN", SecretPlace::Variable)],
    version_routes: &[],
    ready_silence_s: 900,
};
