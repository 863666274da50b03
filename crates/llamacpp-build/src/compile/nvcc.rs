//! How many steps of one nvcc run at once, where it compiles for several architectures.
//!
//! nvcc makes the code of one architecture after the other unless `--threads` says otherwise (CUDA 11.2 and later,
//! <https://docs.nvidia.com/cuda/cuda-compiler-driver-nvcc/index.html#threads-number-t>). It matters when the last large
//! files are left and cores idle. It is given by `NVCC_APPEND_FLAGS` while compiling: what comes out does not depend on
//! it, so neither does the build's key. It is the same at every build of a host, because ccache hashes the variable.

use crate::cmake::definition::Definition;
use crate::{Backend, BuildRequest};

/// More architectures than this share threads: each takes memory of its own.
const MOST: u32 = 4;
/// The first nvcc that knows the option.
const SINCE: (u32, u32) = (11, 2);

/// The number; `None` where nvcc is not used, compiles for one architecture, or has been told by the operator.
pub(crate) fn threads(request: &BuildRequest, cores: u32) -> Option<u32> {
    let Backend::Cuda { nvcc, definitions, .. } = &request.backend else { return None };
    let value = |name: &str| {
        let asked =
            request.definitions.iter().rev().find(|asked| asked.name == name).map(|Definition { value, .. }| value);
        asked.or_else(|| definitions.iter().find(|(n, _)| n == name).map(|(_, value)| value))
    };
    let flags = value("CMAKE_CUDA_FLAGS").map_or("", String::as_str);
    if flags.split_whitespace().any(|flag| flag.starts_with("-t") || flag.starts_with("--threads")) {
        return None;
    }
    let architectures = value("CMAKE_CUDA_ARCHITECTURES")?.split(';').filter(|part| !part.is_empty()).count();
    let most = u32::try_from(architectures).unwrap_or(MOST).min(MOST).min(request.jobs.unwrap_or(cores));
    (most > 1 && version(&nvcc.version)? >= SINCE).then_some(most)
}

/// The first `MAJOR.MINOR` in what nvcc says of itself.
fn version(line: &str) -> Option<(u32, u32)> {
    line.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
        let mut parts = word.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_nvcc() {
        assert_eq!(version("12.4"), Some((12, 4)));
        assert_eq!(version("Cuda compilation tools, release 11.2, V11.2.152"), Some((11, 2)));
        assert_eq!(version("nvcc: NVIDIA (R) Cuda compiler driver"), None);
    }
}
