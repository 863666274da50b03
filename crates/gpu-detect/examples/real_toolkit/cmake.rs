//! Runs the real CMake on the real source, with definitions and nothing else that decides.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env, Exit};

/// The CUDA file that compiles in seconds.
const OBJECT: &str = "ggml/src/ggml-cuda/CMakeFiles/ggml-cuda.dir/scale.cu.o";

/// Whether the source configures, with CUDA still on at the end.
pub(crate) fn configure(
    source: &Path,
    build: &Path,
    definitions: &[(String, String)],
    env: &Env,
) -> Result<bool, Box<dyn Error>> {
    let spec = CommandSpec::new(env.find("cmake").ok_or("no cmake")?, Duration::from_mins(5))
        .arg("-S")
        .arg(source)
        .arg("-B")
        .arg(build)
        .args(["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DGGML_CUDA=ON", "-DGGML_CCACHE=OFF"])
        .args(definitions.iter().map(|(name, value)| format!("-D{name}={value}")))
        .inherit(env, &["PATH", "HOME"]);
    let output = exec::run(&spec)?;
    let cache = std::fs::read_to_string(build.join("CMakeCache.txt")).unwrap_or_default();
    Ok(output.exit == Exit::Code(0) && cache.lines().any(|line| line == "GGML_CUDA:BOOL=ON"))
}

/// Whether one CUDA file compiles.
pub(crate) fn compile_one(build: &Path, env: &Env) -> Result<bool, Box<dyn Error>> {
    let ninja = env.find("ninja").ok_or("no ninja")?;
    let spec = CommandSpec::new(ninja, Duration::from_mins(10)).arg("-C").arg(build).arg(OBJECT);
    Ok(exec::run(&spec.inherit(env, &["PATH", "HOME"]))?.exit == Exit::Code(0))
}
