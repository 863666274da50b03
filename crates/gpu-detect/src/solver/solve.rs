//! The solver: from facts to one toolkit with everything that goes with it, or to the reasons against each. It reads
//! nothing and runs nothing; equal facts give equal answers, in whatever order they are listed.

use super::conflict::{Conflict, Rejected};
use super::cuda_choice::{CudaChoice, Target};
use super::fit;
use super::obstacle::Obstacle;
use crate::report::GpuReport;
use crate::source::Subject;
use crate::toolkit::releases::newest_major;
use crate::toolkit::releases::{Releases, Version};
use crate::toolkit::{Toolkit, releases};
use crate::wish::Wish;

/// What a build for `targets` uses on the host that `facts` describe.
///
/// A toolkit or host compiler that somebody named is used or refused, never replaced. Otherwise the first toolkit in the
/// order of preference that fits is taken.
pub fn solve(facts: &GpuReport, targets: &[Target], wish: &Wish) -> Result<CudaChoice, Conflict> {
    let fits = fitting_releases(facts, targets, wish);
    let mut toolkits: Vec<&Toolkit> = facts.toolkits.iter().collect();
    toolkits.sort_by_key(|toolkit| toolkit.order);
    let named = toolkits.iter().find(|toolkit| toolkit.source.is_explicit()).copied();
    let mut rejected = Vec::new();
    for toolkit in toolkits {
        let overruled = named.filter(|named| named.order != toolkit.order);
        let outcome = fit::fit(facts, toolkit, targets, wish, fits);
        match (outcome, overruled) {
            (Ok(choice), None) => return Ok(with_overruled(choice, facts)),
            (outcome, overruled) => {
                let by = overruled.map(|named| Obstacle::Overruled {
                    by: named.source.to_string(),
                    root: toolkit.root.display().to_string(),
                });
                let obstacles = outcome.err().into_iter().flatten().chain(by).collect();
                rejected.push(Rejected { toolkit: toolkit.clone(), obstacles });
            }
        }
    }
    let gpus = targets.iter().map(|target| format!("{} ({})", target.name, target.architecture)).collect();
    Err(Conflict::new(gpus, rejected, facts.looked_for(Subject::Toolkit), fits, facts.distribution.clone()))
}

/// Says which variables name a toolkit that another choice stands above.
fn with_overruled(mut choice: CudaChoice, facts: &GpuReport) -> CudaChoice {
    let mut others: Vec<&Toolkit> =
        facts.toolkits.iter().filter(|other| other.source.is_explicit() && other.root != choice.root).collect();
    others.sort_by_key(|other| other.order);
    for other in others {
        choice.notes.push(format!("{} is not used: {} stands above it", other.title(), choice.source));
    }
    choice
}

/// The releases that know all GPUs and fit driver, C library and engine.
fn fitting_releases(facts: &GpuReport, targets: &[Target], wish: &Wish) -> Releases {
    let architectures: Vec<u32> = targets.iter().map(|target| target.architecture).collect();
    let (known, mut last) = releases::for_all(&architectures).unwrap_or(((0, 0), None));
    let library: Version = match facts.glibc.as_ref().map(|glibc| glibc.version) {
        Some(version) if version >= (2, 42) => (13, 2),
        Some(version) if version >= (2, 41) => (13, 0),
        _ => (0, 0),
    };
    if let Some(major) = facts.driver.as_ref().and_then(newest_major) {
        last = [last, releases::last_of(major)].into_iter().flatten().min();
    }
    Releases { first: known.max(wish.oldest_toolkit).max(library), last }
}
