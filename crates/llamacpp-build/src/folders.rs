//! Which folders a build uses in its staging folder, beside what becomes the entry.

use std::path::PathBuf;

use engine_store::Staging;

/// The folders of a build.
pub(crate) trait Folders {
    /// The source tree.
    fn source(&self) -> PathBuf;
    /// Where CMake and the compilers write.
    fn build(&self) -> PathBuf;
}

impl Folders for Staging {
    fn source(&self) -> PathBuf {
        self.dir().join("src")
    }

    fn build(&self) -> PathBuf {
        self.dir().join("build")
    }
}
