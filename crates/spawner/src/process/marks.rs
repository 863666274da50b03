//! The environment variables by which the processes of an engine are recognised.

/// The variable of the engine's environment that holds its record's `instance`.
pub const INSTANCE_VAR: &str = "ENGINE_PROVISIONER_INSTANCE";

/// The variable of a tender's environment that holds the `instance` of its engine's record.
pub(crate) const TENDER_VAR: &str = "ENGINE_PROVISIONER_TENDS";
