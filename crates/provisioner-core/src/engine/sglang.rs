//! SGLang's server.
//!
//! <https://docs.sglang.ai/advanced_features/server_arguments.html>

use config_schema::{Engine, ProvisioningMode};

use crate::engine::remote::{ModelList, RemoteProfile};

use super::{EngineProfile, TRANSFORMERS, USES_ALL_GPUS, flag_by_help};
use crate::engine::container;

/// SGLang.
pub(crate) const PROFILE: EngineProfile = EngineProfile {
    engine: Engine::Sglang,
    program: "sglang",
    flags: flags::Engine::Sglang,
    modes: &[ProvisioningMode::Container, ProvisioningMode::External],
    model: TRANSFORMERS,
    ready_route: "/health",
    prefix_flag: None,
    // <https://docs.sglang.io/basic_usage/native_api.html>: the route had the second name before. The owner is of `ModelCard`
    // in <https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/entrypoints/openai/protocol.py>.
    remote: Some(RemoteProfile {
        version_routes: &["/server_info", "/get_server_info"],
        version: "/version",
        claims: &[],
        models: ModelList::OpenAi { route: "/v1/models", owner: "sglang", files: false },
        loading: &[],
    }),
    api_key_env: None,
    api_key_file_flag: None,
    decided_env: &[],
    config_home_env: None,
    system_config: None,
    flag_of_env: flag_by_help,
    gpu: USES_ALL_GPUS,
    side_files: &[],
    container: Some(&container::sglang::CONTAINER),
};
