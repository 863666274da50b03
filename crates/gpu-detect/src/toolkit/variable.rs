//! The environment variables that choose a toolkit or a host compiler.

use serde::{Deserialize, Deserializer, de::Error};

/// The name of one of them.
pub(super) type Name = &'static str;

/// The one that names a toolkit's compiler; it comes first.
pub(super) const COMPILER: Name = "CUDACXX";
/// Those that name a toolkit's root, in order.
pub(super) const ROOT: [Name; 3] = ["CUDAToolkit_ROOT", "CUDA_HOME", "CUDA_PATH"];
/// Those that name nvcc's host compiler: CMake's, then nvcc's own, which may also name its folder.
pub(super) const HOST_COMPILER: [Name; 2] = ["CUDAHOSTCXX", "NVCC_CCBIN"];

/// Reads a name from a report; another one than these is an error.
pub(super) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    let name = String::deserialize(deserializer)?;
    let mut all = ROOT.into_iter().chain(HOST_COMPILER).chain([COMPILER]);
    all.find(|known| *known == name).ok_or_else(|| {
        D::Error::custom(format!("`{name}` is not a variable that chooses a toolkit or a host compiler"))
    })
}
