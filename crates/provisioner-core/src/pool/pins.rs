//! What a pool is pinned to: taken from the lock file, compared with what is there, and resolved anew by [`lock`].
//!
//! The rules: with `--locked` a pool without its pins is refused, nothing but what they name is used, and nobody is
//! asked for what is there; without it they only show drift. [`lock`] alone asks the network.

use std::path::Path;

use config_schema::{ArchivePin, CommitPin, LockFile, ModelPin, PoolConfig, PoolId, PoolPins};
use model_provisioner::{ModelProvisioner, ModelRequest, Presence, Staged};

use crate::pool::desired::Desired;
use crate::pool::pin_error::PinError;
use crate::{Error, Result};

pub use crate::pool::pin_lock::{Locked, PinKind, lock};

/// No lock file is larger.
const LARGEST: u64 = 4 << 20;

/// The pins of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pins {
    /// The lock file.
    pub file: LockFile,
    /// Whether nothing but what it names is used.
    pub locked: bool,
}

impl Pins {
    /// Reads the lock file beside a pool file; none where there is none.
    ///
    /// # Errors
    /// `pin::unreadable`, `pin::version`, `pin::foreign`; `file::*` for what is no plain file or too large.
    pub fn beside(pool_file: &Path, locked: bool) -> Result<Option<Self>> {
        let text = read(&LockFile::beside(pool_file))?;
        Ok(match text {
            Some(text) => Some(Self { file: LockFile::parse(&text)?, locked }),
            None if locked => return Err(PinError::NoFile { path: LockFile::beside(pool_file) }.into()),
            None => None,
        })
    }

    fn of(&self, pool: &PoolId) -> Option<&PoolPins> {
        self.file.pools.get(pool)
    }

    /// The pin of a pool's source; `None` where there is none and none is needed.
    pub(crate) fn commit(&self, pool: &PoolConfig) -> Result<Option<&CommitPin>> {
        let Some(source) = &pool.provisioning.source else { return Ok(None) };
        let missing = || PinError::Missing { pool: pool.id.clone(), what: "commit" };
        match self.of(&pool.id).and_then(|pins| pins.commit.as_ref()) {
            Some(pin) if pin.repo == source.repo && pin.reference == source.git_ref => Ok(Some(pin)),
            Some(pin) if self.locked => {
                let pinned = format!("{} of {}", pin.reference, pin.repo);
                let wanted = format!("{} of {}", source.git_ref, source.repo);
                Err(PinError::Other { pool: pool.id.clone(), what: "commit", pinned, wanted }.into())
            }
            None if self.locked => Err(missing().into()),
            _ => Ok(None),
        }
    }

    /// The pin of a pool's archive; `None` where there is none and none is needed.
    #[cfg_attr(not(feature = "finished"), expect(dead_code, reason = "archives come with the feature"))]
    pub(crate) fn archive(&self, pool: &PoolConfig) -> Result<Option<&ArchivePin>> {
        let Some(binary) = &pool.provisioning.binary else { return Ok(None) };
        let (url, other) = (binary.url.as_str(), |pinned: String, wanted: String| {
            Err(PinError::Other { pool: pool.id.clone(), what: "archive", pinned, wanted }.into())
        });
        match self.of(&pool.id).and_then(|pins| pins.archive.as_ref()) {
            Some(pin) if self.locked && pin.url != url => other(pin.url.clone(), url.to_owned()),
            Some(pin) if self.locked && binary.checksum.is_some_and(|sum| sum != pin.digest) => {
                let sum = binary.checksum.map(|sum| sum.to_string()).unwrap_or_default();
                other(pin.digest.to_string(), sum)
            }
            Some(pin) if pin.url == url => Ok(Some(pin)),
            None if self.locked => Err(PinError::Missing { pool: pool.id.clone(), what: "archive" }.into()),
            _ => Ok(None),
        }
    }

