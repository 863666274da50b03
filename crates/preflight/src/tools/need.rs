//! A tool as one plan needs it: from which version on, what for, and where else it may be.

use std::path::PathBuf;

use super::tool::Tool;
use super::version::Version;

/// What a plan asks of the host. A [`Tool`] alone is a need, too.
///
/// ```
/// use preflight::{Need, Tool, Version};
///
/// let need = Need::from(Tool::Cmake).at_least(Version::new(3, 18, 0), "older ones know no CUDA architectures");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub(crate) tool: Tool,
    pub(crate) minimum: Option<Version>,
    pub(crate) why: String,
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) by_hand: Option<String>,
}

impl From<Tool> for Need {
    fn from(tool: Tool) -> Self {
        let facts = tool.facts();
        let folders = facts.folders.iter().map(PathBuf::from).collect();
        Self { tool, minimum: facts.minimum, why: facts.why.to_owned(), folders, by_hand: None }
    }
}

impl From<&Tool> for Need {
    fn from(tool: &Tool) -> Self {
        Self::from(*tool)
    }
}

impl Need {
    /// Which tool.
    pub fn tool(&self) -> Tool {
        self.tool
    }

    /// The same from this version on, and what the version is for. A version that is older than what the tool must
    /// have anyway changes nothing. For compilers it is GCC's number; clang counts from the one before it.
    #[must_use]
    pub fn at_least(mut self, version: Version, why: &str) -> Self {
        if self.minimum.is_none_or(|minimum| minimum < version) {
            self.minimum = Some(version);
            self.why = format!("{}; {why}", self.why);
        }
        self
    }

    /// The same with what this plan needs it for.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// The same with what to do where the distribution has no package for it: `install CUDA 12.9`.
    #[must_use]
    pub fn by_hand(mut self, what: impl Into<String>) -> Self {
        self.by_hand = Some(what.into());
        self
    }

    /// The same, looked for in this folder too when `PATH` does not lead to it.
    #[must_use]
    pub fn also_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }
}

/// Each tool once, in the order of the first mention: the newest of its minimums, all that it is needed for.
pub(crate) fn merged<N: Clone + Into<Need>>(needs: &[N]) -> Vec<Need> {
    let mut merged: Vec<Need> = Vec::new();
    for need in needs.iter().cloned().map(Into::into) {
        match merged.iter_mut().find(|earlier| earlier.tool == need.tool) {
            Some(earlier) => {
                earlier.minimum = earlier.minimum.max(need.minimum);
                if need.why.starts_with(&earlier.why) {
                    earlier.why = need.why;
                } else if !earlier.why.contains(&need.why) {
                    earlier.why = format!("{}; {}", earlier.why, need.why);
                }
                earlier.folders.extend(need.folders);
                earlier.by_hand = earlier.by_hand.take().or(need.by_hand);
            }
            None => merged.push(need),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_stands_once_with_all_that_is_asked_of_it() {
        let cuda = Need::from(Tool::Cmake).at_least(Version::new(3, 18, 0), "CUDA");
        let needs = [Need::from(Tool::Cmake), Tool::Git.into(), cuda, Need::from(Tool::Git).because("submodules")];
        let merged = merged(&needs);
        assert_eq!(merged.iter().map(|need| need.tool).collect::<Vec<_>>(), [Tool::Cmake, Tool::Git]);
        assert_eq!(merged[0].minimum, Some(Version::new(3, 18, 0)));
        assert!(merged[0].why.ends_with("CUDA"), "{}", merged[0].why);
        assert_eq!(merged[1].why, "it fetches the engine's sources; submodules");
    }

    #[test]
    fn a_minimum_is_never_lowered() {
        let need = Need::from(Tool::Cmake).at_least(Version::new(3, 1, 0), "old");
        assert_eq!(need, Need::from(Tool::Cmake));
    }
}
