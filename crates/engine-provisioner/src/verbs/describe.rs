//! What this program says of itself, for other programs: schemas, completions and manual pages.

pub(super) mod completions;
pub(super) mod man;
pub(super) mod schema;
