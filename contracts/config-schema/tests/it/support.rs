//! What the tests of this crate share.

use std::path::PathBuf;

use config_schema::{Config, ConfigError, Format};

pub(crate) const FORMATS: [Format; 3] = [Format::Toml, Format::Yaml, Format::Json];

pub(crate) fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures", name].iter().collect()
}

#[track_caller]
pub(crate) fn parse(text: &str, format: Format) -> Config {
    Config::parse(text, format, "f").unwrap_or_else(|error| panic!("{format}: {error}\n{text}"))
}

/// The configuration as a file of this format.
pub(crate) fn write(config: &Config, format: Format) -> String {
    match format {
        Format::Toml => toml::to_string(config).unwrap(),
        Format::Yaml => serde_saphyr::to_string(config).unwrap(),
        Format::Json => serde_json::to_string_pretty(config).unwrap(),
    }
}

#[track_caller]
pub(crate) fn refusal(text: &str, format: Format) -> ConfigError {
    match Config::parse(text, format, "f") {
        Ok(config) => panic!("{format} was accepted as {config:?}\n{text}"),
        Err(error) => error,
    }
}

/// A pool in YAML whose `provisioning` is the given text in flow style.
pub(crate) fn yaml_pool(provisioning: &str) -> String {
    format!("pools:\n- id: a\n  engine: vllm\n  model: m\n  provisioning: {provisioning}\n")
}

pub(crate) fn code(error: &ConfigError) -> String {
    miette::Diagnostic::code(error).unwrap().to_string()
}

pub(crate) fn help(error: &ConfigError) -> String {
    miette::Diagnostic::help(error).unwrap().to_string()
}
