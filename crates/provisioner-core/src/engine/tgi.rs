//! Hugging Face Text Generation Inference.
//!
//! <https://huggingface.co/docs/text-generation-inference/reference/launcher>

use config_schema::{Engine, ProvisioningMode};

use crate::engine::remote::{Claim, ModelList, RemoteProfile};

use super::{EngineProfile, TRANSFORMERS, USES_ALL_GPUS, flag_by_help};
use crate::engine::container;

/// Text Generation Inference.
pub(crate) const PROFILE: EngineProfile = EngineProfile {
    engine: Engine::Tgi,
    program: "text-generation-launcher",
    flags: flags::Engine::Tgi,
    modes: &[ProvisioningMode::Container, ProvisioningMode::External],
    model: TRANSFORMERS,
    ready_route: "/health",
    prefix_flag: None,
    // `Info` in <https://github.com/huggingface/text-generation-inference/blob/main/router/src/lib.rs>
    remote: Some(RemoteProfile {
        version_routes: &["/info"],
        version: "/version",
        claims: &[Claim::Begins("/router", "text-generation-router")],
        models: ModelList::One("/model_id"),
        loading: &[],
    }),
    api_key_env: Some("API_KEY"),
    api_key_file_flag: None,
    decided_env: &[],
    config_home_env: None,
    system_config: None,
    flag_of_env: flag_by_help,
    gpu: USES_ALL_GPUS,
    side_files: &[],
    container: Some(&container::tgi::CONTAINER),
};
