//! The one toolkit, compiler and set of architectures that a build uses, and how CMake is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::toolkit::{HostCompiler, ToolkitSource, library_folders};

/// What a CUDA build for the chosen GPUs uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CudaChoice {
    /// The toolkit's root folder.
    pub root: PathBuf,
    /// Its compiler.
    pub nvcc: PathBuf,
    /// Its version as (major, minor).
    pub version: (u32, u32),
    /// Its parts that end up in programs, each with its version in full or its digest.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
    /// What led to it.
    pub source: ToolkitSource,
    /// The C++ compiler that nvcc is told to use.
    pub host_compiler: HostCompiler,
    /// The architectures of the chosen GPUs, ascending and each once: 90 for compute capability 9.0.
    pub architectures: Vec<u32>,
    /// The chosen GPUs, in the order asked for.
    pub devices: Vec<Target>,
    /// Flags without which executables do not link on this host.
    pub exe_linker_flags: Option<String>,
    /// The driver's `libcuda.so`, where nothing else can be linked with and CMake does not look there.
    pub driver_library: Option<PathBuf>,
    /// The folder of the driver's library, where programs do not find it by themselves: `LD_LIBRARY_PATH` has to name it
    /// whenever the finished engine is run.
    #[serde(default)]
    pub driver_folder: Option<PathBuf>,
    /// Whether nvcc is told to take a host compiler that its headers refuse.
    pub allow_unsupported_compiler: bool,
    /// Whether kernels must stay uncompressed, because the driver is older than the way this toolkit compresses them.
    pub uncompressed: bool,
    /// What an operator should know of this choice, in sentences.
    pub notes: Vec<String>,
    /// The `PATH` that puts the compiler's folder first.
    #[serde(skip)]
    pub(crate) path: Option<String>,
}

/// A GPU, or an instance of a partitioned one, that a build and an engine are for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The GPU's number as `nvidia-smi` prints it.
    pub index: u32,
    /// The UUID to name in `CUDA_VISIBLE_DEVICES`: the instance's, where the GPU is partitioned.
    pub uuid: String,
    /// The GPU's PCI address.
    pub pci_bus_id: String,
    /// The GPU's product name.
    pub name: String,
    /// The number that CMake and nvcc use for its compute capability.
    pub architecture: u32,
}

impl Target {
    /// The number that CMake and nvcc use for its compute capability: 90 for 9.0.
    pub fn architecture(&self) -> u32 {
        self.architecture
    }
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
            ("CMAKE_CUDA_HOST_COMPILER", text(&self.host_compiler.path)),
        ];
        if self.allow_unsupported_compiler {
            definitions.push(("CMAKE_CUDA_FLAGS", "-allow-unsupported-compiler".into()));
        }
        if self.uncompressed {
            definitions.push(("GGML_CUDA_COMPRESSION_MODE", "none".into()));
        }
        definitions.extend(self.driver_library.as_deref().map(|path| ("CUDA_cuda_driver_LIBRARY", text(path))));
        definitions.extend(self.exe_linker_flags.clone().map(|flags| ("CMAKE_EXE_LINKER_FLAGS", flags)));
        definitions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The folders of the toolkit that may hold its libraries, most usual first; not all of them exist.
    pub fn library_folders(&self) -> Vec<PathBuf> {
        library_folders(&self.root)
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
