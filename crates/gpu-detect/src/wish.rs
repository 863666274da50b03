//! What the configuration says about a CUDA build, beyond which GPUs it is for.

use std::path::PathBuf;

/// An operator's choices. Each is kept or refused, never replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// A toolkit: its root folder, or its nvcc. It stands above every variable.
    pub toolkit: Option<PathBuf>,
    /// nvcc's host compiler: a path, or a name on `PATH`. It stands above `CUDAHOSTCXX`.
    pub host_compiler: Option<PathBuf>,
    /// Whether a host compiler that the toolkit's headers refuse may be used all the same
    /// (`-allow-unsupported-compiler`).
    pub allow_unsupported_compiler: bool,
    /// The oldest toolkit that compiles the engine's source, as (major, minor). llama.cpp is C++17, which nvcc takes
    /// since CUDA 11.0.
    pub oldest_toolkit: (u32, u32),
    /// `CMAKE_CUDA_ARCHITECTURES` as it was written: it is used in place of the GPUs' own architectures.
    pub architectures: Option<String>,
    /// `GGML_CUDA_COMPRESSION_MODE` as it was written.
    pub compression: Option<String>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            toolkit: None,
            host_compiler: None,
            allow_unsupported_compiler: false,
            oldest_toolkit: (11, 0),
            architectures: None,
            compression: None,
        }
    }
}
