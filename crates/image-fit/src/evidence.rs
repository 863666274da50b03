//! What an image is made for, where its configuration or its name shows it.

use crate::ImageConfig;

/// Variables of images for AMD GPUs.
const ROCM: [&str; 5] = ["ROCM_VERSION", "ROCM_PATH", "ROCM_HOME", "HIP_PLATFORM", "PYTORCH_ROCM_ARCH"];

/// Words of a tag or repository that name another accelerator than NVIDIA's GPUs, and what they stand for.
const WORDS: [(&str, &str); 13] = [
    ("rocm", "ROCm"),
    ("hip", "ROCm"),
    ("cpu", "the CPU"),
    ("xpu", "Intel GPUs"),
    ("intel", "Intel GPUs"),
    ("sycl", "Intel GPUs"),
    ("gaudi", "Gaudi"),
    ("hpu", "Gaudi"),
    ("openvino", "OpenVINO"),
    ("vulkan", "Vulkan"),
    ("musa", "Moore Threads GPUs"),
    ("cann", "Ascend"),
    ("tpu", "TPUs"),
];

/// Another accelerator than NVIDIA's GPUs, and what shows it: a variable or a word of the name.
pub(crate) fn other_accelerator(config: &ImageConfig, reference: &str) -> Option<(&'static str, String)> {
    if let Some(name) = ROCM.iter().find(|name| config.var(name).is_some()) {
        return Some(("ROCm", (*name).to_owned()));
    }
    if let Some(device) = config.var("VLLM_TARGET_DEVICE").filter(|device| *device != "cuda" && !device.is_empty()) {
        let name = WORDS.iter().find(|(word, _)| *word == device).map_or("another accelerator", |(_, name)| name);
        return Some((name, "VLLM_TARGET_DEVICE".to_owned()));
    }
    let words = name_words(reference);
    let (word, name) = WORDS.iter().find(|(word, _)| words.iter().any(|found| found.starts_with(word)))?;
    Some((*name, format!("`{word}` in its name")))
}

/// What of a Jetson an image shows: it is made for one, for Arm servers, or neither is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArmKind {
    Jetson,
    Server,
    Unknown,
}

/// Whether an image for Arm is for a Jetson, and what shows it.
pub(crate) fn arm_kind(config: &ImageConfig, reference: &str) -> (ArmKind, String) {
    let jetpack = config.vars("NVIDIA_REQUIRE_JETPACK").into_iter().find(|(_, value)| !value.is_empty());
    let named = ["L4T_VERSION", "JETPACK_VERSION"].into_iter().find(|name| config.var(name).is_some());
    if let Some(name) = jetpack.map(|(name, _)| name).or(named) {
        return (ArmKind::Jetson, name.to_owned());
    }
    let words = name_words(reference);
    if let Some(word) =
        ["igpu", "l4t", "jetson", "tegra"].into_iter().find(|word| words.iter().any(|found| found == word))
    {
        return (ArmKind::Jetson, format!("`{word}` in its name"));
    }
    match config.var("NVARCH") {
        Some("sbsa") => (ArmKind::Server, "NVARCH".to_owned()),
        Some(arch) if arch.contains("tegra") => (ArmKind::Jetson, "NVARCH".to_owned()),
        _ => (ArmKind::Unknown, String::new()),
    }
}

/// The words of the last part of an image's name, and of its tag: `org/vllm-openai-rocm:v0.15` has `rocm`.
fn name_words(reference: &str) -> Vec<String> {
    let name = reference.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split(['-', '_', ':', '.']).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(env: &[(&str, &str)]) -> ImageConfig {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ImageConfig { env, ..ImageConfig::default() }
    }

    #[test]
    fn another_accelerator_is_shown_by_a_variable_or_a_word() {
        let of = |env: &[(&str, &str)], name: &str| other_accelerator(&config(env), name).map(|(what, _)| what);
        assert_eq!(of(&[("PYTORCH_ROCM_ARCH", "gfx942")], "r/x:1"), Some("ROCm"));
        assert_eq!(of(&[("VLLM_TARGET_DEVICE", "cpu")], "r/x:1"), Some("the CPU"));
        assert_eq!(of(&[("VLLM_TARGET_DEVICE", "cuda")], "r/x:1"), None);
        assert_eq!(of(&[], "docker.io/vllm/vllm-openai-rocm:v0.15"), Some("ROCm"));
        assert_eq!(of(&[], "docker.io/lmsysorg/sglang:v0.5.15-rocm720"), Some("ROCm"));
        assert_eq!(of(&[], "ghcr.io/cpu-lovers/engine:cuda"), None);
        assert_eq!(of(&[], "r/engine@sha256:00"), None);
    }

    #[test]
    fn a_jetson_image_is_shown_by_what_it_needs_of_the_host() {
        let of = |env: &[(&str, &str)], name: &str| arm_kind(&config(env), name).0;
        assert_eq!(of(&[("NVIDIA_REQUIRE_JETPACK_HOST_MOUNTS", "")], "r/x:1"), ArmKind::Unknown);
        assert_eq!(of(&[("NVIDIA_REQUIRE_JETPACK_HOST_MOUNTS", "base-only")], "r/x:1"), ArmKind::Jetson);
        assert_eq!(of(&[], "nvcr.io/nvidia/tritonserver:25.02-py3-igpu"), ArmKind::Jetson);
        assert_eq!(of(&[("NVARCH", "sbsa")], "r/x:1"), ArmKind::Server);
    }
}
