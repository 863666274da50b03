//! The facts about a host that rules compare an image with.

use crate::Version;
use crate::drivers::cuda_of_driver;

/// What a pool computes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accelerator {
    /// NVIDIA GPUs.
    #[default]
    Cuda,
    /// AMD GPUs.
    Rocm,
    /// Anything else, the CPU among it: there is no verdict about CUDA.
    Other,
}

/// One GPU of a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gpu {
    /// Its brand in the words of NVIDIA's container toolkit, such as `tesla`, `nvidia`, `nvidiartx`, `geforce`;
    /// `unknown` where the driver names none.
    pub brand: String,
    /// Its compute capability, such as (8, 9); `None` where it is not known.
    pub architecture: Option<(u32, u32)>,
}

/// A host, and the GPUs of it that are to be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// The machine, in Go's words: `amd64`, `arm64`.
    pub architecture: String,
    /// What the pool computes on.
    pub accelerator: Accelerator,
    /// The driver's version as the driver reports it, such as `570.86.10`; `None` where it is not known.
    pub driver: Option<String>,
    /// The highest CUDA version that the driver reports; where it is `None`, a table knows it by the driver's branch.
    pub cuda: Option<Version>,
    /// The GPUs that are to be used.
    pub gpus: Vec<Gpu>,
    /// Whether the host is a Jetson.
    pub is_jetson: bool,
}

impl Host {
    /// The highest CUDA version that the driver provides, as major and minor number.
    pub fn ceiling(&self) -> Option<Version> {
        self.cuda.map(Version::release).or_else(|| self.driver_version().and_then(cuda_of_driver))
    }

    /// The driver's version as numbers; `None` where it is not known, or not a version.
    pub(crate) fn driver_version(&self) -> Option<Version> {
        self.driver.as_ref()?.parse().ok()
    }
}

/// The brands of GPUs without forward compatibility
/// (<https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html>).
const CONSUMER: [&str; 4] = ["geforce", "geforcertx", "titan", "titanrtx"];

impl Gpu {
    /// Whether it has no forward compatibility: it never runs with an image's compat libraries.
    pub(crate) fn is_consumer(&self) -> bool {
        CONSUMER.contains(&self.brand.as_str())
    }

    /// Whether its brand is known.
    pub(crate) fn has_brand(&self) -> bool {
        !self.brand.is_empty() && self.brand != "unknown"
    }
}

/// The brand of a GPU by its product name, in the words of NVIDIA's container toolkit; `unknown` for a name that shows none.
pub fn brand_of_product(name: &str) -> &'static str {
    let words: Vec<String> = name.split([' ', '-']).map(str::to_ascii_lowercase).collect();
    let has = |word: &str| words.iter().any(|known| known == word);
    let is_numbered = |word: &String| {
        let begin = ["a", "b", "h", "l", "t", "gb", "gh"].into_iter().find_map(|series| word.strip_prefix(series));
        begin.is_some_and(|number| number.starts_with(|letter: char| letter.is_ascii_digit()))
    };
    match () {
        () if has("geforce") => "geforce",
        () if has("titan") => "titan",
        () if has("tesla") => "tesla",
        () if has("quadro") && has("rtx") => "quadrortx",
        () if has("quadro") => "quadro",
        () if has("grid") => "grid",
        () if has("rtx") => "nvidiartx",
        () if words.iter().any(is_numbered) => "nvidia",
        () => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_brands() {
        for (name, brand) in [
            ("NVIDIA GeForce RTX 4090", "geforce"),
            ("GeForce GTX 1080 Ti", "geforce"),
            ("NVIDIA TITAN RTX", "titan"),
            ("Tesla V100-SXM2-16GB", "tesla"),
            ("Tesla T4", "tesla"),
            ("Quadro RTX 8000", "quadrortx"),
            ("Quadro P4000", "quadro"),
            ("NVIDIA RTX A6000", "nvidiartx"),
            ("NVIDIA RTX 6000 Ada Generation", "nvidiartx"),
            ("NVIDIA H100 80GB HBM3", "nvidia"),
            ("NVIDIA A100-SXM4-80GB", "nvidia"),
            ("NVIDIA L40S", "nvidia"),
            ("NVIDIA GH200 480GB", "nvidia"),
            ("NVIDIA B200", "nvidia"),
            ("Orin (nvgpu)", "unknown"),
            ("NVIDIA Graphics Device", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(brand_of_product(name), brand, "{name}");
        }
    }
}
