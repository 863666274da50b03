//! Device nodes that a container does not get, or may not open.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "gpu::no_driver",
        phases: RUNNING,
        any: &[
            said("while adding custom device \"{node=/dev/kfd}\": no such file or directory"),
            said("while adding custom device \"{node=/dev/dri}\": no such file or directory"),
            said("stat {node=/dev/kfd}: no such file or directory"),
            said("stat {node=/dev/dri}: no such file or directory"),
        ],
        cause: "the host has no `{node}`: its amdgpu driver is not loaded, or this is WSL",
        remedy: "`sudo modprobe amdgpu`, then `ls -l /dev/kfd /dev/dri`; WSL has /dev/dxg in their place, and its own way into a container",
    },
    Rule {
        code: "gpu::no_driver",
        phases: RUNNING,
        any: &[
            said("while adding custom device \"{node=/dev/nvidia}\": no such file or directory"),
            said("Error: stat {node=/dev/nvidia}: no such file or directory"),
        ],
        cause: "the host has no `{node}`: the NVIDIA driver is not loaded, or did not make that node yet",
        remedy: "`sudo nvidia-modprobe -u -c 0`, then `ls -l /dev/nvidia*`; give the GPU by CDI (`--device nvidia.com/gpu=all`) instead of nodes",
    },
    Rule {
        code: "gpu::no_permission",
        phases: RUNNING,
        any: &[said("Unable to open /dev/kfd read-write: Permission denied")],
        cause: "this user or container may not open /dev/kfd: it is not in the group that owns the node",
        remedy: "`stat -c '%G %g' /dev/kfd` names the group (`render`, on older hosts `video`): with crun `--group-add keep-groups` keeps the \
                 groups of this user, else add the group by its number on the host: a group of that name in the image may have another",
    },
    Rule {
        code: "gpu::none_visible",
        phases: RUNNING,
        any: &[said("Unable to open /dev/kfd read-write: No such file or directory")],
        cause: "there is no /dev/kfd here: the amdgpu driver is not loaded, or the node was not given to the container",
        remedy: "`ls -l /dev/kfd` on the host must show it; give it to the container: `--device /dev/kfd --device /dev/dri`",
    },
    Rule {
        code: "gpu::no_permission",
        phases: RUNNING,
        any: &[
            said(
                "path=\"{node=/dev/}\" dev=\"{fs}\" ino={inode#} scontext={source~:container_t:} tcontext={target} tclass=chr_file permissive=0",
            ),
            said(
                "name=\"{node}\" dev=\"{fs=devtmpfs}\" ino={inode#} scontext={source~:container_t:} tcontext={target} tclass=chr_file \
                 permissive=0",
            ),
        ],
        cause: "SELinux denies the device `{node}` ({target}) to containers",
        remedy: "install container-selinux 2.213 or later, or allow it: `sudo setsebool -P container_use_devices on`; `--security-opt \
                 label=disable` of one container is the last resort",
    },
    Rule {
        code: "container::selinux_label",
        phases: RUNNING,
        any: &[
            said("scontext={source~:container_t:} tcontext={target} tclass={class=file} permissive=0"),
            said("scontext={source~:container_t:} tcontext={target} tclass={class=dir} permissive=0"),
        ],
        cause: "SELinux denies files of the host to the container: their label is {target}",
        remedy: "mount them with `:z` (shared) or `:Z` (this container alone), which labels them for containers; never so a home folder or /usr",
    },
];
