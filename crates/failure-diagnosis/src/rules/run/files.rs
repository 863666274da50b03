//! Files and folders that an engine may not use while it runs.

use super::super::{RUNNING, Rule};
use crate::pattern::{line, said};

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::no_home",
        phases: RUNNING,
        any: &[
            said("PermissionError: [Errno 13] Permission denied: '{path=/.}'"),
            said("OSError: [Errno 30] Read-only file system: '{path}'"),
        ],
        cause: "the engine has no writable home for its caches: it may not write `{path}`",
        remedy: "give it one: HOME, XDG_CACHE_HOME and TRITON_CACHE_DIR (vLLM also VLLM_CACHE_ROOT, FlashInfer FLASHINFER_WORKSPACE_BASE) in its \
                 environment, each a folder on a writable mount",
    },
    Rule {
        code: "engine::permission_denied",
        phases: RUNNING,
        any: &[
            said("PermissionError: [Errno 13] Permission denied: '{path}'"),
            said("PermissionError: [Errno 1] Operation not permitted: '{path}'"),
            line("bash: {path}: Permission denied"),
            line("sh: {path}: Permission denied"),
            line("env: '{path}': Permission denied"),
            said("exec: \"{path}\": permission denied"),
        ],
        cause: "the user of the engine may not use `{path}`",
        remedy: "`namei -l {path}` shows which folder or file forbids it, and `findmnt -T {path}` whether it is mounted noexec: let that user use \
                 it, or move it",
    },
];
