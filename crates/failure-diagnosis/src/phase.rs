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
