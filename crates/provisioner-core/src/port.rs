//! Which port an engine listens on: chosen, and claimed until the engine has it.

pub(crate) mod choose;
pub(crate) mod claim;
pub(crate) mod neighbours;
