//! What the tests of this crate share.

use std::sync::LazyLock;

use flags::{Accel, Catalogue, Engine, FlagError, Normalized, Policy, Trust, normalize};
use miette::Diagnostic;

/// The help of v0.5.0, as if it came from the binary that will run.
pub(crate) fn live() -> &'static Catalogue {
    static LIVE: LazyLock<Catalogue> = LazyLock::new(|| {
        let help = include_str!("../help/llama-server-v0.5.0.txt");
        Catalogue::from_help(Engine::LlamaServer, help, "this engine", Trust::Live)
    });
    &LIVE
}

/// What `llama-server --help` of that release printed.
pub(crate) fn release(name: &str) -> String {
    let path = format!("{}/tests/help/llama-server-{name}.txt", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

pub(crate) fn policy(accelerator: Accel) -> Policy<'static> {
    Policy {
        accelerator,
        model: "/m/a b.gguf",
        host: "127.0.0.1",
        port: 8081,
        ctx: None,
        devices: 0,
        tensor_split: None,
        heads: None,
    }
}

pub(crate) fn normalized(pool: &[&str], policy: &Policy<'_>, catalogue: &Catalogue) -> Result<Normalized, FlagError> {
    let pool: Vec<String> = pool.iter().map(|w| (*w).to_owned()).collect();
    normalize(&pool, policy, catalogue)
}

/// Words separated by blanks, against the live catalogue.
pub(crate) fn on(accelerator: Accel, pool: &str) -> Result<Normalized, FlagError> {
    let pool: Vec<&str> = pool.split_whitespace().collect();
    normalized(&pool, &policy(accelerator), live())
}

/// `--model a b|--metrics`: flags separated by `|`, each cut at its first blank.
pub(crate) fn words(line: &str) -> Vec<String> {
    line.split('|').flat_map(|flag| flag.splitn(2, ' ')).map(str::to_owned).collect()
}

pub(crate) fn code(error: &FlagError) -> String {
    error.code().map(|c| c.to_string()).unwrap_or_default()
}

pub(crate) fn help(error: &FlagError) -> String {
    error.help().map(|h| h.to_string()).unwrap_or_default()
}
