//! Which part of the work failed: a rule applies to some of them only.

/// The step that was running when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// git fetches the sources.
    Fetch,
    /// CMake configures and generates.
    Configure,
    /// ninja or make compiles and links.
    Build,
    /// The finished program runs, to be checked or to serve.
    Run,
}

impl Phase {
    /// Every phase, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Fetch, Self::Configure, Self::Build, Self::Run];

    /// Its name as one word: `fetch`, `configure`, `build`, `run`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Configure => "configure",
            Self::Build => "build",
            Self::Run => "run",
        }
    }
}
