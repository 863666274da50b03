//! llama.cpp's `llama-server`.
//!
//! <https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md>

use config_schema::{Engine, ProvisioningMode};
use flags::Catalogue;

use super::{EngineProfile, GpuProfile, ModelShape, flag_by_help};
use crate::engine::container;
use crate::engine::remote::{Claim, ModelList, RemoteProfile};
use crate::engine::side_files::{SideFile, SideFileKind};
use crate::lifecycle::gpu_proof::devices_used;
use crate::lifecycle::gpu_proof::listed::DeviceList;
use crate::lifecycle::gpu_proof::log_facts::GpuLog;

/// llama.cpp.
pub(crate) const PROFILE: EngineProfile = EngineProfile {
    engine: Engine::Llamacpp,
    program: "llama-server",
    flags: flags::Engine::LlamaServer,
    modes: &[
        ProvisioningMode::Source,
        ProvisioningMode::Container,
        ProvisioningMode::Binary,
        ProvisioningMode::Package,
        ProvisioningMode::External,
    ],
    model: ModelShape::Gguf,
    ready_route: "/health",
    prefix_flag: Some("--api-prefix"),
    // <https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md#get-props-get-server-global-properties>; the
    // owner is of `get_models` in tools/server/server-context.cpp.
    remote: Some(RemoteProfile {
        version_routes: &["/props"],
        version: "/build_info",
        claims: &[Claim::Has("/default_generation_settings"), Claim::Has("/total_slots")],
        models: ModelList::OpenAi { route: "/v1/models", owner: "llamacpp", files: true },
        loading: &[],
    }),
    api_key_env: Some("LLAMA_API_KEY"),
    api_key_file_flag: Some("--api-key-file"),
    decided_env: &[],
    // Since v0.5.0 llama-server reads `/etc/llama.cpp/config.ini` and then `$XDG_CONFIG_HOME/llama.cpp/config.ini` before
    // its environment and its command line: <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp>.
    config_home_env: Some("XDG_CONFIG_HOME"),
    system_config: Some("/etc/llama.cpp/config.ini"),
    flag_of_env: flag,
    gpu: GpuProfile {
        device_list: Some(DeviceList { args: &["--list-devices"], name: "CUDA" }),
        devices_used: devices_used::llama_server,
        asks_all_layers: devices_used::llama_server_asks_all,
        // The first is of ggml-cuda.cu, also in releases that called it `ggml_init_cublas`; the second of common/arg.cpp:
        // the server goes on without a GPU after either.
        log: GpuLog {
            denials: &[
                "failed to initialize CUDA",
                "no CUDA devices found, CUDA will be disabled",
                "found 0 CUDA devices",
                "no usable GPU found",
            ],
            quotes: &["llama_model_loader:", "print_info:", "llm_load_print_meta:"],
            serves: &["listening on http", "all slots are idle"],
            offload: Some(("offloaded ", " layers to GPU")),
            // Of src/llama.cpp.
            uses: Some("using device CUDA"),
        },
    },
    side_files: &[
        one(&["--spec-draft-model", "--model-draft", "-md"], SideFileKind::Drafter),
        one(&["--mmproj", "-mm"], SideFileKind::Projector),
        SideFile { flags: &["--lora", "--lora-scaled"], kind: SideFileKind::Lora, several: true },
        SideFile {
            flags: &["--control-vector", "--control-vector-scaled"],
            kind: SideFileKind::ControlVector,
            several: true,
        },
        one(&["--chat-template-file"], SideFileKind::Template),
        one(&["--grammar-file"], SideFileKind::Grammar),
        one(&["--json-schema-file", "-jf"], SideFileKind::Text),
        one(&["--api-key-file", "--ssl-key-file", "--ssl-cert-file"], SideFileKind::Text),
        one(&["--slot-save-path", "--media-path", "--path"], SideFileKind::Folder),
    ],
    container: Some(&container::llamacpp::CONTAINER),
};

const fn one(flags: &'static [&'static str], kind: SideFileKind) -> SideFile {
    SideFile { flags, kind, several: false }
}

/// llama-server takes `LLAMA_ARG_CTX_SIZE=0` for `--ctx-size 0`: such a variable would pass by every rule for flags.
fn flag(name: &str, catalogue: &Catalogue) -> Option<String> {
    let of = |name: &str| catalogue.specs().iter().find(|spec| spec.env.as_deref() == Some(name));
    if let Some(flag) = flag_by_help(name, catalogue) {
        return Some(flag);
    }
    let negated = name.strip_prefix("LLAMA_ARG_NO_").and_then(|rest| of(&format!("LLAMA_ARG_{rest}")));
    if let Some(spec) = negated {
        return Some(format!("`{}`", spec.negation().unwrap_or(&spec.name)));
    }
    let rest = name.strip_prefix("LLAMA_ARG_")?;
    Some(format!("`--{}`, or whatever this engine calls it", rest.to_lowercase().replace('_', "-")))
}