    /// The pin of a pool's model.
    pub(crate) fn model(&self, pool: &PoolId, reference: &str) -> Result<Option<&ModelPin>> {
        match self.of(pool).and_then(|pins| pins.model.as_ref()) {
            Some(pin) if pin.reference == reference => Ok(Some(pin)),
            Some(pin) if self.locked => {
                let (pinned, wanted) = (pin.reference.clone(), reference.to_owned());
                Err(PinError::Other { pool: pool.clone(), what: "model", pinned, wanted }.into())
            }
            None if self.locked => Err(PinError::Missing { pool: pool.clone(), what: "model" }.into()),
            _ => Ok(None),
        }
    }
}

/// The text of a lock file; none where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>> {
    let Some(owned) = durable::read_owned(path, LARGEST)? else { return Ok(None) };
    // Root writes what services read; beyond that a lock file is its user's.
    if let Some(why) = owned.foreign().filter(|_| owned.uid != 0 || owned.mode & 0o022 != 0) {
        return Err(PinError::Foreign { path: path.into(), why }.into());
    }
    let utf8 =
        |_: std::string::FromUtf8Error| config_schema::LockFileError::Unreadable { why: "it is not UTF-8".into() };
    Ok(Some(String::from_utf8(owned.bytes).map_err(utf8)?))
}

/// The request for the pinned model: where it was fetched without its commit being named, that copy is used as long as it
/// is of that commit.
pub(crate) fn request(models: &ModelProvisioner, request: ModelRequest, pin: &ModelPin) -> Result<ModelRequest> {
    let Some(revision) = &pin.revision else { return Ok(request) };
    if let Presence::Present(found) = models.inspect(&request)
        && found.staged.revision.as_ref() == Some(revision)
    {
        return Ok(request);
    }
    Ok(request.at(revision)?)
}

/// In what a model that is there is not the pinned one, as far as that is known without hashing it.
pub(crate) fn model_fault(desired: &Desired, staged: &Staged) -> Option<Error> {
    let pin = desired.model.pin.as_ref().filter(|_| desired.locked)?;
    let changed = |what: String, pinned: &str, found: &str| {
        let (pinned, found) = (pinned.to_owned(), found.to_owned());
        Some(PinError::Changed { pool: desired.pool_id.clone(), what, pinned, found }.into())
    };
    if let Some(pinned) = &pin.revision
        && staged.revision.as_ref() != Some(pinned)
    {
        return changed("the model's commit".into(), pinned, staged.revision.as_deref().unwrap_or("not known"));
    }
    for (name, pinned) in &pin.files {
        let pinned = pinned.to_string();
        let Some(file) = staged.files.iter().find(|file| file.path.ends_with(name)) else {
            return changed(format!("the model's file `{name}`"), &pinned, "no file of the model");
        };
        if let Some(found) = file.digest.as_ref().filter(|found| **found != pinned) {
            return changed(format!("the model's file `{name}`"), &pinned, found);
        }
    }
    None
}

/// Refuses a model that is not the pinned one. Its files are hashed; what did not change since is not hashed again.
pub(crate) fn check_model(desired: &Desired, models: &ModelProvisioner, staged: &mut Staged) -> Result<()> {
    let Some(pin) = desired.model.pin.as_ref().filter(|_| desired.locked) else { return Ok(()) };
    let path = staged.path.clone();
    for file in &mut staged.files {
        if pin.files.keys().any(|name| file.path.ends_with(name)) {
            file.digest = Some(format!("sha256:{}", models.digest_of(&path, &file.path)?));
        }
    }
    model_fault(desired, staged).map_or(Ok(()), Err)
}

/// In what the model of this host is another one than the lock file has, for a plan that does not keep to it.
pub(crate) fn model_drift(desired: &Desired, staged: &Staged) -> Option<String> {
    let locked = Desired { locked: true, ..desired.clone() };
    desired.model.pin.as_ref().filter(|_| !desired.locked)?;
    model_fault(&locked, staged).map(|error| format!("drift: {error}"))
}
