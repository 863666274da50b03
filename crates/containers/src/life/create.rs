//! Creates a container that does not run yet.

use std::borrow::Cow;
use std::time::Duration;

use exec::Exit;

use super::stop::remove_id;
use crate::find::inspect;
use crate::program::{Meaning, meaning};
use crate::{Claim, ContainerError, Found, Ours, Program, RunSpec, Slot, State, create_argv, find};

/// How long it may take: a large image is prepared for a user namespace file by file, once.
const DEADLINE: Duration = Duration::from_mins(10);

/// Creates the container, and returns it. It is called while the pool is locked.
///
/// The slot's folder has to be private to the caller. A container of the same run that was created and never started
/// is returned as it is.
///
/// # Errors
///
/// [`ContainerError::Foreign`] where the name is another's, [`ContainerError::ImageMissing`],
/// [`ContainerError::LimitIgnored`] where a limit of `spec` was not set (nothing is left then), or why it failed.
pub fn create(program: &Program, spec: &RunSpec, slot: &Slot) -> Result<Ours, ContainerError> {
    let argv = create_argv(program.kind(), spec, &slot.id_file())?;
    let before = slot.intent()?;
    let owner = &spec.owner;
    let claim = Claim { name: spec.name.clone(), pool: owner.pool.clone(), run: owner.run.clone(), id: slot.id()? };
    if before.is_some()
        && let Some(created) = there_already(program, &claim)?
    {
        return Ok(created);
    }
    slot.begin(program.kind(), spec)?;
    let command = program.command(argv, DEADLINE);
    let mut output = exec::run(&command)?;
    if let (true, Meaning::NameTaken(id)) = (output.exit != Exit::Code(0), meaning(&text(&output.stderr))) {
        // An earlier creation of this pool was killed before the container was known to podman: its storage alone has
        // the name. <https://docs.podman.io/en/v4.3/markdown/podman-ps.1.html#external>
        let intended = before.is_some_and(|before| before.name == spec.name && before.program == program.kind());
        if !intended || !inspect(program, &[&id])?.is_empty() {
            // What is recorded here decides the same question the next time.
            slot.clear()?;
            let name = claim.name.to_string();
            return Err(match find(program, &claim)? {
                Found::Foreign { id, why } => ContainerError::Foreign { name, id, why },
                Found::Ours(_) | Found::Absent => {
                    let why = "it is storage without a container, and this pool was not creating one".to_owned();
                    ContainerError::Foreign { name, id, why }
                }
            });
        }
        tracing::info!(id, "removing what an interrupted creation left");
        remove_id(program, &id)?;
        output = exec::run(&command)?;
    }
    if output.exit != Exit::Code(0) {
        let subject = subject(&output.stderr, spec);
        return Err(program.failure(&subject, &command, &output));
    }
    let Found::Ours(ours) = find(program, &Claim { id: slot.id()?, ..claim })? else {
        return Err(ContainerError::Absent { container: spec.name.to_string() });
    };
    if let Some(limit) = ignored_limit(spec, &ours) {
        super::stop::remove(program, &ours)?;
        slot.clear()?;
        return Err(ContainerError::LimitIgnored { program: program.kind(), limit });
    }
    Ok(ours)
}

/// The container of this very run, where an earlier call has created it; an error where the name is another's.
fn there_already(program: &Program, claim: &Claim) -> Result<Option<Ours>, ContainerError> {
    let name = claim.name.to_string();
    match find(program, claim)? {
        Found::Ours(ours) if ours.container().state == State::Created => Ok(Some(ours)),
        Found::Ours(ours) => {
            let why = "this run has started its container already".to_owned();
            Err(ContainerError::Foreign { name, id: ours.id().to_owned(), why })
        }
        Found::Foreign { id, why } => Err(ContainerError::Foreign { name, id, why }),
        Found::Absent => Ok(None),
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// What an error of the creation is about: the image where it is missing, otherwise the container.
fn subject(stderr: &[u8], spec: &RunSpec) -> String {
    match meaning(&text(stderr)) {
        Meaning::NoImage | Meaning::ShortName => spec.image.to_string(),
        _ => spec.name.to_string(),
    }
}

/// The limit that was asked for and is not set.
fn ignored_limit(spec: &RunSpec, ours: &Ours) -> Option<&'static str> {
    let container = ours.container();
    if spec.memory_bytes.is_some_and(|bytes| container.memory_bytes != Some(bytes.get())) {
        return Some("memory");
    }
    let pids = spec.pids.is_some_and(|pids| container.pids != Some(pids.get().into()));
    pids.then_some("processes")
}
