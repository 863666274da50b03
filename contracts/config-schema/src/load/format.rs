//! The three formats a configuration can be written in, told apart by the file's name.

use std::{fmt, path::Path};

use crate::ConfigError;

/// The format of a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TOML 1.1.
    Toml,
    /// YAML 1.2 with its core schema; no tags but `!!str`, no merge keys.
    Yaml,
    /// JSON.
    Json,
}

impl Format {
    /// The format the file's extension names: `toml`, `yaml`, `yml` or `json`, in any case.
    ///
    /// # Errors
    /// `config::format` for any other name.
    pub fn of(path: &Path) -> Result<Self, ConfigError> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("toml") => Ok(Self::Toml),
            Some("yaml" | "yml") => Ok(Self::Yaml),
            Some("json") => Ok(Self::Json),
            _ => Err(ConfigError::Format { file: path.display().to_string() }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Toml => "TOML",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
        })
    }
}
