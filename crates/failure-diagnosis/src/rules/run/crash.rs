//! The program crashed or was killed: an assertion that it names, or a signal. Tried last: a signal is rarely the cause.

use super::super::{RUNNING, Rule};
use crate::pattern::{line, said};

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::assertion",
        phases: RUNNING,
        any: &[
            said("{place#}: GGML_ASSERT({what*}) failed"),
            said("GGML_ASSERT({what*}) failed"),
            said("Assertion '{what*}' failed."),
            said("pre-allocated tensor ({what*}) in a buffer"),
            said("GGML_ABORT({what*})"),
        ],
        cause: "the engine stopped itself at `{what}`[ ({place})]: a bug of this release with this model or these flags",
        remedy: "take another release as `provisioning.source.ref`, a newer one first; or leave out what the model would do without (drafter, \
                 projector, quantized KV cache). Search the assertion's words at https://github.com/ggml-org/llama.cpp/issues",
    },
    Rule {
        code: "engine::exception",
        phases: RUNNING,
        any: &[
            said("terminate called after throwing an instance of '{kind}' what(): {what*}"),
            said("terminate called after throwing an instance of '{kind}'"),
            line("libc++abi: terminating due to uncaught exception of type {kind}: {what*}"),
            said("thread '{kind}' panicked at {what*}"),
        ],
        cause: "the engine crashed by an error that it does not handle[: {what}][ ({kind})]",
        remedy: "where these words name a flag or a file, correct it; else it is a bug of this release: take another one, and search its words in \
                 the engine's issues",
    },
    Rule {
        code: "build::illegal_instruction",
        phases: RUNNING,
        any: &[
            said("Illegal instruction"),
            said("SIGILL"),
            said("signaled to shutdown with signal 4"),
            said("code=dumped, status=4/ILL"),
            said("code=killed, status=4/ILL"),
            line("exit status 132"),
            said("exited with code 132"),
        ],
        cause: "the program was built for another CPU than this one",
        remedy: "build it on this host, or with -DGGML_NATIVE=OFF in `provisioning.source.build.cmake_flags`; of an image, take one for this CPU",
    },
    Rule {
        code: "engine::bus_error",
        phases: RUNNING,
        any: &[
            line("Bus error"),
            said(" Bus error (core dumped)"),
            said("signal 7 (SIGBUS)"),
            said("status=7/BUS"),
            said("signaled to shutdown with signal 7"),
            line("exit status 135"),
            said("exited with code 135"),
        ],
        cause: "the engine could not read a file that it had mapped into memory (SIGBUS): a model that was cut short or replaced while it ran, a \
                disk or network file system that fails, or a full /dev/shm",
        remedy: "`sudo dmesg | tail` names a failing disk; compare the model's size and digest with the origin's, and look at `df -h /dev/shm`",
    },
    Rule {
        code: "engine::crashed",
        phases: RUNNING,
        any: &[
            line("Segmentation fault"),
            said(" Segmentation fault (core dumped)"),
            said("{pid#} Segmentation fault"),
            said("signal 11 (SIGSEGV)"),
            said("status=11/SEGV"),
            said("signaled to shutdown with signal 11"),
            said("!!!!!!! Segfault encountered !!!!!!!"),
            line("exit status 139"),
            said("exited with code 139"),
        ],
        cause: "the engine crashed (SIGSEGV): a bug of this release with this model or these flags; what it printed does not say which",
        remedy: "take another release, a newer one first; or leave out what the model would do without (drafter, projector, quantized KV cache) \
                 to find which of them it is",
    },
    Rule {
        code: "engine::crashed",
        phases: RUNNING,
        any: &[
            line("Aborted"),
            said(" Aborted (core dumped)"),
            said("{pid#} Aborted"),
            said("signal 6 (SIGABRT)"),
            said("status=6/ABRT"),
            said("signaled to shutdown with signal 6"),
            said("signal 8 (SIGFPE)"),
            line("exit status 134"),
            said("exited with code 134"),
        ],
        cause: "the engine stopped itself (abort), and does not say why in this log",
        remedy: "look at the lines before it, whole: `engine-provisioner logs -n 200`; take another release, a newer one first",
    },
    Rule {
        code: "engine::killed",
        phases: RUNNING,
        any: &[
            line("Killed\n"),
            said("{pid#} Killed "),
            said("signal 9 (SIGKILL)"),
            said("status=9/KILL"),
            said("signaled to shutdown with signal 9"),
            said("exited with code 137"),
            line("exit status 137"),
            line("exit code: 137"),
            said("Exit Code: 137"),
            said("\"ExitCode\": 137"),
        ],
        cause: "the engine was killed (SIGKILL), most often by the kernel because the memory of the host, the unit or the container was used up; a \
                supervisor whose patience ended sends it, too",
        remedy: "`sudo dmesg | grep -iE 'killed process|oom'` names what the kernel killed, and OOMKilled of `podman inspect` reports it for a \
                 container; the limit is MemoryMax= of the unit, or the container's (`memory.events` counts). A smaller `ctx`, \
                 fewer `--parallel` slots or a smaller quantization need less",
    },
    Rule {
        code: "engine::stopped",
        phases: RUNNING,
        any: &[
            said("signal 15 (SIGTERM)"),
            said("signal 1 (SIGHUP)"),
            said("signal 2 (SIGINT)"),
            line("KeyboardInterrupt: terminated"),
            said("exited with code 143"),
            line("exit status 143"),
            line("exit status 130"),
        ],
        cause: "the engine was told to stop: by an operator, by a unit that was stopped, or by a probe of Kubernetes whose patience ended while the \
                model was loading",
        remedy: "look who sent it: `journalctl -u UNIT`, `kubectl describe pod`; a model that loads slowly needs a longer start time there \
                 (TimeoutStartSec=, startupProbe)",
    },
];
