//! Which tools a pool asks of its host, and what for: pure functions.

use std::path::Path;

use config_schema::Accelerator;
use gpu_detect::{Conflict, Family};
use llamacpp_build::{Definition, Generator};
use model_provisioner::{ModelError, Presence};
use preflight::{Need, Tool, Version, release_has_curl};

use crate::desired::Desired;

/// The tools that any build for this pool runs.
pub(crate) fn build(desired: &Desired) -> Vec<Need> {
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
    let mut cxx = Need::from(Tool::Cxx);
    if is_written_in_cxx17(&desired.source.reference) {
        // <https://gcc.gnu.org/projects/cxx-status.html#cxx17>; its library has <filesystem> since 8.
        cxx = cxx.at_least(Version::new(8, 0, 0), "llama.cpp is written in C++17");
    }
    vec![Tool::Git.into(), cmake, make.into(), Tool::Cc.into(), cxx]
}

/// Whether a release is known to be: `b4753` and later, and those of the form `v0.5.0`. Of a branch or a commit nothing is
/// known before it is here, and a compiler that is too old for it is told by its own words.
fn is_written_in_cxx17(reference: &str) -> bool {
    let name = reference.strip_prefix("refs/tags/").unwrap_or(reference);
    let build = name.strip_prefix('b').and_then(|number| number.parse::<u32>().ok());
    build.is_some_and(|number| number >= 4753)
        || name.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// What else stands in the list of what is missing: a CUDA toolkit, where nothing else keeps the GPUs from being used, and
/// the Hugging Face command. The errors of GPU and model say more where these are all that is missing and nothing may be
/// installed.
pub(crate) fn further(model: &Presence, lacking: Option<&Conflict>, root: &Path) -> Vec<Need> {
    let hf = matches!(model, Presence::Unusable(ModelError::NoCommand { .. })).then(|| Need::from(Tool::HfCli));
    lacking.and_then(|conflict| toolkit(conflict, root)).into_iter().chain(hf).collect()
}

/// The compiler of a release that fits this host's GPUs, driver and C library; nothing where there is none that a
/// distribution would have.
fn toolkit(conflict: &Conflict, root: &Path) -> Option<Need> {
    let need = match conflict.fits.last {
        _ if conflict.fits.is_empty() => return None,
        None => Need::from(Tool::Nvcc),
        Some((12, _)) => Need::from(Tool::Nvcc12),
        Some(_) => return None,
    };
    // Arch's package and NVIDIA's installers put it there, outside `PATH`.
    let need = need.also_in(root.join("opt/cuda/bin")).also_in(root.join("usr/local/cuda/bin"));
    let words = conflict.remedy.for_host(&conflict.distribution);
    // What that command brings is NVIDIA's everywhere but on Arch.
    let from =
        "from NVIDIA's repository (developer.nvidia.com/cuda-downloads, developer.nvidia.com/cuda-toolkit-archive)";
    Some(need.by_hand(if conflict.family == Some(Family::Arch) { words } else { format!("{words}, {from}") }))
}

/// The headers that the pool's own definitions ask for. By itself no build needs any: llama.cpp's libcurl and OpenSSL are
/// there to fetch models, which is done before the start. `declares_curl` is asked where the reference is no release that
/// tells: whether the tree has the option, if that is known. A tree that no longer has it ignores it.
pub(crate) fn headers(desired: &Desired, declares_curl: impl FnOnce() -> Option<bool>) -> Vec<Need> {
    let is_on = |name: &str| desired.definitions.iter().rev().find(|d| d.name == name).is_some_and(Definition::is_on);
    let mut needs = Vec::new();
    if is_on("LLAMA_CURL") && release_has_curl(&desired.source.reference).or_else(declares_curl).unwrap_or(false) {
        needs.push(Need::from(Tool::CurlHeaders).because("the pool's cmake_flags say LLAMA_CURL"));
    }
    // Without the headers an old tree stops, and a newer one goes on without what was asked for.
    if let Some(name) = ["LLAMA_OPENSSL", "LLAMA_SERVER_SSL"].into_iter().find(|name| is_on(name)) {
        needs.push(Need::from(Tool::OpensslHeaders).because(format!("the pool's cmake_flags say {name}")));
    }
    needs
}

#[cfg(test)]
mod tests;
