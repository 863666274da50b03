//! What became of several pools: each failure in full on standard error, then one table, or one document.

use provisioner_core::PoolResult;
use serde_json::{Value, json};

use crate::args::Args;
use crate::exit::{self, Exit};
use crate::failure::{Failure, Result};
use crate::report::table::{Table, width};
use crate::report::{self, Shape};

/// One pool that was worked on with success: the word for it, what to read next, and the document of it.
pub(crate) struct Outcome {
    /// One word, as events have it, such as `started`.
    pub(crate) word: &'static str,
    /// Where it answers, or what else is worth knowing.
    pub(crate) detail: String,
    /// The name and value of the document's field with all of it.
    pub(crate) document: (&'static str, Value),
}

/// Shows the results and returns the worst exit status among them.
pub(crate) fn shown<T>(args: &Args, results: Vec<PoolResult<T>>, of: impl Fn(&T) -> Outcome) -> Result<Exit> {
    let mut table = Table::new(&[("pool", 9), ("result", 8), ("detail", 7), ("seconds", 1)]);
    let mut documents = Vec::new();
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    let mut worst = Exit::Done;
    for PoolResult { pool_id, seconds, result } in results {
        let (word, detail) = match result {
            Ok(value) => {
                let Outcome { word, detail, document: (name, document) } = of(&value);
                documents
                    .push(json!({"pool_id": pool_id, "outcome": word, "seconds": rounded(seconds), name: document}));
                (word, detail)
            }
            Err(error) => {
                let failure = Failure::from(error);
                worst = worst.worse(exit::of(&failure));
                let document = report::document(&failure);
                let detail = document.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
                report_failure(args, pool_id.as_str(), &failure);
                documents.push(
                    json!({"pool_id": pool_id, "outcome": "failed", "seconds": rounded(seconds), "error": document}),
                );
                ("failed", format!("[{detail}]"))
            }
        };
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
        table.row([pool_id.to_string(), word.replace('_', " "), detail, format!("{seconds:.1}")]);
    }
    let counted: Vec<String> =
        counts.iter().map(|(word, count)| format!("{count} {}", word.replace('_', " "))).collect();
    report::result(args.json, &json!({ "pools": documents }), || {
        format!("{}{} pools: {}\n", table.text(width()), documents.len(), counted.join(", "))
    })?;
    Ok(worst)
}

/// Shows why one pool failed, where that is not part of the one document.
pub(crate) fn report_failure(args: &Args, pool: &str, failure: &Failure) {
    match Shape::of(args) {
        Shape::Document => {}
        Shape::Line => {
            report::line(&json!({ "event": "error", "pool_id": pool, "error": report::document(failure) }));
        }
        Shape::Text => {
            report::say(&format!("pool `{pool}`:"));
            report::failure(failure, Shape::Text);
        }
    }
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
