//! vLLM's OpenAI-compatible server.
//!
//! <https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html>

use config_schema::{Engine, ProvisioningMode};

use super::{EngineProfile, GpuProfile, TRANSFORMERS, USES_ALL_GPUS, flag_by_help};
use crate::engine::container;
use crate::engine::remote::{ModelList, RemoteProfile};
use crate::lifecycle::gpu_proof::log_facts::GpuLog;

/// vLLM.
pub(crate) const PROFILE: EngineProfile = EngineProfile {
    engine: Engine::Vllm,
    program: "vllm",
    flags: flags::Engine::Vllm,
    modes: &[ProvisioningMode::Container, ProvisioningMode::External],
    model: TRANSFORMERS,
    ready_route: "/health",
    prefix_flag: None,
    // <https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/api_server.py> and `ModelCard` in protocol.py
    // beside it.
    remote: Some(RemoteProfile {
        version_routes: &["/version"],
        version: "/version",
        claims: &[],
        models: ModelList::OpenAi { route: "/v1/models", owner: "vllm", files: false },
        loading: &[],
    }),
    api_key_env: Some("VLLM_API_KEY"),
    api_key_file_flag: None,
    decided_env: &[],
    config_home_env: None,
    system_config: None,
    flag_of_env: flag_by_help,
    // <https://github.com/vllm-project/vllm/blob/main/vllm/platforms/__init__.py>
    gpu: GpuProfile {
        log: GpuLog {
            denials: &[
                "Automatically detected platform cpu",
                "No platform detected, vLLM is running on UnspecifiedPlatform",
            ],
            quotes: &[],
            serves: &["Application startup complete"],
            offload: None,
            uses: None,
        },
        ..USES_ALL_GPUS
    },
    side_files: &[],
    container: Some(&container::vllm::CONTAINER),
};
