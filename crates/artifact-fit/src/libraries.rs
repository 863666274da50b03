//! Which package brings a library that is missing, on Debian and on Arch.

/// Name of the library without its version, packages of Debian and Arch.
const PACKAGES: [(&str, &str, &str); 27] = [
    ("libc", "libc6", "glibc"),
    ("libm", "libc6", "glibc"),
    ("libmvec", "libc6", "glibc"),
    ("libstdc++", "libstdc++6", "gcc-libs"),
    ("libgcc_s", "libgcc-s1", "gcc-libs"),
    ("libgomp", "libgomp1", "gcc-libs"),
    ("libgfortran", "libgfortran5", "gcc-libs"),
    ("libcurl", "libcurl4", "curl"),
    ("libcurl-gnutls", "libcurl3-gnutls", "libcurl-gnutls"),
    ("libssl", "libssl3", "openssl"),
    ("libcrypto", "libssl3", "openssl"),
    ("libopenblas", "libopenblas0", "openblas"),
    ("libblas", "libblas3", "blas"),
    ("libvulkan", "libvulkan1", "vulkan-icd-loader"),
    ("libOpenCL", "ocl-icd-libopencl1", "ocl-icd"),
    ("libnuma", "libnuma1", "numactl"),
    ("libz", "zlib1g", "zlib"),
    ("libzstd", "libzstd1", "zstd"),
    ("libnccl", "libnccl2", "nccl"),
    // NVIDIA's: the driver brings the first two, the toolkit the others.
    ("libcuda", "the NVIDIA driver (libcuda1)", "nvidia-utils"),
    ("libnvidia-ml", "the NVIDIA driver (libnvidia-ml1)", "nvidia-utils"),
    ("libcudart", "cuda-cudart (NVIDIA's repository)", "cuda"),
    ("libcublas", "libcublas (NVIDIA's repository)", "cuda"),
    ("libcublasLt", "libcublas (NVIDIA's repository)", "cuda"),
    ("libcurand", "libcurand (NVIDIA's repository)", "cuda"),
    ("libcufft", "libcufft (NVIDIA's repository)", "cuda"),
    ("libnvrtc", "cuda-nvrtc (NVIDIA's repository)", "cuda"),
];

/// The packages that bring a library, on Debian-like and on Arch-like systems; `None` where that is not known.
pub fn package_of(library: &str) -> Option<(&'static str, &'static str)> {
    let name = library.split(".so").next()?;
    PACKAGES.iter().find(|(known, ..)| *known == name).map(|(_, debian, arch)| (*debian, *arch))
}

/// Whether a library is of NVIDIA's driver: no archive brings it.
pub(crate) fn is_of_driver(library: &str) -> bool {
    matches!(library.split(".so").next(), Some("libcuda" | "libnvidia-ml"))
}

/// Whether a library belongs to CUDA: what needs it is for NVIDIA GPUs.
pub(crate) fn is_of_cuda(library: &str) -> bool {
    let name = library.split(".so").next().unwrap_or_default();
    is_of_driver(library) || ["libcudart", "libcublas", "libcublasLt", "libnvrtc"].contains(&name)
}
