//! The engine cannot start a thread: llama.cpp starts one per `--threads`, and a few more.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

/// `pthread_create` fails with `EAGAIN` also where the address space has no room for a stack
/// (<https://man7.org/linux/man-pages/man3/pthread_create.3.html>).
pub(in crate::rules) static RULES: &[Rule] = &[Rule {
    code: "engine::threads",
    phases: RUNNING,
    any: &[
        said("libgomp: Thread creation failed: Resource temporarily unavailable"),
        said("pthread_create failed: Resource temporarily unavailable"),
        said("pthread_create() failed (11)"),
        said("OpenBLAS blas_thread_init: pthread_create failed"),
        said("RuntimeError: can't start new thread"),
        said("what(): Resource temporarily unavailable"),
    ],
    cause: "the engine failed to start a thread: the limit of processes and threads is reached, or the address space has no room for \
            another stack",
    remedy: "raise the limit (`ulimit -u`, TasksMax= of the unit, pids.max of the container), or give the engine fewer threads \
             (`--threads`, `--threads-http`); `ulimit -v` must print `unlimited`",
}];
