//! Keeps configuration files from changing an engine's flags behind our back.
//!
//! Since v0.5.0 llama-server reads `/etc/llama.cpp/config.ini` and then `$XDG_CONFIG_HOME/llama.cpp/config.ini` (or
//! `~/.config/…`) before its environment and its command line. The second is pointed to an empty folder of ours; the
//! first cannot be turned off and is told to the operator.
//! <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp>

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The file that every llama.cpp program of a host reads.
const SYSTEM_FILE: &str = "/etc/llama.cpp/config.ini";

/// The engine's `XDG_CONFIG_HOME`.
pub(crate) fn home(run_dir: &Path, pool: &str) -> PathBuf {
    run_dir.join(pool).join("config")
}

/// Makes the folder, and makes sure that nothing is in it.
pub(crate) fn make(home: &Path) -> Result<()> {
    durable::private_dir(home)?;
    let mut found = std::fs::read_dir(home).into_iter().flatten().flatten();
    found.next().map_or(Ok(()), |entry| Err(Error::EngineConfig { path: entry.path() }))
}

/// The system's file, where there is one.
pub(crate) fn system_file() -> Option<PathBuf> {
    Some(PathBuf::from(SYSTEM_FILE)).filter(|path| path.exists())
}

/// What the operator is told about it.
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
