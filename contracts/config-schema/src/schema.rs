//! The JSON Schema of a configuration file, made from the types and their documentation.

use crate::{Config, LockFile};

/// The JSON Schema of [`Config`], draft 2020-12.
///
/// An editor that is given it completes keys and shows what they mean. It says what can be said in a
/// schema; loading a file checks more (addresses, refs, ids that stand twice).
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Config).into()
}

/// The JSON Schema of [`LockFile`], draft 2020-12.
pub fn lock_schema() -> serde_json::Value {
    schemars::schema_for!(LockFile).into()
}
