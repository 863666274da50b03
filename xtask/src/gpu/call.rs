//! One call of the product as a proof sees it: exit status, document, error code, time.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Exit};
use serde_json::{Value, json};

use super::host::GpuHost;
use crate::bench::median;
use crate::cli;
use crate::failure::{Failure, Result};
use crate::proc;

/// No call of a proof takes longer, even where the engine has to load a model.
const PATIENCE: Duration = Duration::from_mins(2);

/// How a call ended.
pub(super) struct Call {
    pub(super) exit: Exit,
    /// What it printed on standard output; `null` where that is no JSON.
    pub(super) json: Value,
    pub(super) took: Duration,
    /// The end of its standard error.
    pub(super) stderr: String,
}

/// Calls the product with `--json` words and a pool file.
pub(super) fn call(host: &GpuHost, words: &[&str], pool: &Path) -> Result<Call> {
    finish(host.cli.command(words, pool))
}

/// Runs a prepared command of the product.
pub(super) fn finish(mut spec: CommandSpec) -> Result<Call> {
    spec.deadline = spec.deadline.min(PATIENCE);
    let output = exec::run(&spec)?;
    let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    Ok(Call { exit: output.exit, json, took: output.elapsed, stderr: output.stderr_tail(20) })
}

impl Call {
    pub(super) fn succeeded(&self) -> bool {
        self.exit == Exit::Code(0)
    }

    /// The first error code in the document.
    pub(super) fn code(&self) -> Option<String> {
        cli::first_text(&self.json, "code")
    }

    /// Whether any text of the document contains this.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.json.to_string().contains(text) || self.stderr.contains(text)
    }

    /// The document of a call that has to succeed.
    pub(super) fn required(self, what: &str) -> Result<Value> {
        if self.succeeded() {
            return Ok(self.json);
        }
        Err(Failure::new(format!("{what} failed with {}: {}\n{}", self.exit, self.json, self.stderr)))
    }

    /// For the report.
    pub(super) fn summary(&self) -> Value {
        let message = cli::first_text(&self.json, "message");
        json!({
            "exit": self.exit.to_string(), "code": self.code(), "message": message, "milliseconds": milliseconds(self.took),
        })
    }
}

/// The median time of this many calls that succeed, in milliseconds.
pub(super) fn median_of(rounds: usize, spec: &CommandSpec) -> Result<f64> {
    let times = (0..rounds).map(|_| Ok(proc::capture(spec)?.elapsed)).collect::<Result<Vec<_>>>()?;
    Ok(milliseconds(median(times)))
}

/// With two decimals.
pub(super) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}
