//! What is asked of the whole host.

/// Which pools are shown, and how often.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Show it again every SECS seconds, until it is interrupted
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true, default_missing_value = "2")]
    pub(crate) watch: Option<std::num::NonZeroU32>,
}
