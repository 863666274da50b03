//! SGLang's image: <https://docs.sglang.ai/get_started/install.html#method-3-using-docker>.

use super::{ContainerProfile, FLASHINFER, GIB, HOME, HUB, HUB_TOKEN, INDUCTOR, TRITON_LANGUAGE, XDG};

/// It reads its own keys from its command line alone, so that a pool cannot give it one.
pub(crate) const CONTAINER: ContainerProfile = ContainerProfile {
    port: 30000,
    other_ports: &[],
    model_folder: "/models",
    caches: &[HOME, XDG, TRITON_LANGUAGE, INDUCTOR, FLASHINFER, HUB],
    shm_bytes: 32 * GIB,
    // <https://github.com/sgl-project/sglang/blob/main/docker/compose.yaml>
    ulimits: &[("memlock", -1), ("stack", 67_108_864)],
    any_user: true,
    secrets: &[HUB_TOKEN],
    // The name since 0.5; releases before have the profile's.
    version_routes: &["/server_info"],
    ready_silence_s: 900,
};
