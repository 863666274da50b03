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
    /// A container runtime pulls an image, creates and starts a container, and an engine runs in it. Every rule of
    /// [`Phase::Run`] holds here as well; where a container needs another remedy, a rule of this phase comes first.
    Container,
}

impl Phase {
    /// Every phase: the steps of a build in their order, then the container.
    pub const ALL: [Self; 5] = [Self::Fetch, Self::Configure, Self::Build, Self::Run, Self::Container];

    /// Its name as one word: `fetch`, `configure`, `build`, `run`, `container`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Configure => "configure",
            Self::Build => "build",
            Self::Run => "run",
            Self::Container => "container",
        }
    }
}
