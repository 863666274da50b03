//! What is asked of the whole host.

/// Which pools are shown, and how often.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Show it again every SECS seconds, until it is interrupted
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true, default_missing_value = "2")]
    pub(crate) watch: Option<std::num::NonZeroU32>,
}

/// What a new pool file says.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// The engine
    #[arg(long, value_name = "ENGINE", default_value = "llamacpp")]
    pub(crate) engine: String,
    /// The model: the path of a file, or hf:OWNER/REPOSITORY/FILE.gguf; asked for on a terminal if left out
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// The repository that the engine is built from
    #[arg(long, value_name = "URL", default_value = "https://github.com/ggml-org/llama.cpp")]
    pub(crate) repo: String,
    /// The tag, branch or commit [default: the newest release whose flags are known]
    #[arg(long = "ref", value_name = "REF")]
    pub(crate) reference: Option<String>,
}

/// What becomes of what was found.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Also write all of it to FILE, a tar archive for a bug report, with secrets masked
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<std::path::PathBuf>,
}
