//! Why a container was not run, looked at or stopped.

use std::path::PathBuf;

use durable::DurableError;
use exec::ExecError;
use miette::Diagnostic;
use thiserror::Error;

use crate::Kind;

/// Everything that can go wrong with a container. What podman or docker printed is quoted, with secrets masked.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum ContainerError {
    /// The program that runs containers is not installed.
    #[error("`{program}` is not installed")]
    #[diagnostic(code(container::not_installed), help("install the package `{program}`, or put its folder on `PATH`"))]
    NotInstalled {
        /// The program.
        program: Kind,
    },
    /// The program printed no version that is understood.
    #[error("`{program} --version` printed no version: {printed}")]
    #[diagnostic(code(container::version_unknown), help("check that `{program}` on `PATH` is {program} itself"))]
    VersionUnknown {
        /// The program.
        program: Kind,
        /// What it printed.
        printed: String,
    },
    /// The daemon that runs the containers cannot be reached.
    #[error("the docker daemon cannot be reached: {why}")]
    #[diagnostic(
        code(container::no_daemon),
        help("start it with `systemctl start docker`; its socket belongs to root and the group `docker`")
    )]
    NoDaemon {
        /// What docker printed.
        why: String,
    },
    /// A value cannot be part of a container's configuration.
    #[error("`{value}` is not a usable {what}: {why}")]
    #[diagnostic(code(container::bad_value), help("change the value in the pool file"))]
    BadValue {
        /// What it was given as.
        what: &'static str,
        /// The value, escaped.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The image's name has no registry, so that it depends on the host which image is meant.
    #[error("the image `{image}` has no registry in its name")]
    #[diagnostic(code(container::image_unqualified), help("write the registry too, as in `docker.io/{image}`"))]
    ImageUnqualified {
        /// The image.
        image: String,
    },
    /// The image is not in the local store, and nothing is pulled at a start.
    #[error("the image `{image}` is not in the local store of {program}")]
    #[diagnostic(code(container::image_missing), help("pull it first: `{program} pull {image}`"))]
    ImageMissing {
        /// The program.
        program: Kind,
        /// The image.
        image: String,
    },
    /// A container uses the image.
    #[error("a container uses the image `{image}`")]
    #[diagnostic(code(container::image_in_use), help("stop and remove that container first"))]
    ImageInUse {
        /// The image.
        image: String,
    },
    /// The image could not be pulled.
    #[error("`{image}` was not pulled: {why}")]
    #[diagnostic(code(container::pull_failed), help("to see it fail yourself, run: {command}"))]
    PullFailed {
        /// The image.
        image: String,
        /// What the runtime printed.
        why: String,
        /// The command line.
        command: String,
    },
    /// The file system of the images has too little room for another one.
    #[error("the image needs {needed_bytes} bytes while it is pulled, and {} has {free_bytes} bytes free", path.display())]
    #[diagnostic(
        code(container::no_room),
        help(
            "remove images that are not used with `{program} image prune`, or move the store to a larger file system"
        )
    )]
    NoRoom {
        /// The program.
        program: Kind,
        /// The folder that needs the room.
        path: PathBuf,
        /// The bytes needed.
        needed_bytes: u64,
        /// The bytes free.
        free_bytes: u64,
    },
    /// There is no such container.
    #[error("there is no container `{container}`")]
    #[diagnostic(code(container::absent), help("it was removed by another program; start the pool again"))]
    Absent {
        /// Its name or id.
        container: String,
    },
    /// A container of that name is there, and does not belong to this pool. It is never touched.
    #[error("the container `{name}` ({}) does not belong to this pool: {why}", id.get(..12).unwrap_or(id))]
    #[diagnostic(
        code(container::foreign),
        help(
            "rename or remove it yourself if it is not needed; `podman inspect {name}` or `docker inspect {name}` shows whose it is"
        )
    )]
    Foreign {
        /// The name.
        name: String,
        /// Its id.
        id: String,
        /// What shows that it is not the pool's.
        why: String,
    },
    /// Devices that were asked for by CDI name are in no specification that the runtime reads.
    #[error("{program} does not find the devices {devices}")]
    #[diagnostic(
        code(container::devices_unresolved),
        help(
            "write their specification again, as root: `nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`; `nvidia-ctk cdi list` prints the names"
        )
    )]
    DevicesUnresolved {
        /// The program.
        program: Kind,
        /// The names.
        devices: String,
    },
    /// Another process listens on the port that the container publishes.
    #[error("`{container}` cannot publish {}: another process listens there", if address.is_empty() { "its port" } else { address })]
    #[diagnostic(code(container::port_taken), help("choose another port; `ss -ltnp` shows who listens"))]
    PortTaken {
        /// The container.
        container: String,
        /// The address and port, where the runtime printed them.
        address: String,
    },
    /// A limit that was asked for is ignored on this host.
    #[error("{program} ignores the limit of {limit} on this host")]
    #[diagnostic(
        code(container::limit_ignored),
        help(
            "leave the limit out, or run as root; for a rootless podman the host needs control groups of version 2 with the controller delegated to your user"
        )
    )]
    LimitIgnored {
        /// The program.
        program: Kind,
        /// Which limit.
        limit: &'static str,
    },
    /// A secret would become visible, because the engine is to read it from a variable.
    #[error("the secret `{name}` would be a variable of the container, which `inspect` prints")]
    #[diagnostic(code(container::secret_needs_file), help("give it to the engine as a file"))]
    SecretNeedsFile {
        /// Its name.
        name: String,
    },
    /// The folder for secrets is on a disk.
    #[error("{} is not in memory, so that a secret would be written to a disk", path.display())]
    #[diagnostic(code(container::secret_on_disk), help("choose a folder on a tmpfs; `findmnt -t tmpfs` lists them"))]
    SecretOnDisk {
        /// The folder.
        path: PathBuf,
    },
    /// Which user of the host the container's user is cannot be known without running the image.
    #[error("the number of the image's user `{user}` is not known, so that no secret file can be made readable to it")]
    #[diagnostic(code(container::user_unknown), help("set the user to a number, as in `user = \"1000:1000\"`"))]
    UserUnknown {
        /// The user.
        user: String,
    },
    /// The container was still running after KILL.
    #[error("`{container}` still runs after KILL")]
    #[diagnostic(
        code(container::not_stopped),
        help("a process in uninterruptible sleep, often in a driver, survives KILL; `dmesg` has more")
    )]
    NotStopped {
        /// Its name.
        container: String,
    },
    /// The runtime refused to do something, for a reason that is not known to this program.
    #[error("`{subject}`: {why}")]
    #[diagnostic(code(container::failed), help("to see it fail yourself, run: {command}"))]
    Failed {
        /// What it was about.
        subject: String,
        /// What the runtime printed.
        why: String,
        /// The command line.
        command: String,
    },
    /// The answer of the runtime, or a record, cannot be understood.
    #[error("{what} cannot be read: {why}")]
    #[diagnostic(
        code(container::unreadable),
        help("check the version of podman or docker; 4.1 and 25.0 are the oldest that are supported")
    )]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The system refused a call.
    #[error("{call} failed for {}", path.display())]
    #[diagnostic(code(container::system), help("check the permissions and the free space of the path"))]
    System {
        /// The call.
        call: &'static str,
        /// The path.
        path: PathBuf,
        /// What the system reported.
        #[source]
        source: std::io::Error,
    },
    /// The program could not be run, or had to be ended.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Exec(#[from] ExecError),
    /// A file of ours could not be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] DurableError),
}
