//! llama.cpp's `llama-server`.
//!
//! <https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md>

use config_schema::{Engine, ProvisioningMode};
use flags::Catalogue;

use super::{EngineProfile, ModelShape, flag_by_help};

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
    version_route: Some("/props"),
    api_key_env: Some("LLAMA_API_KEY"),
    api_key_file_flag: Some("--api-key-file"),
    decided_env: &[],
    // Since v0.5.0 llama-server reads `/etc/llama.cpp/config.ini` and then `$XDG_CONFIG_HOME/llama.cpp/config.ini` before
    // its environment and its command line: <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp>.
    config_home_env: Some("XDG_CONFIG_HOME"),
    system_config: Some("/etc/llama.cpp/config.ini"),
    flag_of_env: flag,
};

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
