//! The environment variables by which the processes of an engine are recognised, and the pool's values of them.
//!
//! The token ([`INSTANCE_VAR`]) names one start of an engine and is what its record holds. [`POOL_VAR`] and [`RUN_VAR`]
//! name the pool, so that its engine is found when the record or the whole run folder is gone. Engines started before
//! these two existed carry the token alone; without a record they are recognised only by their working directory.

use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::process::environ::Environ;

/// The variable of the engine's environment that holds its record's `instance`.
pub const INSTANCE_VAR: &str = "ENGINE_PROVISIONER_INSTANCE";

/// The variable of the engine's environment that holds the pool's name.
pub const POOL_VAR: &str = "ENGINE_PROVISIONER_POOL";

/// The variable of the engine's environment that holds the run root, as an absolute path without symbolic links.
pub const RUN_VAR: &str = "ENGINE_PROVISIONER_RUN";

/// The variable of a tender's environment that holds the `instance` of its engine's record.
pub(crate) const TENDER_VAR: &str = "ENGINE_PROVISIONER_TENDS";

/// Which pool an engine belongs to: the run root and the name together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pool: String,
    run: PathBuf,
}

impl Identity {
    /// The identity of `pool` below `run_root`, which need not exist any more.
    pub(crate) fn new(run_root: &Path, pool: &str) -> Self {
        Self { pool: pool.to_owned(), run: resolved(run_root) }
    }

    /// The variables that an engine of this pool carries beside its token.
    pub(crate) fn variables(&self) -> [(&'static str, OsString); 2] {
        [(POOL_VAR, self.pool.clone().into()), (RUN_VAR, self.run.clone().into())]
    }

    /// Whether process `pid` with this environment belongs to the pool.
    ///
    /// The same path in another mount namespace may be another folder: there it must lead to the same one as here.
    pub(crate) fn owns(&self, pid: i32, environ: &Environ) -> bool {
        environ.value(POOL_VAR) == Some(self.pool.as_bytes())
            && environ.value(RUN_VAR) == Some(self.run.as_os_str().as_bytes())
            && (same_file(Path::new("/proc/self/ns/mnt"), Path::new(&format!("/proc/{pid}/ns/mnt")))
                || same_file(&self.run, &under(&format!("/proc/{pid}/root"), &self.run)))
    }
}

/// Whether both paths lead to the same file.
pub(crate) fn same_file(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| std::fs::metadata(path).ok().map(|meta: Metadata| (meta.dev(), meta.ino()));
    id(one).is_some_and(|known| id(other) == Some(known))
}

fn under(root: &str, path: &Path) -> PathBuf {
    Path::new(root).join(path.strip_prefix("/").unwrap_or(path))
}

/// `path` as an absolute path without symbolic links, as far as it exists.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.ancestors()
        .find_map(|known| {
            let rest = path.strip_prefix(known).ok()?;
            let known = std::fs::canonicalize(known).ok()?;
            // Joining an empty rest would add a slash.
            Some(if rest.as_os_str().is_empty() { known } else { known.join(rest) })
        })
        .unwrap_or(path)
}

/// The entry of an engine's environment that holds its token.
pub(crate) fn token_of(instance: &str) -> Vec<u8> {
    format!("{INSTANCE_VAR}={instance}").into_bytes()
}

/// The entry of a tender's environment that names its engine.
pub(crate) fn tender_mark_of(instance: &str) -> Vec<u8> {
    format!("{TENDER_VAR}={instance}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_root_has_one_name_before_and_after_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let run = link.join("run");
        std::fs::create_dir(&run).unwrap();
        let before = Identity::new(&run, "p");
        std::fs::remove_dir(&run).unwrap();
        assert_eq!(Identity::new(&run, "p"), before);
        assert_eq!(before.run, std::fs::canonicalize(&real).unwrap().join("run"));
        assert_eq!(resolved(Path::new("/")), Path::new("/"));
    }

    #[test]
    fn an_engine_belongs_to_one_pool_of_one_run_root() {
        let me = i32::try_from(std::process::id()).unwrap();
        let environ = |text: &str| Environ::from_bytes(text.replace(' ', "\0").into_bytes());
        let identity = Identity::new(Path::new("/run/x"), "p");
        assert!(identity.owns(me, &environ("A=1 ENGINE_PROVISIONER_POOL=p ENGINE_PROVISIONER_RUN=/run/x ")));
        for other in [
            "ENGINE_PROVISIONER_POOL=p ",
            "ENGINE_PROVISIONER_RUN=/run/x ",
            "ENGINE_PROVISIONER_POOL=q ENGINE_PROVISIONER_RUN=/run/x ",
            "ENGINE_PROVISIONER_POOL=p ENGINE_PROVISIONER_RUN=/run/x2 ",
            "ENGINE_PROVISIONER_POOL=p ENGINE_PROVISIONER_RUN_DIR=/run/x ",
        ] {
            assert!(!identity.owns(me, &environ(other)), "{other}");
        }
    }
}
