//! Which tools a pool asks of its host, and what for: a pure function.

use config_schema::Accelerator;
use llamacpp_build::Generator;
use model_provisioner::{ModelError, Presence};
use preflight::{Need, Tool, Version};

use crate::desired::Desired;

/// The tools of a build for this pool. What only an installation can bring (the Hugging Face command, a CUDA toolkit) is asked for where
/// packages may be installed; otherwise the errors of model and GPU say more.
pub(crate) fn needs(desired: &Desired, model: &Presence, lacks_toolkit: bool) -> Vec<Need> {
    let make = match desired.generator {
        None => Tool::NinjaOrMake,
        Some(Generator::Ninja) => Tool::Ninja,
        Some(Generator::Make) => Tool::Make,
    };
    let mut cmake = Need::from(Tool::Cmake);
    if desired.accelerator == Accelerator::Cuda {
        // <https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-cuda/CMakeLists.txt>
        cmake = cmake.at_least(Version::new(3, 18, 0), "CUDA architectures are known to it from that version on");
    }
    let mut needs = vec![Tool::Git.into(), cmake, make.into(), Tool::Cc.into(), Tool::Cxx.into()];
    if desired.may_install && matches!(model, Presence::Unusable(ModelError::NoCommand { .. })) {
        needs.push(Tool::HfCli.into());
    }
    if desired.may_install && lacks_toolkit {
        needs.push(Tool::Nvcc.into());
    }
    needs
}
