//! The JSON Schema (draft 2020-12) of each document that this crate and its configuration know.

use schemars::schema_for;
use serde_json::Value;

use crate::{Ensured, Event, Executed, Plan, ProofManifest};

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A pool file.
    Pool,
    /// What `plan --json` prints.
    Plan,
    /// `executed.json`
    Executed,
    /// One line of `--events jsonl`.
    Event,
    /// `prepared-engine.json`, and what `prepare --json` and `ensure --json` print.
    Summary,
    /// `record.json`
    Record,
    /// `proof.json`
    Proof,
    /// The lock file beside a pool file.
    Lock,
}

/// Returns the schema of a kind of document. It accepts documents of every version that is read.
pub fn document_schema(kind: DocumentKind) -> Value {
    match kind {
        DocumentKind::Pool => config_schema::json_schema(),
        DocumentKind::Plan => schema_for!(Plan).into(),
        DocumentKind::Executed => schema_for!(Executed).into(),
        DocumentKind::Event => schema_for!(Event).into(),
        DocumentKind::Summary => schema_for!(Ensured).into(),
        DocumentKind::Record => schema_for!(spawner::PoolRecord).into(),
        DocumentKind::Proof => schema_for!(ProofManifest).into(),
        DocumentKind::Lock => config_schema::lock_schema(),
    }
}
