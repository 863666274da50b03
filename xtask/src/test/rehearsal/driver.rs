//! A stand-in for NVIDIA's driver and toolkit, as a `/usr/local`: NVML from the tests of `gpu-detect`, an `nvidia-smi` that sees
//! who holds the device node, and an `nvcc` that knows its version.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use exec::Env;

use crate::failure::Result;
use crate::proc;

/// Scripts, and the files of a toolkit that only have to be there.
const FILES: [(&str, &str); 9] = [
    ("bin/nvidia-smi", include_str!("nvidia-smi.sh")),
    ("cuda/bin/nvcc", include_str!("nvcc.sh")),
    ("cuda/version.json", r#"{"cuda":{"name":"CUDA SDK","version":"12.8.1"}}"#),
    ("cuda/include/cuda_runtime.h", ""),
    (
        "cuda/include/crt/host_config.h",
        "#if __GNUC__ > 14\n#error -- unsupported GNU version! gcc versions later than 14 are not supported!\n#endif\n",
    ),
    ("cuda/lib64/libcudart.so", ""),
    ("cuda/lib64/libcublas.so", ""),
    ("cuda/lib64/libcublasLt.so", ""),
    ("cuda/lib64/stubs/libcuda.so", ""),
];
/// The processes that NVML lists are those that `nvidia-smi` lists.
const HOLDERS: &str = "-DHOLDERS=\"/dev/nvidia-uvm\"";
/// Where the product looks for a driver's libraries in containers.
const LIBRARIES: &str = "nvidia/lib64";

/// Makes it below `scratch`.
pub(super) fn install(env: &Env, scratch: &Path) -> Result<PathBuf> {
    let local = scratch.join("usr-local");
    for (name, text) in FILES {
        let path = local.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&local))?;
        File::create(&path)?.write_all(text.as_bytes())?;
        let mode = if name.contains("bin/") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
    }
    fs::create_dir_all(local.join(LIBRARIES))?;
    let source = proc::root().join("crates/gpu-detect/tests/it/support/nvml_stub.c").display().to_string();
    let library = local.join(LIBRARIES).join("libnvidia-ml.so.1").display().to_string();
    proc::capture(&proc::tool(env, &["gcc", "-shared", "-fPIC", HOLDERS, "-o", &library, &source], scratch)?)?;
    File::create(local.join(LIBRARIES).join("libcuda.so.1"))?;
    Ok(local)
}
