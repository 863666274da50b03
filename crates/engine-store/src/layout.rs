//! Where things lie under the cache folder.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::StoreError;

/// The cache folder's layout; the version in its path changes when the layout does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout under `<cache>/v1`. A `;` in the path would be two paths to CMake, so it is refused.
    pub fn new(cache: &Path) -> Result<Self, StoreError> {
        let text = cache.to_string_lossy();
        if !cache.is_absolute() || text.contains([';', '\n', '\u{fffd}']) {
            return Err(StoreError::BadCacheDir { path: cache.into() });
        }
        Ok(Self { root: cache.join("v1") })
    }

    /// Makes the folders that a build needs.
    pub fn create(&self) -> Result<(), StoreError> {
        for dir in [
            self.root.clone(),
            self.dir("git"),
            self.dir("staging"),
            self.dir("store"),
            self.dir("verified"),
            self.dir("seals"),
            self.dir("bad"),
            self.dir("ccache"),
            self.dir("locks"),
        ] {
            durable::private_dir(&dir)?;
        }
        Ok(())
    }

    /// Whether this user may write here; a cache that is only read still serves what it holds.
    pub fn is_writable(&self) -> bool {
        durable::is_writable(&self.dir("locks"))
    }

    /// The layout's own folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder of the layout.
    pub fn dir(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The bare mirror of a repository.
    pub fn mirror(&self, repo: &str) -> PathBuf {
        self.dir("git").join(format!("{}.git", repo_hash(repo)))
    }

    /// What the references of a repository pointed at when it was last asked.
    pub fn references(&self, repo: &str) -> PathBuf {
        self.dir("git").join(format!("{}.refs.json", repo_hash(repo)))
    }

    /// Which formats of models the commits of a repository know, as far as that was looked up.
    pub fn model_formats(&self, repo: &str) -> PathBuf {
        self.dir("git").join(format!("{}.formats.json", repo_hash(repo)))
    }

    /// A lock file by its name.
    pub fn lock(&self, name: &str) -> PathBuf {
        self.dir("locks").join(name)
    }

    /// The lock that a process holds while it works in the mirror of a repository.
    pub fn mirror_lock(&self, repo: &str) -> PathBuf {
        self.lock(&format!("git-{}", repo_hash(repo)))
    }
}

fn repo_hash(repo: &str) -> String {
    durable::hex(&Sha256::digest(repo)).chars().take(32).collect()
}
