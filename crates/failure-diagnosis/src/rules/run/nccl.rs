//! NCCL, by which several GPUs work together: <https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html>.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

/// A full `/dev/shm` is no full disk: tried before all that speaks of space.
pub(in crate::rules) static SHARED_MEMORY: &[Rule] = &[Rule {
    code: "engine::shared_memory",
    phases: RUNNING,
    any: &[
        said("failed to extend /dev/shm/{segment} to {bytes#} bytes, error: No space left on device"),
        said(
            "Error while creating shared memory segment /dev/shm/{segment} (size {bytes#}), error: No space left on device",
        ),
        said("Error while creating shared memory segment {segment}"),
        said("NCCL WARN Call to posix_fallocate failed : No space left on device"),
        said("It is possible that dataloader's workers are out of shared memory"),
        said("unable to allocate shared memory(shm) for file"),
    ],
    cause: "the shared memory (/dev/shm) is too small for what several GPUs exchange[: {bytes} bytes were asked for]",
    remedy: "`df -h /dev/shm` shows its size: give the container more (`--shm-size=16g`, Kubernetes: an emptyDir of medium Memory at \
             /dev/shm) or the host's (`--ipc=host`), and remove what earlier starts left there",
}];

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::nccl",
        phases: RUNNING,
        any: &[said(
            "Error while attaching to shared memory segment /dev/shm/{segment} (size {bytes#}), error: {why*}",
        )],
        cause: "NCCL does not find the shared memory of another of its processes: that one exited, or has another /dev/shm[ ({why})]",
        remedy: "look at the logs of the other processes first; run all of one engine in one container (one IPC namespace), or with `--ipc=host`",
    },
    Rule {
        code: "engine::nccl",
        phases: RUNNING,
        any: &[
            said("NCCL error: {what*} (run with"),
            said("NCCL error: {what*}, NCCL version"),
            said("NCCL error: {what*}"),
            said("NCCL error in: {what*}"),
            said("ncclUnhandledCudaError: {what*}"),
            said("ncclSystemError: {what*}"),
            said("ncclInternalError: {what*}"),
            said("ncclRemoteError: {what*}"),
            said("ncclInvalidUsage: {what*}"),
        ],
        cause: "NCCL, by which the GPUs work together, failed: {what}; which call and why is not in this log",
        remedy: "run it once with NCCL_DEBUG=WARN in the environment, which names the call. Look at `df -h /dev/shm` first (64 MB in a container \
                 unless `--shm-size` says more), at `nvidia-smi topo -m`, and at the network between hosts",
    },
];
