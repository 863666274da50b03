//! Triton's image: <https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/getting_started/quickstart.html>.

use super::{ContainerProfile, FLASHINFER, GIB, HOME, HUB, HUB_TOKEN, INDUCTOR, OtherPort, TRITON_LANGUAGE, XDG};

/// Its model is a repository of models; it opens three ports.
pub(crate) const CONTAINER: ContainerProfile = ContainerProfile {
    port: 8000,
    other_ports: &[
        OtherPort { name: "grpc", port: 8001, flag: "--grpc-port" },
        OtherPort { name: "metrics", port: 8002, flag: "--metrics-port" },
    ],
    model_folder: "/models",
    caches: &[HOME, XDG, TRITON_LANGUAGE, INDUCTOR, FLASHINFER, HUB],
    shm_bytes: 2 * GIB,
    ulimits: &[("memlock", -1), ("stack", 67_108_864)],
    any_user: true,
    secrets: &[HUB_TOKEN],
    version_routes: &[],
    ready_silence_s: 900,
};
