//! What the daemon prints: one JSON object a line, with stable field names.

use std::io::Write;

use provisioner_core::PreparedEngine;
use provisioner_core::cfg::PoolId;
use serde_json::{Value, json};

/// Prints a line. A reader that is gone does not end the work.
pub(crate) fn line(event: &str, pool: Option<&PoolId>, fields: Value) {
    let mut line = json!({ "event": event });
    if let Some(pool) = pool {
        line["pool_id"] = json!(pool);
    }
    if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
        line.extend(fields);
    }
    writeln!(std::io::stdout().lock(), "{line}").ok();
}

/// What a line says of an engine; what a scheduler is handed.
pub(crate) fn engine(prepared: &PreparedEngine) -> Value {
    json!({
        "engine": prepared.engine,
        "engine_version": prepared.engine_version,
        "device_mask": prepared.device_mask,
        "model_id": prepared.model.reference,
        "address": prepared.url,
        "slots_total": prepared.slots,
    })
}

/// The fields of both.
pub(crate) fn merged(mut fields: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) {
        fields.extend(more);
    }
    fields
}
