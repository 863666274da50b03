//! The two files in a private folder by which a container of ours is found again after any kill.
//!
//! The rule: what is to be created is written down before it is created. `container.json` has the name and the run;
//! `container.id` gets the id from the runtime, as soon as the container exists.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{ContainerError, ContainerName, Kind, Label, RunId, RunSpec};

/// Longer than either file ever is.
const MAX_BYTES: u64 = 64 << 10;

/// The place of one container's files in a folder that only its owner can write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    folder: PathBuf,
    stem: String,
}

/// What was about to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// With which program.
    pub program: Kind,
    /// Under which name.
    pub name: ContainerName,
    /// For which pool.
    pub pool: Label,
    /// For which run.
    pub run: RunId,
}

#[derive(Serialize, Deserialize)]
struct Document {
    program: Kind,
    name: String,
    pool: String,
    run: String,
}

impl Slot {
    /// The slot of an engine's container in a pool's run folder, which is private to the owner.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), stem: "container".to_owned() }
    }

    /// The slot beside it, for a container that answers one question.
    #[must_use]
    pub fn one_shot(&self) -> Self {
        Self { folder: self.folder.clone(), stem: "one-shot".to_owned() }
    }

    /// The file that holds the id of the container.
    pub fn id_file(&self) -> PathBuf {
        self.folder.join(format!("{}.id", self.stem))
    }

    fn intent_file(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.stem))
    }

    /// The id of the container that was created last; `None` where none was, or where its creation was interrupted.
    ///
    /// # Errors
    ///
    /// Why the file cannot be read, for instance because it is another user's.
    pub fn id(&self) -> Result<Option<String>, ContainerError> {
        // The runtime writes it, with the permissions that the caller's umask leaves; no other user may write to the folder.
        let owned = durable::read_owned(&self.id_file(), MAX_BYTES)?;
        let me = rustix::process::geteuid().as_raw();
        let bytes = owned.filter(|owned| owned.uid == me).map(|owned| owned.bytes).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let id = text.trim();
        let fits = id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
        Ok(fits.then(|| id.to_owned()))
    }

    /// What was to be created last; `None` where nothing was.
    ///
    /// # Errors
    ///
    /// Why the file cannot be read, or [`ContainerError::Unreadable`] for one that another program has written.
    pub fn intent(&self) -> Result<Option<Intent>, ContainerError> {
        let Some(bytes) = read(&self.intent_file())? else { return Ok(None) };
        let unreadable = |why: String| ContainerError::Unreadable { what: "the record of a container", why };
        let document: Document = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let Document { program, name, pool, run } = document;
        Ok(Some(Intent { program, name: ContainerName::new(name)?, pool: Label::new(pool)?, run: RunId::new(run)? }))
    }

    /// Writes down what is about to be created, and forgets the id of what was before.
    pub(crate) fn begin(&self, program: Kind, spec: &RunSpec) -> Result<(), ContainerError> {
        let document = Document {
            program,
            name: spec.name.to_string(),
            pool: spec.owner.pool.to_string(),
            run: spec.owner.run.to_string(),
        };
        let bytes = serde_json::to_vec(&document).map_err(|error| ContainerError::Unreadable {
            what: "the record of a container",
            why: error.to_string(),
        })?;
        // The id first: it must never be beside the intent of another run.
        remove(&self.id_file())?;
        Ok(durable::replace(&self.intent_file(), &bytes)?)
    }

    /// Forgets the container, once it is gone.
    ///
    /// # Errors
    ///
    /// Why a file cannot be removed.
    pub fn clear(&self) -> Result<(), ContainerError> {
        remove(&self.id_file())?;
        remove(&self.intent_file())
    }
}

/// The content of a file that is the caller's own; another user's is refused.
fn read(path: &Path) -> Result<Option<Vec<u8>>, ContainerError> {
    let Some(owned) = durable::read_owned(path, MAX_BYTES)? else { return Ok(None) };
    match owned.foreign() {
        None => Ok(Some(owned.bytes)),
        Some(why) => Err(ContainerError::Unreadable { what: "the record of a container", why }),
    }
}

fn remove(path: &Path) -> Result<(), ContainerError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ContainerError::System { call: "unlink", path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
