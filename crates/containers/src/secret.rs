//! Secrets for a container: files in memory that only its user can read.
//!
//! The rule: a secret is never on a disk and never in what `inspect` prints. podman's and docker's own secrets are no
//! way to that: podman 4.3.1 copies a secret into the container's folder below its graph root
//! (`overlay-containers/ID/userdata/secrets`), and one of type `env` into its `config.json`; docker has none outside of
//! a swarm.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Gid, Uid};

use crate::{ContainerError, HostPath, InnerPath, Mount, Program, User, values};

/// The magic numbers of file systems in memory: <https://man7.org/linux/man-pages/man2/statfs.2.html>. tmpfs may be
/// swapped out; ramfs is not.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// A private folder in memory that holds the secret files of one container.
#[derive(Debug)]
pub struct SecretDir {
    path: PathBuf,
}

impl SecretDir {
    /// Makes the folder, or takes over the one that is there, and removes every file in it.
    ///
    /// # Errors
    ///
    /// [`ContainerError::SecretOnDisk`] where the file system is not in memory, or why the folder is not private.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, ContainerError> {
        let path = path.into();
        durable::private_dir(&path)?;
        let stat = rustix::fs::statfs(&path).map_err(|errno| system("statfs", &path, errno.into()))?;
        if !IN_MEMORY.contains(&stat.f_type.cast_unsigned()) {
            return Err(ContainerError::SecretOnDisk { path });
        }
        let dir = Self { path };
        dir.clear()?;
        Ok(dir)
    }

    /// Writes a secret, and returns the mount that shows it at `target`.
    ///
    /// `user` is the container's: its image's own, or the one that the caller asks for. The file belongs to that user
    /// and has mode 0400, so that no other user of the host or the container can read it.
    ///
    /// # Errors
    ///
    /// [`ContainerError::UserUnknown`] for a user that only the image knows by name, or why the file was not written.
    pub fn write(
        &self,
        program: &Program,
        name: &str,
        value: &[u8],
        user: Option<&User>,
        target: InnerPath,
    ) -> Result<Mount, ContainerError> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0', '\n']) {
            return Err(values::bad("secret's name", name, "it is the name of a file"));
        }
        let path = self.path.join(name);
        let uid = match user {
            None => 0,
            Some(user) => user.uid().ok_or_else(|| ContainerError::UserUnknown { user: user.to_string() })?,
        };
        let source = HostPath::of(&path)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o400)
            .open(&path)
            .map_err(|error| system("open", &path, error))?;
        file.write_all(value).map_err(|error| system("write", &path, error))?;
        if uid != 0 {
            give(program, &file, &path, uid)?;
        }
        Ok(Mount::read_only(source, target))
    }

    /// Removes every secret file.
    ///
    /// # Errors
    ///
    /// Why one could not be removed.
    pub fn clear(&self) -> Result<(), ContainerError> {
        let entries = std::fs::read_dir(&self.path).map_err(|error| system("readdir", &self.path, error))?;
        for entry in entries {
            let path = entry.map_err(|error| system("readdir", &self.path, error))?.path();
            std::fs::remove_file(&path).map_err(|error| system("unlink", &path, error))?;
        }
        Ok(())
    }
}

/// Makes the file belong to a user of the container: for root's containers by its number, which is the same on the host;
/// in a user namespace by podman, which knows the mapping.
fn give(program: &Program, file: &File, path: &Path, uid: u32) -> Result<(), ContainerError> {
    if rustix::process::geteuid().is_root() {
        let owner = Uid::from_raw(uid);
        return rustix::fs::fchown(file, Some(owner), None::<Gid>).map_err(|errno| system("chown", path, errno.into()));
    }
    let text = path.to_string_lossy();
    let owner = uid.to_string();
    let command = program.command(["unshare", "chown", &owner, &text], Duration::from_secs(30));
    program.perform(&text, &command).map(drop)
}

fn system(call: &'static str, path: &Path, source: std::io::Error) -> ContainerError {
    ContainerError::System { call, path: path.to_owned(), source }
}
