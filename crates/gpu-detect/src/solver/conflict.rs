//! Why no toolkit on this host can build for the chosen GPUs: every candidate, what stands in its way, and what would
//! make it work.

use std::fmt;

use distro::Distribution;
use miette::Diagnostic;
use serde::Serialize;

use super::obstacle::Obstacle;
use super::remedies;
use super::remedy::Remedy;
use crate::family::Family;
use crate::source::{Looked, lines};
use crate::toolkit::releases::Releases;
use crate::toolkit::{Toolkit, ToolkitSource};

/// The code for a host without any toolkit.
const MISSING: &str = "cuda::toolkit_missing";
/// The way out that is always open and never taken by itself.
pub(crate) const CPU: &str = "to run without a GPU by your own choice, set `provisioning.accelerator = \"cpu\"` for \
    the pool; it is never chosen for you";

/// No toolkit fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The GPUs that code was wanted for, with their architectures.
    pub gpus: Vec<String>,
    /// The toolkits: what somebody chose first, then those that lack least, then in the order of preference.
    pub candidates: Vec<Rejected>,
    /// Where toolkits were looked for.
    pub looked: Vec<Looked>,
    /// The releases that fit GPUs, driver and C library of this host.
    pub fits: Releases,
    /// A toolkit from nothing, for a host that has none.
    pub remedy: Remedy,
    /// Whose packages this host takes.
    pub family: Option<Family>,
    /// The host's distribution, whose commands the help shows.
    #[serde(skip)]
    pub distribution: Box<Distribution>,
}

/// A toolkit that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The toolkit.
    pub toolkit: Toolkit,
    /// What stands in its way; never empty. Where it is one, its remedy alone makes the toolkit usable.
    pub obstacles: Vec<Obstacle>,
}

impl Conflict {
    pub(crate) fn new(
        gpus: Vec<String>,
        mut candidates: Vec<Rejected>,
        looked: Vec<Looked>,
        fits: Releases,
        distribution: Distribution,
    ) -> Self {
        candidates.sort_by_key(|rejected| {
            let chosen = rejected.obstacles.iter().any(|obstacle| matches!(obstacle, Obstacle::Overruled { .. }));
            (chosen, rejected.obstacles.len(), rejected.toolkit.order)
        });
        let family = Family::of(&distribution);
        Self {
            gpus,
            candidates,
            looked,
            fits,
            remedy: remedies::toolkit(fits),
            family,
            distribution: Box::new(distribution),
        }
    }

    /// The stable code: that of the first obstacle of the first candidate.
    pub fn stable_code(&self) -> String {
        let first = self.candidates.first().and_then(|rejected| rejected.obstacles.first());
        first.map_or_else(|| MISSING.into(), Obstacle::stable_code)
    }

    /// The remedies of one candidate for this host: all of them are needed.
    fn remedies(&self, rejected: &Rejected) -> String {
        let here = |remedy: Remedy| match rejected.toolkit.source {
            ToolkitSource::Conda => remedy.for_family(Some(Family::Conda)),
            _ => remedy.for_host(&self.distribution),
        };
        let all: Vec<String> = rejected.obstacles.iter().map(|obstacle| here(obstacle.remedy())).collect();
        all.join("; and ")
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.candidates.is_empty() {
            return write!(f, "no CUDA toolkit found; looked at:{}", lines(&self.looked));
        }
        write!(f, "no CUDA toolkit of this host can build for {}", self.gpus.join(", "))?;
        for rejected in &self.candidates {
            let why: Vec<String> = rejected.obstacles.iter().map(ToString::to_string).collect();
            write!(f, "\n  {}: {}", rejected.toolkit.title(), why.join("; "))?;
        }
        Ok(())
    }
}

impl std::error::Error for Conflict {}

impl Diagnostic for Conflict {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.stable_code()))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let ways: Vec<String> = match self.candidates.as_slice() {
            [] => vec![self.remedy.for_host(&self.distribution)],
            [only] => vec![self.remedies(only)],
            several => several
                .iter()
                .map(|rejected| format!("for `{}`: {}", rejected.toolkit.root.display(), self.remedies(rejected)))
                .collect(),
        };
        let ways = if ways.len() == 1 { ways.concat() } else { format!("one of these:\n  {}\n", ways.join("\n  ")) };
        Some(Box::new(format!("{}; {CPU}", ways.trim_end_matches('\n'))))
    }
}
