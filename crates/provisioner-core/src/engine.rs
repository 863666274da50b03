//! Which engines there are, and what is particular about each: data and pure functions, no I/O.
//!
//! The rule: an engine is one [`EngineProfile`] in a file of its own; nothing else in this crate asks which engine it
//! is. How an engine gets onto the host is a [supply](crate::seam::Supply), how it is run a
//! [runtime](crate::seam::Runtime).

use config_schema::{Engine, ProvisioningMode};
use flags::Catalogue;

use crate::engine::container::ContainerProfile;
use crate::engine::remote::RemoteProfile;
use crate::engine::side_files::SideFile;
use crate::lifecycle::gpu_proof::devices_used::{self, DevicesUsed};
use crate::lifecycle::gpu_proof::listed::DeviceList;
use crate::lifecycle::gpu_proof::log_facts::GpuLog;

pub(crate) mod command_line;
pub(crate) mod config_files;
pub(crate) mod container;
pub(crate) mod env_rules;
mod llamacpp;
pub(crate) mod remote;
pub(crate) mod revealed;
mod sglang;
pub(crate) mod side_files;
mod tgi;
mod triton;
pub(crate) mod variable_error;
mod vllm;

/// What this crate has to know of one engine.
#[derive(Clone, Copy, Debug)]
pub struct EngineProfile {
    /// The engine.
    pub engine: Engine,
    /// The program's name, without a path.
    pub program: &'static str,
    /// Whose flags it takes.
    pub flags: flags::Engine,
    /// The modes that it can be provisioned by; the first is the one of a pool that says nothing.
    pub modes: &'static [ProvisioningMode],
    /// What its model is.
    pub model: ModelShape,
    /// The route that answers 200 once it serves.
    pub ready_route: &'static str,
    /// The flag that puts a prefix before every route, where there is one.
    pub prefix_flag: Option<&'static str>,
    /// How it shows what it is where others run it; none for an engine that cannot be used so.
    pub remote: Option<RemoteProfile>,
    /// The variable that holds the API key, where it reads one.
    pub api_key_env: Option<&'static str>,
    /// The flag that names a file with API keys, where there is one.
    pub api_key_file_flag: Option<&'static str>,
    /// Variables that are not the pool's to set, and what decides them, in words that fit behind "is decided by".
    pub decided_env: &'static [(&'static str, &'static str)],
    /// The variable that says where it looks for its user's configuration; it is pointed at an empty folder.
    pub config_home_env: Option<&'static str>,
    /// A configuration file that every engine of this kind on the host reads before its command line.
    pub system_config: Option<&'static str>,
    /// The flag that a variable stands for, in words that fit behind "the flag".
    pub flag_of_env: fn(name: &str, catalogue: &Catalogue) -> Option<String>,
    /// How it shows that it uses its GPUs.
    pub gpu: GpuProfile,
    /// Its flags that name files beside the model.
    pub side_files: &'static [SideFile],
    /// What is particular about it in a container, where it can run in one.
    pub container: Option<&'static ContainerProfile>,
}

/// How an engine shows that it uses its GPUs.
#[derive(Clone, Copy, Debug)]
pub struct GpuProfile {
    /// How it is asked for its devices, where its program can be asked cheaply.
    pub device_list: Option<DeviceList>,
    /// Which of its GPUs its flags use.
    pub devices_used: DevicesUsed,
    /// Whether its flags ask for all of a model's layers on GPUs, of which there are so many.
    pub asks_all_layers: fn(flags: &[String], layers: u32) -> bool,
    /// What lines of its log mean.
    pub log: GpuLog,
}

/// An engine that uses every GPU it is given, and that is not asked and not read.
pub(crate) const USES_ALL_GPUS: GpuProfile = GpuProfile {
    device_list: None,
    devices_used: devices_used::all,
    asks_all_layers: devices_used::asks_nothing,
    log: GpuLog { denials: &[], quotes: &[], serves: &[], offload: None, uses: None },
};

/// What engines that read a repository by Transformers' rules need of it: weights in safetensors, or in PyTorch's older
/// format, configuration, tokenizer and chat template.
/// <https://huggingface.co/docs/transformers/main/en/main_classes/model#transformers.PreTrainedModel.from_pretrained>
pub(crate) const TRANSFORMERS: ModelShape = ModelShape::Repository {
    include: &["*.safetensors", "*.bin", "*.json", "*.jinja", "*.txt", "*.model", "*.py", "*.tiktoken"],
    required: &["config.json"],
};

/// What an engine calls its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelShape {
    /// One GGUF file, or a set of its shards.
    Gguf,
    /// A repository folder with weights, configuration and tokenizer.
    Repository {
        /// Patterns of the files that belong to it.
        include: &'static [&'static str],
        /// Patterns of which each must match at least one file.
        required: &'static [&'static str],
    },
    /// A [Triton model repository](https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_repository.html).
    TritonRepository,
}

/// The profile of an engine.
pub fn profile(engine: Engine) -> &'static EngineProfile {
    match engine {
        Engine::Llamacpp => &llamacpp::PROFILE,
        Engine::Vllm => &vllm::PROFILE,
        Engine::Sglang => &sglang::PROFILE,
        Engine::Tgi => &tgi::PROFILE,
        Engine::Triton => &triton::PROFILE,
    }
}

/// The flag that a variable stands for by the engine's own help alone.
pub(crate) fn flag_by_help(name: &str, catalogue: &Catalogue) -> Option<String> {
    let spec = catalogue.specs().iter().find(|spec| spec.env.as_deref() == Some(name))?;
    Some(format!("`{}`", spec.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EP-02: every engine has a profile of its own, and a first mode.
    #[test]
    fn the_table_of_engines_and_modes() {
        let table: Vec<String> = Engine::ALL
            .iter()
            .map(|engine| {
                let modes: Vec<_> = profile(*engine).modes.iter().map(ToString::to_string).collect();
                format!("{engine}: {}", modes.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "llamacpp: source container binary package external",
                "vllm: container external",
                "tgi: container external",
                "triton: container external",
                "sglang: container external",
            ]
        );
        for engine in Engine::ALL {
            assert_eq!(profile(engine).engine, engine);
            assert_eq!(profile(engine).flags.key(), engine.as_str());
        }
    }
}
