//! Asks a CUDA compiler questions that it answers without compiling.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env, ExecError, Exit};

/// The longest a compiler may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);
/// How a compiler refuses: `nvcc fatal   : Unknown option '--list-gpu-code'`.
const UNKNOWN_OPTION: &str = "Unknown option";

/// What a compiler prints for one option.
pub(crate) fn ask(compiler: &Path, env: &Env, option: &str) -> Result<String, ExecError> {
    let spec = spec(compiler, env, option);
    Ok(exec::run(&spec)?.require_success(&spec)?.stdout_text().into_owned())
}

/// The architectures a compiler can make machine code for, such as 90, or `None` for one too old to say
/// (<https://docs.nvidia.com/cuda/cuda-compiler-driver-nvcc/#list-gpu-code-code-ls>).
pub(crate) fn architectures(compiler: &Path, env: &Env) -> Result<Option<Vec<u32>>, ExecError> {
    let spec = spec(compiler, env, "--list-gpu-code");
    let output = exec::run(&spec)?;
    if output.exit != Exit::Code(0) && output.stderr_tail(20).contains(UNKNOWN_OPTION) {
        return Ok(None);
    }
    Ok(Some(in_gpu_codes(&output.require_success(&spec)?.stdout_text())))
}

fn spec(compiler: &Path, env: &Env, option: &str) -> CommandSpec {
    CommandSpec::new(compiler, DEADLINE).arg(option).inherit(env, &["PATH"])
}

/// `sm_90` is 90; variants such as `sm_90a` are more than a plain 90 asks for and do not stand for it.
fn in_gpu_codes(text: &str) -> Vec<u32> {
    text.split_whitespace().filter_map(|word| word.strip_prefix("sm_")?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpu_codes() {
        assert_eq!(in_gpu_codes("sm_75\nsm_80\nsm_90\nsm_90a\nsm_100\n"), [75, 80, 90, 100]);
        assert_eq!(in_gpu_codes("compute_90\n\n"), [0_u32; 0]);
    }
}
