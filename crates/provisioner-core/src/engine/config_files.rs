//! Keeps configuration files from changing an engine's flags behind our back.
//!
//! An engine that looks for its user's configuration is pointed at an empty folder of ours; a file that every engine of
//! the host reads cannot be turned off and is reported.

use std::path::{Path, PathBuf};

use crate::engine::EngineProfile;
use crate::{Error, Result};

/// The folder in which the engine looks for its user's configuration.
pub(crate) fn home(run_dir: &Path, pool: &str) -> PathBuf {
    run_dir.join(pool).join("config")
}

/// Makes the folder, and makes sure that nothing is in it.
pub(crate) fn make(home: &Path) -> Result<()> {
    durable::private_dir(home)?;
    let mut found = std::fs::read_dir(home).into_iter().flatten().flatten();
    found.next().map_or(Ok(()), |entry| Err(Error::EngineConfig { path: entry.path() }))
}

/// The host's own file, where there is one.
pub(crate) fn system_file(profile: &EngineProfile) -> Option<PathBuf> {
    profile.system_config.map(PathBuf::from).filter(|path| path.exists())
}

/// The warning about it.
pub(crate) fn warning(file: &Path) -> String {
    format!(
        "the engine reads `{}` before its command line: what the pool does not set may be set there",
        file.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_empty_or_refused() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(dir.path(), "p");
        make(&home).unwrap();
        make(&home).unwrap();
        std::fs::create_dir(home.join("llama.cpp")).unwrap();
        assert!(matches!(make(&home), Err(Error::EngineConfig { path }) if path == home.join("llama.cpp")));
    }
}
