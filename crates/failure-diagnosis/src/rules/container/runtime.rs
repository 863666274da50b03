//! The runtime itself: too old, not running, not allowed, or asked for what is not there.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "container::no_cdi",
        phases: RUNNING,
        any: &[
            said("stat {device~.com/gpu=}: no such file or directory"),
            said("while adding custom device \"{device~.com/gpu=}\": no such file or directory"),
        ],
        cause: "this container runtime takes the CDI name `{device}` for a path: it is too old for CDI",
        remedy: "install podman 4.1 or later, or docker 25 or later (where CDI has to be switched on before 28.3)",
    },
    Rule {
        code: "container::no_daemon",
        phases: RUNNING,
        any: &[
            said("permission denied while trying to connect to the Docker daemon socket"),
            said("permission denied while trying to connect to the docker API"),
        ],
        cause: "this user may not use docker",
        remedy: "add the user to the group of the socket (`sudo usermod -aG docker $USER`, then log in again; its members have root's powers), or \
                 use rootless podman",
    },
    Rule {
        code: "container::no_daemon",
        phases: RUNNING,
        any: &[said("Cannot connect to the Docker daemon at {socket}"), said("Is the docker daemon running?")],
        cause: "docker does not run[ at {socket}]",
        remedy: "start it: `sudo systemctl enable --now docker`; DOCKER_HOST and `docker context ls` say which one is asked",
    },
    Rule {
        code: "container::name_taken",
        phases: RUNNING,
        any: &[
            said("the container name \"{name}\" is already in use"),
            said("The container name \"{name}\" is already in use"),
        ],
        cause: "another container has the name `{name}`",
        remedy: "`podman ps -a` (`docker ps -a`) shows it: remove or rename it if it is yours to remove",
    },
    Rule {
        code: "engine::program_missing",
        phases: RUNNING,
        any: &[
            said("executable file '{program}' not found in $PATH"),
            said("executable file '{program}' not found: No such file"),
            said("exec: \"{program}\": executable file not found in $PATH"),
            said("exec: \"{program}\": stat {same}: no such file or directory"),
        ],
        cause: "there is no program `{program}` here: in a container, the command or entry point names a program that the image does not contain",
        remedy: "leave the image's own entry point as it is and give arguments only; where an image has none, name its program in full (SGLang: \
                 `python3 -m sglang.launch_server`)",
    },
    Rule {
        code: "container::mount_missing",
        phases: RUNNING,
        any: &[
            said("statfs {path=/}: no such file or directory"),
            said("bind source path does not exist: {path}"),
            said("stat'ing file '{path=/}': No such file or directory"),
            said("cannot stat '{path=/}': No such file or directory: OCI runtime"),
            said("failed to fulfil mount request: open {path=/}: no such file or directory"),
        ],
        cause: "`{path}`, which is to be mounted into the container, does not exist on this host",
        remedy: "`ls -ld {path}` must show it to the user of the runtime; correct the mount, or make the folder",
    },
];
