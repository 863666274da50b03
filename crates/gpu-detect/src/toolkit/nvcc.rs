//! Asks a CUDA compiler questions that it answers without compiling.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env, ExecError, Exit, Output, ProbeCache};

/// The longest a compiler may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);
/// How a compiler refuses: `nvcc fatal   : Unknown option '--list-gpu-code'`.
const UNKNOWN_OPTION: &str = "Unknown option";

/// What a compiler prints for one option.
pub(crate) fn ask(compiler: &Path, env: &Env, cache: &ProbeCache, option: &str) -> Result<String, ExecError> {
    remembered(&spec(compiler, env, option), cache, Output::require_success)
}

/// What a program says, or said when it was last asked; `judge` decides whether it may be believed.
pub(crate) fn remembered<E: From<ExecError>>(
    spec: &CommandSpec,
    cache: &ProbeCache,
    judge: impl FnOnce(Output, &CommandSpec) -> Result<Output, E>,
) -> Result<String, E> {
    if let Some(answer) = cache.recall(spec) {
        return Ok(answer);
    }
    let answer = judge(exec::run(spec)?, spec)?.stdout_text().into_owned();
    cache.keep(spec, &answer);
    Ok(answer)
}

/// The architectures a compiler can make machine code for, such as 90, or `None` for one too old to say
/// (<https://docs.nvidia.com/cuda/cuda-compiler-driver-nvcc/#list-gpu-code-code-ls>).
pub(crate) fn architectures(compiler: &Path, env: &Env, cache: &ProbeCache) -> Result<Option<Vec<u32>>, ExecError> {
    let answer = remembered(&spec(compiler, env, "--list-gpu-code"), cache, |output, spec| {
        if output.exit != Exit::Code(0) && output.stderr_tail(20).contains(UNKNOWN_OPTION) {
            return Err(Silence::Unknown);
        }
        Ok(output.require_success(spec)?)
    });
    match answer {
        Ok(text) => Ok(Some(in_gpu_codes(&text))),
        Err(Silence::Unknown) => Ok(None),
        Err(Silence::Failed(error)) => Err(error),
    }
}

/// Why there is no answer.
enum Silence {
    Unknown,
    Failed(ExecError),
}

impl From<ExecError> for Silence {
    fn from(error: ExecError) -> Self {
        Self::Failed(error)
    }
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
