//! The NVIDIA container toolkit outside of CDI: its prestart hook `nvidia-container-cli`, which checks what the image
//! requires, and docker's GPU support: <https://github.com/NVIDIA/libnvidia-container>.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "image::card_unsupported",
        phases: RUNNING,
        any: &[
            said("requirement error: unsatisfied condition: {wanted=arch}"),
            said("requirement error: unsatisfied condition: {wanted=brand}"),
        ],
        cause: "the image requires `{wanted}` of the GPU (NVIDIA_REQUIRE_CUDA), and no GPU of this host has it",
        remedy: "take a tag for this GPU: `nvidia-smi --query-gpu=name,compute_cap --format=csv` shows what it is",
    },
    Rule {
        code: "image::driver_too_old",
        phases: RUNNING,
        any: &[
            said("unsatisfied condition: cuda>={wanted#}"),
            said("unsatisfied condition: cuda >= {wanted#}"),
            said("unsatisfied condition: cuda>{wanted#}"),
        ],
        cause: "the image requires CUDA {wanted} of the driver (NVIDIA_REQUIRE_CUDA), and the driver of this host does not have it; nor is it \
                one of the older branches that the image lists for this kind of GPU",
        remedy: "install a newer driver: `nvidia-smi` must show \"CUDA Version\" {wanted} or later; or take a tag that is built on an older CUDA. \
                 NVIDIA_DISABLE_REQUIRE=1 skips the check, and helps only within the same major version of CUDA",
    },
    Rule {
        code: "image::driver_too_old",
        phases: RUNNING,
        any: &[said("requirement error: unsatisfied condition: driver{wanted}")],
        cause: "the image requires the driver{wanted} (NVIDIA_REQUIRE_CUDA), and this host has another",
        remedy: "install such a driver, or take a tag that is built on an older CUDA",
    },
    Rule {
        code: "gpu::driver_mismatch",
        phases: RUNNING,
        any: &[
            said("initialization error: nvml error: driver/library version mismatch"),
            said("initialization error: nvml error: Driver/library version mismatch"),
        ],
        cause: "the loaded kernel module and the driver's libraries of this host are of different versions: the driver was updated while the \
                host ran",
        remedy: "reboot, or reload the module (`sudo rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia; sudo modprobe nvidia`) with nothing using \
                 the GPU; the image is not at fault",
    },
    Rule {
        code: "gpu::no_driver",
        phases: RUNNING,
        any: &[
            said("initialization error: load library failed: libnvidia-ml.so"),
            said("initialization error: load library failed: libcuda.so"),
            said("initialization error: nvml error: driver not loaded"),
            said("initialization error: driver error: driver not loaded"),
        ],
        cause: "the host has no NVIDIA driver that the container toolkit sees: none is installed or loaded, or docker runs in a snap or virtual \
                machine that does not see it",
        remedy: "`nvidia-smi` must work on the host: install the driver, or load it (`sudo modprobe nvidia`); take docker from its own packages \
                 instead of the snap. The image is not at fault",
    },
    Rule {
        code: "gpu::no_permission",
        phases: RUNNING,
        any: &[said("initialization error: nvml error: insufficient permissions")],
        cause: "the container toolkit may not open the GPU's device nodes on this host",
        remedy: "`ls -lZ /dev/nvidia*` shows their mode, group and SELinux label: let the user of the runtime open them",
    },
    Rule {
        code: "gpu::no_such_device",
        phases: RUNNING,
        any: &[
            said("nvidia-container-cli: device error: {device}: unknown device"),
            said("nvidia-container-cli.real: device error: {device}: unknown device"),
        ],
        cause: "the container asks for the GPU `{device}`, which this host does not have",
        remedy: "`nvidia-smi -L` lists the GPUs: name one of them in `devices`",
    },
    Rule {
        code: "container::driver_in_image",
        phases: RUNNING,
        any: &[said("mount error: file creation failed: {file}: file exists")],
        cause: "the image brings files of the NVIDIA driver itself (`{file}`), where the host's are to be mounted",
        remedy: "take an image without a driver in it; one that was committed from a running container has such files: build it from its \
                 Dockerfile instead",
    },
    Rule {
        code: "container::device_rules",
        phases: RUNNING,
        any: &[
            said("mount error: failed to add device rules: {why*}"),
            said("mount error: open failed: /sys/fs/cgroup/devices/{file}: permission denied"),
        ],
        cause: "the container toolkit may not change the cgroup of a rootless container[: {why}]",
        remedy: "set `no-cgroups = true` in /etc/nvidia-container-runtime/config.toml, or use CDI instead of the hook",
    },
    Rule {
        code: "container::no_cdi",
        phases: RUNNING,
        any: &[said("could not select device driver \"cdi\" with capabilities")],
        cause: "docker does not take CDI device names here: it is older than 25, or CDI is not switched on",
        remedy: "docker 28.3 and later have it on; from 25 on `sudo nvidia-ctk runtime configure --runtime=docker --cdi.enabled && sudo \
                 systemctl restart docker` switches it on",
    },
    Rule {
        code: "container::no_gpu_runtime",
        phases: RUNNING,
        any: &[
            said("could not select device driver \"\" with capabilities"),
            said("could not select device driver \"{driver}\" with capabilities"),
            said("unknown or invalid runtime name: {driver}"),
            said("Unknown runtime specified {driver}"),
            said("exec: \"{driver=nvidia-container-runtime}\": executable file not found"),
        ],
        cause: "docker knows no GPU runtime[ `{driver}`]: the NVIDIA container toolkit is not installed, or docker was not configured for it",
        remedy: "install nvidia-container-toolkit, then `sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`; or \
                 give the GPU by CDI: `--device nvidia.com/gpu=all`",
    },
    Rule {
        code: "container::hook_failed",
        phases: RUNNING,
        any: &[
            said("nvidia-container-cli: {kind} error: {why*}"),
            said("nvidia-container-cli.real: {kind} error: {why*}"),
        ],
        cause: "the hook of the NVIDIA container toolkit failed ({kind} error): {why}",
        remedy: "`sudo nvidia-container-cli -k -d /dev/tty info` shows the same step with its reasons; `nvidia-smi` must work on the host",
    },
];
