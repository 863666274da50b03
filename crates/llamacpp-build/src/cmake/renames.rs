//! Options that llama.cpp renamed before a tree can be asked.

/// Old names and what llama.cpp made of them, as far as it is needed before the tree is here; each tree tells its own
/// (`llama_option_depr` in its CMakeLists.txt), and that is what counts.
pub(crate) const RENAMED: [(&str, &str); 9] = [
    ("LLAMA_CUBLAS", "GGML_CUDA"),
    ("LLAMA_CUDA", "GGML_CUDA"),
    ("LLAMA_METAL", "GGML_METAL"),
    ("LLAMA_METAL_EMBED_LIBRARY", "GGML_METAL_EMBED_LIBRARY"),
    ("LLAMA_NATIVE", "GGML_NATIVE"),
    ("LLAMA_RPC", "GGML_RPC"),
    ("LLAMA_SYCL", "GGML_SYCL"),
    ("LLAMA_SYCL_F16", "GGML_SYCL_F16"),
    ("LLAMA_CANN", "GGML_CANN"),
];
