//! NVIDIA Triton Inference Server.
//!
//! <https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/README.html>

use config_schema::{Engine, ProvisioningMode};

use crate::engine::remote::{Claim, ModelList, RemoteProfile};

use super::{EngineProfile, ModelShape, USES_ALL_GPUS, flag_by_help};
use crate::engine::container;

/// Triton.
pub(crate) const PROFILE: EngineProfile = EngineProfile {
    engine: Engine::Triton,
    program: "tritonserver",
    flags: flags::Engine::Triton,
    modes: &[ProvisioningMode::Container, ProvisioningMode::External],
    model: ModelShape::TritonRepository,
    ready_route: "/v2/health/ready",
    prefix_flag: None,
    // <https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/README.html>: the server metadata
    // of its HTTP protocol. A readiness route that answers 400 says that a model is not ready.
    remote: Some(RemoteProfile {
        version_routes: &["/v2"],
        version: "/version",
        claims: &[Claim::Begins("/name", "triton"), Claim::Has("/extensions")],
        models: ModelList::TritonIndex("/v2/repository/index"),
        loading: &[400],
    }),
    api_key_env: None,
    api_key_file_flag: None,
    decided_env: &[],
    config_home_env: None,
    system_config: None,
    flag_of_env: flag_by_help,
    gpu: USES_ALL_GPUS,
    side_files: &[],
    container: Some(&container::triton::CONTAINER),
};
