//! Ways in which a toolkit is broken, each made from a whole one without touching it.

use std::error::Error;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// One way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Broken {
    /// Not at all: what is made is as good as what it is made from.
    Nothing,
    NoCublas,
    NoStub,
    NoCompiler,
    NoHeader,
    CompilerTooNew,
    GpuTooOld,
}

/// A broken toolkit, and what goes with it.
pub(crate) struct Variant {
    pub(crate) root: PathBuf,
    pub(crate) host_compiler: Option<PathBuf>,
    pub(crate) capability: Option<(u32, u32)>,
}

impl Broken {
    pub(crate) const ALL: [Self; 7] = [
        Self::Nothing,
        Self::NoCublas,
        Self::NoStub,
        Self::NoCompiler,
        Self::NoHeader,
        Self::CompilerTooNew,
        Self::GpuTooOld,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "whole",
            Self::NoCublas => "without-cublas",
            Self::NoStub => "without-stub",
            Self::NoCompiler => "without-nvcc",
            Self::NoHeader => "without-cuda_runtime.h",
            Self::CompilerTooNew => "gcc-too-new",
            Self::GpuTooOld => "gpu-too-old",
        }
    }

    /// What the solver must say; nothing where it must agree.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::CompilerTooNew => "cuda::host_compiler_too_new",
            Self::GpuTooOld => "cuda::arch_unsupported",
            _ => "cuda::toolkit_incomplete",
        }
    }

    /// Makes it in a new folder.
    pub(crate) fn make(self, whole: &Path, folder: &Path) -> Result<Variant, Box<dyn Error>> {
        let root = folder.join("cuda");
        mirror(whole, &root)?;
        let remove = |file: &str| fs::remove_file(root.join(file));
        match self {
            Self::NoCublas => remove("lib64/libcublas.so")?,
            Self::NoStub => remove("lib64/stubs/libcuda.so")?,
            Self::NoCompiler => remove("bin/nvcc")?,
            Self::NoHeader => remove("include/cuda_runtime.h")?,
            Self::Nothing | Self::CompilerTooNew | Self::GpuTooOld => {}
        }
        let host_compiler = matches!(self, Self::CompilerTooNew).then(|| fake_compiler(folder)).transpose()?;
        let capability = matches!(self, Self::GpuTooOld).then_some((5, 0));
        Ok(Variant { root, host_compiler, capability })
    }

    /// The definitions of the whole toolkit, told for the broken one.
    pub(crate) fn definitions(
        self,
        good: &[(String, String)],
        root: &Path,
        host_compiler: Option<&Path>,
    ) -> Vec<(String, String)> {
        let change = |(name, value): &(String, String)| {
            let value = match (name.as_str(), host_compiler) {
                ("CUDAToolkit_ROOT", _) => root.display().to_string(),
                ("CMAKE_CUDA_COMPILER", _) => root.join("bin/nvcc").display().to_string(),
                ("CMAKE_CUDA_HOST_COMPILER", Some(compiler)) => compiler.display().to_string(),
                ("CMAKE_CUDA_ARCHITECTURES", _) if matches!(self, Self::GpuTooOld) => "50".into(),
                _ => value.clone(),
            };
            (name.clone(), value)
        };
        good.iter().map(change).collect()
    }
}

/// A toolkit of links to another one. nvcc takes its root from where it really lies, so that `bin` is made of files.
fn mirror(whole: &Path, root: &Path) -> Result<(), Box<dyn Error>> {
    for folder in ["bin", "lib64", "lib64/stubs", "include"] {
        fs::create_dir_all(root.join(folder))?;
        for entry in fs::read_dir(whole.join(folder))? {
            let from = entry?.path();
            let Some(name) = from.file_name() else { continue };
            let to = root.join(folder).join(name);
            if folder == "bin" && from.is_file() {
                fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(|_| ()))?;
            } else if !to.exists() && !from.ends_with("stubs") {
                symlink(&from, &to)?;
            }
        }
    }
    symlink(whole.join("nvvm"), root.join("nvvm"))?;
    symlink("lib64", root.join("lib"))?;
    Ok(())
}

/// A g++ that says of itself, also to the preprocessor, that it is version 99.
fn fake_compiler(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let real = exec::Env::current().find("g++").ok_or("no g++")?;
    let path = folder.join("g++");
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in\n*' -dumpversion '*) echo 99.1.0 ;;\n*) exec '{}' -U__GNUC__ -D__GNUC__=99 \"$@\" \
         ;;\nesac\n",
        real.display()
    );
    durable::replace(&path, script.as_bytes())?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}
