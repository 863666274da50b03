//! The Container Device Interface, by which a container gets its GPUs:
//! <https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md>.

use super::super::{RUNNING, Rule};
use crate::pattern::{logged, said};

pub(in crate::rules) static RULES: &[Rule] = &[
    // podman prints these while it debugs, and fails with "unresolvable" alone.
    Rule {
        code: "cdi::unreadable",
        phases: RUNNING,
        any: &[
            logged("failed to parse CDI Spec \"{file}\": {why*} unknown field \"{field}\""),
            logged("failed to parse CDI Spec \\\"{file}\\\": {why*} unknown field \\\"{field}\\\""),
            logged("invalid CDI Spec: invalid version \"{field}\""),
            logged("invalid CDI Spec: invalid version \\\"{field}\\\""),
        ],
        cause: "the CDI spec[ `{file}`] has `{field}`, which this container runtime does not know: a newer toolkit wrote it than the runtime's \
                CDI library can read",
        remedy: "install a newer container runtime, or a toolkit of the generation that it reads (`nvidia-ctk --version`; 1.18 writes the lowest \
                 version that is enough). Generating again with the same toolkit writes the same file",
    },
    Rule {
        code: "cdi::unreadable",
        phases: RUNNING,
        any: &[
            logged("failed to parse CDI Spec \"{file}\": {why*}"),
            logged("failed to parse CDI Spec \\\"{file}\\\": {why*}"),
            logged("failed to read CDI Spec \"{file}\": {why*}"),
            logged("failed to read CDI Spec \\\"{file}\\\": {why*}"),
        ],
        cause: "the CDI spec `{file}` cannot be read: {why}",
        remedy: "`ls -l` on it must show it readable to this user; generate it again: `sudo nvidia-ctk cdi generate --output={file}`",
    },
    Rule {
        code: "cdi::node_missing",
        phases: RUNNING,
        any: &[
            said("failed to stat CDI host device \"{node}\": no such file or directory"),
            said("stat'ing file '{node=/dev/}': No such file or directory"),
            said("stat'ing file {node=/dev/}: No such file or directory"),
            said("cannot stat '{node=/dev/}': No such file or directory"),
        ],
        cause: "the CDI spec names the device node `{node}`, which is not there: numbers of render nodes move at boot, and nodes of a driver \
                appear when it is loaded",
        remedy: "`ls -l /dev/nvidia* /dev/dri/render*` shows the nodes (`sudo nvidia-modprobe -u -c 0` makes nvidia-uvm's). Generate the spec \
                 again: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`, and at each boot: `sudo systemctl enable --now \
                 nvidia-cdi-refresh.path nvidia-cdi-refresh.service`",
    },
    Rule {
        code: "cdi::stale",
        phases: RUNNING,
        any: &[
            said("failed to fulfil mount request: open {file~nvidia-persistenced}: no such file or directory"),
            said("stat'ing file '{file~nvidia-persistenced}': No such file or directory"),
            said("cannot stat '{file~nvidia-persistenced}': No such file or directory"),
        ],
        cause: "the CDI spec mounts `{file}`, the socket of nvidia-persistenced, which does not run now",
        remedy: "`sudo systemctl start nvidia-persistenced`, or generate the spec again without it: `sudo nvidia-ctk cdi generate \
                 --output=/etc/cdi/nvidia.yaml`",
    },
    Rule {
        code: "cdi::stale",
        phases: RUNNING,
        any: &[
            said("stat'ing file '{file~nvidia}': No such file or directory"),
            said("stat'ing file {file~nvidia}: No such file or directory"),
            said("cannot stat '{file~nvidia}': No such file or directory"),
            said("stat'ing file '{file~/libcuda}': No such file or directory"),
            said("stat'ing file {file~/libcuda}: No such file or directory"),
            said("cannot stat '{file~/libcuda}': No such file or directory"),
            said("stat'ing file '{file~/libnv}': No such file or directory"),
            said("stat'ing file {file~/libnv}: No such file or directory"),
            said("cannot stat '{file~/libnv}': No such file or directory"),
            said("failed to fulfil mount request: open {file~nvidia}: no such file or directory"),
            said("failed to fulfil mount request: open {file~/libcuda}: no such file or directory"),
            said("error mounting \"{file~nvidia}\" to rootfs at"),
            said("error mounting \"{file~/libcuda}\" to rootfs at"),
        ],
        cause: "the CDI spec is older than the files of the host: it mounts `{file}`, which is gone since the driver, or the package of that \
                library alone, was updated",
        remedy: "generate it again: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml` (the file that `nvidia-ctk cdi list` reads). \
                 Nothing is wrong with the image or its command, although the runtime's last words blame the command",
    },
    Rule {
        code: "cdi::device_missing",
        phases: RUNNING,
        any: &[
            said("unresolvable CDI devices {device=management.nvidia.com/gpu=GPU-}"),
            said("unresolvable CDI devices {device=management.nvidia.com/gpu=MIG-}"),
            said("unresolvable CDI devices management.nvidia.com/gpu={device#}"),
        ],
        cause: "no CDI spec has the device `{device}`: specs of the vendor management.nvidia.com name only `all`",
        remedy: "ask for it as nvidia.com/gpu=UUID, and let a spec have that name: `sudo nvidia-ctk cdi generate \
                 --device-name-strategy=uuid --output=/etc/cdi/nvidia.yaml`; `nvidia-ctk cdi list` shows the names",
    },
    Rule {
        code: "cdi::missing",
        phases: RUNNING,
        any: &[said("failed to discover GPU vendor from CDI: no known GPU vendor found")],
        cause: "docker takes `--gpus` for CDI devices, and finds no CDI spec of a GPU",
        remedy: "install the NVIDIA container toolkit, and generate one: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`",
    },
    Rule {
        code: "cdi::unresolvable",
        phases: RUNNING,
        any: &[said("unresolvable CDI devices {device}"), said("unresolvable CDI devices")],
        cause: "the container runtime finds no CDI device[ `{device}`]: there is no spec, it is in a folder that this runtime does not read, it \
                cannot be read, or it names its devices otherwise; the words are the same for all four",
        remedy: "`nvidia-ctk cdi list` shows the names that specs in /etc/cdi and /var/run/cdi have; `podman --log-level=debug info` shows specs \
                 that podman cannot read. Without one: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`",
    },
    Rule {
        code: "cdi::hook_failed",
        phases: RUNNING,
        any: &[
            said("error executing hook '{hook~nvidia}' (exit code: {exit#})"),
            said("error executing hook {hook~nvidia} (exit code: {exit#})"),
        ],
        cause: "a hook of the CDI spec, `{hook}`, failed (exit code {exit}): it links libraries and runs ldconfig in the container; why it failed is \
                not in this tail",
        remedy: "run the hook's line of the spec by hand; compare `nvidia-ctk --version` with the version that wrote the spec, and generate it \
                 again: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`",
    },
];
