//! The one toolkit, compiler and set of architectures that a build uses, and how CMake is told.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::report::Gpu;

/// What a CUDA build for the chosen GPUs uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CudaChoice {
    /// The toolkit's root folder.
    pub root: PathBuf,
    /// Its compiler.
    pub nvcc: PathBuf,
    /// Its version as (major, minor).
    pub version: (u32, u32),
    /// The C++ compiler that nvcc is told to use; `None` where its default fits.
    pub host_compiler: Option<PathBuf>,
    /// The architectures of the chosen GPUs, ascending and each once: 90 for compute capability 9.0.
    pub architectures: Vec<u32>,
    /// The chosen GPUs, in the order asked for.
    pub devices: Vec<Gpu>,
    /// Flags without which executables do not link on this host.
    pub exe_linker_flags: Option<String>,
    /// The `PATH` that puts the compiler's folder first.
    pub(crate) path: Option<String>,
}

impl CudaChoice {
    /// CMake cache entries as (name, value).
    ///
    /// Root and compiler are always both given: with the root alone CMake finds no compiler, with the compiler
    /// alone it may take headers from another toolkit.
    pub fn cmake_definitions(&self) -> Vec<(String, String)> {
        let architectures = self.architectures.iter().map(u32::to_string).collect::<Vec<_>>().join(";");
        let mut definitions = vec![
            ("CUDAToolkit_ROOT", text(&self.root)),
            ("CMAKE_CUDA_COMPILER", text(&self.nvcc)),
            ("CMAKE_CUDA_ARCHITECTURES", architectures),
        ];
        definitions.extend(self.host_compiler.as_deref().map(|path| ("CMAKE_CUDA_HOST_COMPILER", text(path))));
        definitions.extend(self.exe_linker_flags.clone().map(|flags| ("CMAKE_EXE_LINKER_FLAGS", flags)));
        definitions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Environment variables for the build alone, as (name, value): programs that CMake starts find the same
    /// toolkit. `PATH` is given whole, with the compiler's folder first.
    pub fn env(&self) -> Vec<(String, String)> {
        let mut variables = vec![("CUDACXX", text(&self.nvcc)), ("CUDA_PATH", text(&self.root))];
        variables.extend(self.path.clone().map(|path| ("PATH", path)));
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// A path as text; a toolkit whose path is not UTF-8 counts as incomplete and is never chosen.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
