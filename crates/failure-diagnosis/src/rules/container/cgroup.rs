//! Limits of a container need cgroup controllers that are there and delegated:
//! <https://systemd.io/CGROUP_DELEGATION/>.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "container::cgroup_controller_missing",
        phases: RUNNING,
        any: &[
            said("cannot find {controller} controller for the current process"),
            said("opening file '{controller=memory.}' for writing: No such file or directory"),
            said("open '{controller=memory.}' for writing: No such file or directory"),
        ],
        cause: "the kernel runs without the cgroup controller that the limit needs ({controller})",
        remedy: "boot with `cgroup_enable=memory swapaccount=1` (Raspberry Pi and Jetson leave it out), on cgroup v2: \
                 `cat /sys/fs/cgroup/cgroup.controllers` must list it; or run without a memory limit",
    },
    Rule {
        code: "container::cgroup_delegation",
        phases: RUNNING,
        any: &[
            said("the requested cgroup controller '{controller}' is not available"),
            said("opening file '{controller=memory.}' for writing: Permission denied"),
            said("opening file '{controller=pids.}' for writing: Permission denied"),
            said("opening file '{controller=cpu.}' for writing: Permission denied"),
            said("opening file '{controller=cpuset.}' for writing: Permission denied"),
            said("open '{controller=memory.}' for writing: Permission denied"),
            said("open '{controller=pids.}' for writing: Permission denied"),
        ],
        cause: "a limit of the container needs the cgroup controller of `{controller}`, which is not delegated to this user or container",
        remedy: "delegate it: `sudo systemctl edit user@.service` with Delegate=cpu cpuset io memory pids below Service, then log in again; or run \
                 without that limit (of pids: `--pids-limit=0`). Where podman runs inside of a container: `--cgroups=disabled`",
    },
];
