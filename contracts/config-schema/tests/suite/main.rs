//! What a configuration file may say, what is refused and how, and what is never repeated.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed setup is a failed test")]

mod accepted;
mod bounds;
mod files;
mod properties;
mod refused;
mod refused_values;
mod schema;
mod secrets;

use std::path::PathBuf;

use config_schema::{Config, ConfigError, Format};

const FORMATS: [Format; 3] = [Format::Toml, Format::Yaml, Format::Json];

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures", name].iter().collect()
}

#[track_caller]
fn parse(text: &str, format: Format) -> Config {
    Config::parse(text, format, "f").unwrap_or_else(|error| panic!("{format}: {error}\n{text}"))
}

#[track_caller]
fn refusal(text: &str, format: Format) -> ConfigError {
    match Config::parse(text, format, "f") {
        Ok(config) => panic!("{format} was accepted as {config:?}\n{text}"),
        Err(error) => error,
    }
}

/// A pool in YAML whose `provisioning` is the given text in flow style.
fn yaml_pool(provisioning: &str) -> String {
    format!("pools:\n- id: a\n  engine: vllm\n  model: m\n  provisioning: {provisioning}\n")
}

fn code(error: &ConfigError) -> String {
    miette::Diagnostic::code(error).unwrap().to_string()
}

fn help(error: &ConfigError) -> String {
    miette::Diagnostic::help(error).unwrap().to_string()
}
