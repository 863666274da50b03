//! All pools of a configuration in one call.

use std::num::NonZeroUsize;

/// Whether all pools are meant.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct All {
    /// Work on all pools of the configuration, in its order; the failure of one does not hide the others
    #[arg(long, conflicts_with = "pool")]
    pub(crate) all: bool,
}

/// Whether all pools are meant, and how many of them may build at once.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct AllBuilt {
    #[command(flatten)]
    pub(crate) pools: All,
    /// Have at most N builds under way at once
    #[arg(long, value_name = "N", default_value = "1", requires = "all")]
    pub(crate) builds: NonZeroUsize,
}
