//! From a finished server to a store entry: what it answers, what it was made from, what is kept.

pub(crate) mod prove;
pub(crate) mod provenance;
pub(crate) mod publish;
pub(crate) mod sbom;
