//! What a container sees of the host's files, and what it may write.

use std::num::NonZeroU64;

use crate::values::bad;
use crate::{ContainerError, HostPath, InnerPath};

/// A file or folder of the host inside the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it is on the host.
    pub source: HostPath,
    /// Where it is in the container.
    pub target: InnerPath,
    /// Whether the container may write to it.
    pub writable: bool,
}

impl Mount {
    /// A mount that the container can only read.
    pub fn read_only(source: HostPath, target: InnerPath) -> Self {
        Self { source, target, writable: false }
    }

    /// A mount that the container can write to.
    pub fn writable(source: HostPath, target: InnerPath) -> Self {
        Self { source, target, writable: true }
    }
}

/// A writable folder in memory, empty at each start. Programs in it can be run: engines compile kernels into their caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scratch {
    path: InnerPath,
    max_bytes: NonZeroU64,
}

impl Scratch {
    /// A folder at this path of the container, of this size at most.
    ///
    /// # Errors
    ///
    /// [`ContainerError::BadValue`] for a path with `:` or `,`, which the option has no quoting for.
    pub fn new(path: InnerPath, max_bytes: NonZeroU64) -> Result<Self, ContainerError> {
        if path.as_str().contains([':', ',']) {
            return Err(bad("scratch folder", path.as_str(), "its path has `:` or `,`"));
        }
        Ok(Self { path, max_bytes })
    }

    /// Where it is in the container.
    pub fn path(&self) -> &InnerPath {
        &self.path
    }

    /// The value of `--tmpfs`.
    pub(crate) fn option(&self) -> String {
        format!("{}:rw,exec,nosuid,nodev,mode=1777,size={}", self.path, self.max_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_cannot_add_options() {
        let scratch = |path: &str| Scratch::new(InnerPath::new(path).unwrap(), NonZeroU64::MIN);
        assert_eq!(scratch("/c d").unwrap().option(), "/c d:rw,exec,nosuid,nodev,mode=1777,size=1");
        assert!(scratch("/c:dev").is_err());
        assert!(scratch("/c,dev").is_err());
    }
}
