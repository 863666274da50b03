//! What is wrong with the specs of a host.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::remedy::Remedy;

/// A reason why a container does not get its GPUs.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum CdiError {
    /// No spec of the GPUs' vendor is in a folder that the container runtime reads.
    #[error("no CDI spec of `{kind}` is in {}{}", list(folders), others(found))]
    #[diagnostic(code(cdi::missing), help("{remedy}"))]
    Missing {
        /// The kind of devices.
        kind: String,
        /// The folders that were searched.
        folders: Vec<PathBuf>,
        /// The kinds that are there.
        found: Vec<String>,
        /// What to do.
        remedy: Remedy,
    },
    /// A CDI spec that the container runtime drops without a message.
    #[error("the CDI spec `{}` is not used: {why}", spec.display())]
    #[diagnostic(code(cdi::unreadable), help("{remedy}"))]
    Unreadable {
        /// The file.
        spec: PathBuf,
        /// The reason.
        why: String,
        /// What to do.
        remedy: Remedy,
    },
    /// A CDI spec is in a folder that the container runtime does not read.
    #[error("the CDI spec `{}` is not used: only {} are read", spec.display(), list(folders))]
    #[diagnostic(code(cdi::wrong_folder), help("{remedy}"))]
    WrongFolder {
        /// The file.
        spec: PathBuf,
        /// The folders that are read.
        folders: Vec<PathBuf>,
        /// What to do.
        remedy: Remedy,
    },
    /// The CDI specs have no device for a GPU of the pool.
    #[error(
        "the CDI specs of `{kind}` have no device for GPU {index}{}: {}",
        by_uuid(uuid),
        available(names, conflicts)
    )]
    #[diagnostic(code(cdi::device_missing), help("{remedy}"))]
    DeviceMissing {
        /// The kind of devices.
        kind: String,
        /// The GPU's index.
        index: u32,
        /// The GPU's UUID; empty where it has none.
        uuid: String,
        /// The devices that there are.
        names: Vec<String>,
        /// The names that two specs of one folder define, so that the runtime uses neither.
        conflicts: Vec<String>,
        /// What to do.
        remedy: Remedy,
    },
    /// A CDI spec is for another driver, or names files that are gone.
    #[error("the CDI spec `{}` is out of date: {what}", spec.display())]
    #[diagnostic(code(cdi::stale), help("{remedy}"))]
    Stale {
        /// The file.
        spec: PathBuf,
        /// What does not agree with the host.
        what: String,
        /// What to do.
        remedy: Remedy,
    },
    /// A CDI spec names a device node that does not exist, or lacks one that its GPUs need.
    #[error("the CDI spec `{}` has {what}", spec.display())]
    #[diagnostic(code(cdi::node_missing), help("{remedy}"))]
    NodeMissing {
        /// The file.
        spec: PathBuf,
        /// The node.
        what: String,
        /// What to do.
        remedy: Remedy,
    },
}

/// Something that is not an error of the specs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The user may not open a device node, and a `gid` in the spec does not help without root: keep the group
    /// (`--group-add keep-groups` with crun), or load the driver with `NVreg_DeviceFileMode=0666`.
    NodeDenied {
        /// The node.
        path: PathBuf,
    },
    /// The specs hand NVIDIA's hook `enable-cuda-compat` to the container, which uses an image's compat libraries only where they are
    /// newer than the driver.
    CompatHook,
}

fn list(folders: &[PathBuf]) -> String {
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn others(found: &[String]) -> String {
    if found.is_empty() { String::new() } else { format!(" (there: {})", found.join(", ")) }
}

fn by_uuid(uuid: &str) -> String {
    if uuid.is_empty() { String::new() } else { format!(" ({uuid})") }
}

fn available(names: &[String], conflicts: &[String]) -> String {
    let names = if names.is_empty() { "there is none".to_owned() } else { format!("there are {}", names.join(", ")) };
    if conflicts.is_empty() {
        return names;
    }
    format!("{names}; {} defined by two specs of one folder, which cancel each other", conflicts.join(", "))
}
