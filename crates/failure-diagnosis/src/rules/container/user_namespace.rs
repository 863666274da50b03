//! Rootless podman cannot set up its user namespace:
//! <https://github.com/containers/podman/blob/main/docs/tutorials/rootless_tutorial.md>.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "container::newuidmap",
        phases: RUNNING,
        any: &[
            said("exec: \"{program=newuidmap}\": executable file not found in $PATH"),
            said("exec: \"{program=newgidmap}\": executable file not found in $PATH"),
        ],
        cause: "rootless podman needs `{program}`, which is not installed",
        remedy: "install it: `sudo apt install uidmap` (Debian, Ubuntu), `sudo dnf install shadow-utils` (Fedora)",
    },
    Rule {
        code: "container::subuid",
        phases: RUNNING,
        any: &[
            said("newuidmap: write to uid_map failed: Invalid argument"),
            said("newgidmap: write to gid_map failed: Invalid argument"),
        ],
        cause: "the ranges of subordinate ids of this user overlap or are listed twice, so that the kernel refuses the map",
        remedy: "`grep \"^$USER:\" /etc/subuid /etc/subgid` must show one range in each file: remove duplicates (also those of a user with the \
                 same numeric id), then run `podman system migrate`, which stops this user's containers",
    },
    Rule {
        code: "container::newuidmap",
        phases: RUNNING,
        any: &[
            said("cannot set up namespace using \"{program}\": should have {kind} or have filecaps"),
            said("cannot set up namespace using \"{program}\": {why*}"),
            said("newuidmap: write to uid_map failed: {why*}"),
            said("newgidmap: write to gid_map failed: {why*}"),
            said("newuidmap: uid range {why*} not allowed"),
            said("newgidmap: gid range {why*} not allowed"),
            said("newuidmap: Could not set caps"),
        ],
        cause: "newuidmap[ (`{program}`)] may not map the subordinate ids: it lost its capabilities (a copied or restored file system, a \
                unit with NoNewPrivileges=yes, a container around podman), or the ranges belong to another user",
        remedy: "`getcap /usr/bin/newuidmap /usr/bin/newgidmap` must name cap_setuid and cap_setgid: reinstall them (`sudo apt install \
                 --reinstall uidmap`, `sudo dnf reinstall shadow-utils`). Then look at this user's ranges in /etc/subuid and /etc/subgid; \
                 entries there alone prove nothing",
    },
    Rule {
        code: "container::subuid",
        phases: RUNNING,
        any: &[
            said("insufficient UIDs or GIDs available in user namespace (requested {ids} for {file})"),
            said("insufficient UIDs or GIDs available in user namespace"),
            said("no subuid ranges found for user"),
            said("no subgid ranges found for user"),
        ],
        cause: "this user has no subordinate ids for the owners of the image's files[ ({ids} for {file})], or podman still uses the \
                namespace from before they were added",
        remedy: "`grep \"^$USER:\" /etc/subuid /etc/subgid` must show a range of 65536 ids in each: `sudo usermod --add-subuids 100000-165535 \
                 --add-subgids 100000-165535 $USER` adds them. Where they are there already, `podman system migrate` makes podman read them; \
                 it stops this user's containers",
    },
    Rule {
        code: "container::user_namespaces",
        phases: RUNNING,
        any: &[
            said("user namespaces are not enabled in /proc/sys"),
            said("cannot clone: Operation not permitted"),
            said("cannot clone: Invalid argument"),
            said("cannot clone: No space left on device"),
        ],
        cause: "the kernel does not let this user create user namespaces, which rootless containers need",
        remedy: "look at `sysctl user.max_user_namespaces kernel.unprivileged_userns_clone kernel.apparmor_restrict_unprivileged_userns`: the \
                 first must be above 0, the second 1 and the third 0 where they exist. Inside of a container its runtime decides",
    },
    Rule {
        code: "container::pause_process",
        phases: RUNNING,
        any: &[said("invalid internal status, try resetting the pause process with")],
        cause: "podman does not find the process that keeps this user's namespace: the host rebooted while XDG_RUNTIME_DIR stayed, or \
                another temporary folder is used now",
        remedy: "`podman system migrate` repairs it. It stops all containers of this user, so run it yourself when they may stop",
    },
];
