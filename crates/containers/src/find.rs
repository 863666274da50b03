//! Which container is the pool's.
//!
//! The rule: only a container whose labels name the pool and the run on record becomes [`Ours`], and only that type can
//! be started, stopped or removed. A container that has the name alone is never touched.

use std::time::Duration;

use exec::Exit;

use crate::container::{Container, damaged, parse};
use crate::program::{Meaning, meaning};
use crate::{ContainerError, ContainerName, Label, Owner, Program, RunId, Slot};

/// How long a question may take; podman answers within 0.1 s, longer while it waits for another podman's lock.
const QUESTION: Duration = Duration::from_secs(30);

/// Which container is looked for, from a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub name: ContainerName,
    /// The pool that it must be labelled with.
    pub pool: Label,
    /// The run that it must be labelled with.
    pub run: RunId,
    /// Its id, where that is on record: a container that was renamed is still found.
    pub id: Option<String>,
}

impl Claim {
    /// The claim that a slot records; `None` where no container was to be created.
    ///
    /// # Errors
    ///
    /// Why the slot's files cannot be read.
    pub fn recorded(slot: &Slot) -> Result<Option<Self>, ContainerError> {
        let Some(intent) = slot.intent()? else { return Ok(None) };
        Ok(Some(Self { name: intent.name, pool: intent.pool, run: intent.run, id: slot.id()? }))
    }

    /// Why a container is not the one that is claimed.
    fn mismatch(&self, container: &Container) -> Option<String> {
        // The key is not compared, so that its value does not matter.
        Owner { pool: self.pool.clone(), run: self.run.clone(), key: self.pool.clone() }.mismatch(&container.labels)
    }
}

/// A container of the caller's pool and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ours(Container);

impl Ours {
    /// The container.
    pub fn container(&self) -> &Container {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.0.id
    }
}

/// What was found for a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The container of this pool and run.
    Ours(Ours),
    /// A container that has the name and belongs to another owner.
    Foreign {
        /// Its id.
        id: String,
        /// What shows that it is another's.
        why: String,
    },
    /// None.
    Absent,
}

/// Looks for the container that is claimed, by id and by name. Reads only; one call of the runtime.
///
/// # Errors
///
/// Why the runtime gave no answer.
pub fn find(program: &Program, claim: &Claim) -> Result<Found, ContainerError> {
    let mut names: Vec<&str> = claim.id.as_deref().into_iter().collect();
    names.push(claim.name.as_str());
    let containers = inspect(program, &names)?;
    let mut foreign = None;
    for container in containers {
        match claim.mismatch(&container) {
            None => return Ok(Found::Ours(Ours(container))),
            Some(why) => foreign = Some(Found::Foreign { id: container.id, why }),
        }
    }
    Ok(foreign.unwrap_or(Found::Absent))
}

/// The container as it is now.
///
/// # Errors
///
/// [`ContainerError::Absent`] where it is gone, or why the runtime gave no answer.
pub fn refresh(program: &Program, ours: &Ours) -> Result<Ours, ContainerError> {
    // Its id is its own for ever: labels need not be compared again.
    let container = inspect(program, &[ours.id()])?.into_iter().next();
    container.map(Ours).ok_or_else(|| ContainerError::Absent { container: ours.container().name.clone() })
}

/// The containers with these names or ids; those that do not exist are left out.
pub(crate) fn inspect(program: &Program, names: &[&str]) -> Result<Vec<Container>, ContainerError> {
    let args = ["container", "inspect"].iter().chain(names).copied();
    let spec = program.command(args, QUESTION);
    let output = exec::run(&spec)?;
    let meaning = meaning(&String::from_utf8_lossy(&output.stderr));
    match (output.exit, meaning) {
        (Exit::Code(0), _) | (_, Meaning::NoContainer) => parse(&output.stdout),
        (_, Meaning::Damaged) => {
            let args = ["ps", "--all", "--no-trunc", "--format", "json"];
            let list = program.perform("ps", &program.command(args, QUESTION))?;
            damaged(&list.stdout, names)
        }
        _ => Err(program.failure(names.first().copied().unwrap_or_default(), &spec, &output)),
    }
}
