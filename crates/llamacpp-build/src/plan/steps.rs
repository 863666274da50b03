//! The steps of a build and the commands that each will run, decided from the request and a look at the mirror's folder.
//!
//! Nothing is run to plan. The number of compilers is decided here too ([`decide_jobs`](crate::decide_jobs)) and given to the
//! build: one that finds too few of the host's compiler slots free waits instead of running with another number, and only a
//! retry for want of memory uses fewer, as an additional call that says what it repeats.

use std::fmt;
use std::path::Path;

use engine_store::{Layout, StoreError};
use exec::CommandSpec;
use serde::{Deserialize, Serialize};

use crate::compile::{SERVER, ccache_and_linker, configure, make};
use crate::output::prove;
use crate::plan::call::Call;
use crate::plan::placeholder::{KEY, Placeholder, STAGING};
use crate::source::commit::Reference;
use crate::source::{fetch, resolve};
use crate::{BuildError, BuildRequest, Commit, identify};

/// A part of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The commit and its tree.
    Fetch,
    /// CMake.
    Configure,
    /// The compilers.
    Build,
    /// The finished server answers, before and after it is published.
    Prove,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fetch => "fetch",
            Self::Configure => "configure",
            Self::Build => "build",
            Self::Prove => "prove",
        })
    }
}

/// A step with everything it will run, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// Which.
    pub step: Step,
    /// Its commands.
    pub commands: Vec<CommandSpec>,
    /// The places in them that only the execution can fill.
    pub placeholders: Vec<Placeholder>,
}

/// The commands that ask the repository which commit the reference means; none for a whole commit id. For an abbreviated
/// commit id that no branch or tag starts with, the history is fetched and searched in addition.
pub fn planned_resolve(layout: &Layout, request: &BuildRequest) -> Vec<CommandSpec> {
    resolve::planned(layout, request)
}

/// The four steps of a build that starts from nothing, with `jobs` compilers. Without a commit, the first step also asks for
/// it, and a placeholder stands for it.
pub fn planned_steps(
    layout: &Layout,
    request: &BuildRequest,
    commit: Option<&Commit>,
    jobs: u32,
) -> Result<Vec<PlannedStep>, BuildError> {
    let pinned = resolve::pinned(&request.source);
    let commit = commit.or(pinned.as_ref());
    let any = Commit::parse(&"0".repeat(40)).ok_or(StoreError::NotPublished)?;
    let identity = identify(request, commit.unwrap_or(&any))?;
    let definitions = &identity.definitions;
    let key = commit.map_or_else(|| KEY.to_owned(), |_| identity.key().to_string());
    let staging = Path::new(STAGING);
    let mut fetch = if commit.is_none() { planned_resolve(layout, request) } else { Vec::new() };
    fetch.extend(fetch::planned(layout, request, commit.map_or(Reference::Late, Reference::Known), staging));
    let mut configure = ccache_and_linker::probes(layout, request, staging);
    configure.push(configure::planned(layout, request, definitions, staging));
    let build = make::command(layout, request, staging, jobs);
    let mut prove: Vec<CommandSpec> = fetch::submodule_status(request, &staging.join("src")).into_iter().collect();
    prove.extend(prove::questions(&staging.join("out/bin").join(SERVER), &request.backend));
    prove.push(prove::version_command(&layout.dir("store").join(key).join("bin").join(SERVER), &request.backend));
    let late = definitions.late();
    let steps = [
        (Step::Fetch, fetch, Vec::new()),
        (Step::Configure, configure, late),
        (Step::Build, vec![build], Vec::new()),
        (Step::Prove, prove, Vec::new()),
    ];
    let planned = steps.into_iter().map(|(step, commands, late)| {
        let calls: Vec<Call> = commands.iter().map(Call::of).collect();
        PlannedStep { step, commands, placeholders: Placeholder::used(&calls, late) }
    });
    Ok(planned.collect())
}
