//! The storage of images and containers, and what is mounted from the host:
//! <https://github.com/containers/storage/blob/main/docs/containers-storage.conf.5.md>.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "container::no_space",
        phases: RUNNING,
        any: &[said("storing blob to file \"{file}\": write {other}: no space left on device")],
        cause: "the disk of the runtime's temporary folder is full: a layer is downloaded to `{file}` first",
        remedy: "`df -h /var/tmp` shows it: free space there, or choose another folder with TMPDIR or `image_copy_tmp_dir` in containers.conf",
    },
    Rule {
        code: "container::no_space",
        phases: RUNNING,
        any: &[
            said("processing tar file(write {file}: no space left on device)"),
            said("rocessing tar file(exit status 1): write {file}: no space left on device"),
            said("failed to register layer: write {file}: no space left on device"),
            said("failed to extract layer {layer}: write {file}: no space left on device"),
            said("processing tar file({why*}: no space left on device)"),
        ],
        cause: "the disk with the container storage (podman's graph root) is full: a layer of the image does not fit[; `{file}` is where that \
                file would be in the storage or the image]",
        remedy: "`podman info` shows the folder as graphRoot, `docker info` as Docker Root Dir: look at `df -h` of that folder, free space there \
                 (`podman system df`) or move it. The image needs its unpacked size, often twice the download",
    },
    Rule {
        code: "container::storage_driver",
        phases: RUNNING,
        any: &[
            said("database graph driver \"\" does not match our graph driver \"{configured}\""),
            said("database graph driver \"{database}\" does not match our graph driver \"{configured}\""),
            said(
                "database storage graph driver {database} does not match our storage graph driver {configured}: database configuration",
            ),
        ],
        cause: "podman's configuration chooses the storage driver `{configured}`, and its database was made with another[: `{database}`]",
        remedy: "set `driver` in storage.conf (~/.config/containers/storage.conf, as root /etc/containers/storage.conf) to the database's one[: \
                 `{database}`]; where the database names none, to the one whose folder is in the graph root (`ls`: overlay or vfs). Where \
                 overlay was lost, install fuse-overlayfs again. Images and containers stay",
    },
    Rule {
        code: "container::storage_moved",
        phases: RUNNING,
        any: &[said(
            "database {what*} \"{database}\" does not match our {same*} \"{configured}\": database configuration mismatch",
        )],
        cause: "podman's database was made with another {what}: `{database}`, and the configuration says `{configured}`",
        remedy: "set it back in storage.conf or containers.conf (HOME, XDG_DATA_HOME and XDG_RUNTIME_DIR decide it where the files do not)",
    },
    Rule {
        code: "container::overlay",
        phases: RUNNING,
        any: &[
            said("'overlay' is not supported over {fs=overlayfs}"),
            said("'overlay' is not supported over {fs=nfs}"),
            said("'overlay' is not supported over {fs}, a mount_program is required"),
        ],
        cause: "the container storage is on {fs}, over which the kernel cannot mount overlay",
        remedy: "install fuse-overlayfs and name it as `mount_program` in storage.conf, or put the graph root on a local file system (ext4, xfs); \
                 inside of a container, mount a volume there",
    },
    Rule {
        code: "container::overlay",
        phases: RUNNING,
        any: &[
            said("kernel does not support overlay fs: 'overlay' is not supported over {fs} at \"{folder}\""),
            said("kernel does not support overlay fs"),
        ],
        cause: "the kernel did not mount overlay for the container storage[ at `{folder}`]: its module cannot be loaded (a kernel update \
                without a reboot), or the file system cannot carry it; podman does not report which, and the file system that it names is \
                seldom the reason",
        remedy: "reboot after a kernel update; `sudo modprobe overlay` must succeed. Where it does, install fuse-overlayfs and name it as \
                 `mount_program` in storage.conf",
    },
];
