//! Makes a lock file: asks each repository and hub what the pools' names mean now, and hashes models of this host.
//!
//! The rules: what is pinned stays unless it is to be updated or the pool file names something else; a tag that moved is
//! refused unless commits are updated; nothing is returned where one pool cannot be pinned.

mod archive;

use std::collections::BTreeMap;
use std::path::Path;

#[cfg(not(feature = "containers"))]
use config_schema::ImagePin;
use config_schema::{CommitPin, GitRef, LockFile, ModelPin, PoolConfig, PoolId, PoolPins, ProvisioningMode, Sha256};
use llamacpp_build::{BuildError, Resolved};
use miette::Diagnostic;
use model_provisioner::{HubError, ModelError, ModelRequest, Presence, Staged};

use crate::engine::profile;
use crate::observe::models;
use crate::pool::desired::Desired;
#[cfg(feature = "containers")]
use crate::pool::image::image;
use crate::pool::lower::lower;
use crate::pool::pin_error::PinError;
use crate::pool::pins::read;
use crate::supply::source::resolve;
use crate::{Error, Result, Settings};

/// What is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PinKind {
    /// Commits of sources.
    Commit,
    /// Digests of images.
    Image,
    /// Models.
    Model,
    /// Digests of archives.
    Archive,
}

/// A lock file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The lock file.
    pub file: LockFile,
    /// What changed in it and what could be updated, one sentence each.
    pub notes: Vec<String>,
}

impl Locked {
    /// Writes it beside the pool file, with the comments of the file that is there. It holds no secret, and every
    /// user may read it.
    pub fn write(&self, pool_file: &Path) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;

        let path = LockFile::beside(pool_file);
        let path = std::path::absolute(&path).unwrap_or(path);
        let text = self.file.render(read(&path)?.as_deref());
        durable::replace(&path, text.as_bytes())?;
        if let Err(error) = std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)) {
            tracing::warn!(path = %path.display(), %error, "the lock file stays private");
        }
        Ok(())
    }
}

/// Pins these pools. `before` is the lock file that is there; `all` are the ids of all pools of the configuration, so that
/// pins of pools that are gone can go. Asks the network, prepares nothing.
///
/// # Errors
/// `pin::*` by name for what vanished, is away or moved; errors of tools and models as they are.
pub fn lock(
    pools: &[PoolConfig],
    all: &[PoolId],
    before: Option<&LockFile>,
    update: &[PinKind],
    settings: &Settings,
) -> Result<Locked> {
    let mut file = before.cloned().unwrap_or_default();
    file.pools.retain(|id, _| all.contains(id));
    let mut notes: Vec<String> = update.iter().filter_map(|kind| nothing_of_kind(*kind, pools)).collect();
    for pool in pools {
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
        let old = file.pools.get(&pool.id).cloned().unwrap_or_default();
        let commit = commit(pool, old.commit.as_ref(), update.contains(&PinKind::Commit), settings, &mut notes)?;
        let image = image(pool, old.image.as_ref(), update.contains(&PinKind::Image), settings, &mut notes)?;
        let model = model(pool, old.model.as_ref(), update.contains(&PinKind::Model), settings, &mut notes)?;
        let archive =
            archive::pin(pool, old.archive.as_ref(), update.contains(&PinKind::Archive), settings, &mut notes)?;
        file.pools.insert(pool.id.clone(), PoolPins { commit, archive, image, model });
    }
    Ok(Locked { file, notes })
}

/// What is said of an update of something that none of the pools has.
fn nothing_of_kind(kind: PinKind, pools: &[PoolConfig]) -> Option<String> {
    let (what, word, mode) = match kind {
        PinKind::Commit => ("commit", "source", ProvisioningMode::Source),
        PinKind::Image => ("image", "container", ProvisioningMode::Container),
        PinKind::Archive => ("archive", "binary", ProvisioningMode::Binary),
        PinKind::Model => return None,
    };
    let none = pools.iter().all(|pool| pool.mode() != mode);
    none.then(|| format!("no pool here has the mode `{word}`, so that there is no {what} to pin"))
}

fn commit(
    pool: &PoolConfig,
    old: Option<&CommitPin>,
    update: bool,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Result<Option<CommitPin>> {
    let Some(source) = pool.provisioning.source.as_ref().filter(|_| pool.mode() == ProvisioningMode::Source) else {
        return Ok(None);
    };
    let old = old.filter(|pin| pin.repo == source.repo && pin.reference == source.git_ref);
    let Resolved { commit, name, tree, .. } = resolve(pool, settings).map_err(|error| of_source(&pool.id, error))?;
    if tree.is_some() {
        return Err(PinError::WorkTree { pool: pool.id.clone() }.into());
    }
    let parse = |text: &str| text.parse::<GitRef>().ok();
    let now = CommitPin {
        repo: source.repo.clone(),
        reference: source.git_ref.clone(),
        name: name.as_deref().and_then(parse),
        commit: parse(commit.as_str()).ok_or(Error::Unfinished { what: "commit" })?,
    };
    let Some(old) = old else {
        notes.push(format!("pool `{}`: {} is pinned to {}", pool.id, now.reference, now.commit));
        return Ok(Some(now));
    };
    if old.commit == now.commit {
        return Ok(Some(now));
    }
    let tag = now.name.as_ref().is_some_and(|name| name.as_str().starts_with("refs/tags/"));
    if update {
        let moved = if tag { " (a tag that moved)" } else { "" };
        notes.push(format!(
            "pool `{}`: {} was {}, and is {} now{moved}",
            pool.id, now.reference, old.commit, now.commit
        ));
        return Ok(Some(now));
    }
    if tag {
        return Err(PinError::TagMoved {
            pool: pool.id.clone(),
            tag: now.reference.to_string(),
            pinned: old.commit.to_string(),
            now: now.commit.to_string(),
        }
        .into());
    }
    let (id, reference) = (&pool.id, &now.reference);
    notes.push(format!(
        "pool `{id}`: {reference} is now at {}, and stays pinned to {}; `--update commit` takes it",
        now.commit, old.commit
    ));
    Ok(Some(old.clone()))
}

/// What cannot be resolved, by what that means for a pin.
fn of_source(pool: &PoolId, error: Error) -> Error {
    let (why, help) = (error.to_string(), error.help().map(|help| help.to_string()).unwrap_or_default());
    let pool = pool.clone();
    match &error {
        Error::Build(BuildError::RefNotFound { .. }) => PinError::Vanished { pool, why, help }.into(),
        Error::Build(BuildError::Git { .. } | BuildError::Diagnosed(_)) => PinError::Away { pool, why, help }.into(),
        _ => error,
    }
}

/// Without the feature `containers` an image is not asked for, and its pin stays.
#[cfg(not(feature = "containers"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
fn image(
    _: &PoolConfig,
    old: Option<&ImagePin>,
    _: bool,
    _: &Settings,
    _: &mut Vec<String>,
) -> Result<Option<ImagePin>> {
    Ok(old.cloned())
}

fn model(
    pool: &PoolConfig,
    old: Option<&ModelPin>,
    update: bool,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Result<Option<ModelPin>> {
    let unpinned = Settings { pins: None, ..settings.clone() };
    let desired = lower(pool, profile(pool.engine), &unpinned)?;
    let reference = desired.model.reference.clone();
    let old = old.filter(|pin| pin.reference == reference);
    // A model of this host is what it is; one of a hub has a commit that can be asked for later.
    let Some(request) = &desired.model.request else { return Ok(None) };
    let now =
        if request.is_remote() { of_hub(&desired, request, settings)? } else { of_host(&desired, request, settings)? };
    let id = &pool.id;
    match old {
        None => notes.push(format!("pool `{id}`: the model {reference} is pinned")),
        Some(old) if *old == now => {}
        Some(_) if update => {
            notes.push(format!("pool `{id}`: the model {reference} is another one now, and is pinned"));
        }
        Some(old) => {
            notes.push(format!(
                "pool `{id}`: the model {reference} is another one now; the pin stays, `--update model` takes it"
            ));
            return Ok(Some(old.clone()));
        }
    }
    Ok(Some(now))
}

fn of_hub(desired: &Desired, request: &ModelRequest, settings: &Settings) -> Result<ModelPin> {
    let cancelled = || settings.cancel.is_cancelled();
    let answer = models(desired, settings).ask_hub(request, &cancelled);
    let announced = answer.map_err(|error| of_model(&desired.pool_id, error))?;
    let (pool, model) = (desired.pool_id.clone(), desired.model.reference.clone());
    let commit = announced.commit.ok_or(PinError::NoRevision { pool, model: model.clone() })?;
    let digest = |file: &model_provisioner::HubFile| {
        let digest: Sha256 = format!("sha256:{}", file.sha256.as_ref()?).parse().ok()?;
        Some((file.path.to_string(), digest))
    };
    let files = announced.files.iter().filter_map(digest).collect();
    Ok(ModelPin { reference: model, revision: Some(commit.as_str().to_owned()), files })
}

fn of_host(desired: &Desired, request: &ModelRequest, settings: &Settings) -> Result<ModelPin> {
    let models = models(desired, settings);
    let staged: Staged = match models.inspect(request) {
        Presence::Present(found) => found.staged,
        Presence::Unusable(error) => return Err(of_model(&desired.pool_id, error)),
        Presence::Fetchable(_) => return Err(Error::Unfinished { what: "model" }),
    };
    let mut files = BTreeMap::new();
    for file in &staged.files {
        let below = file.path.strip_prefix(&staged.path).ok().filter(|path| !path.as_os_str().is_empty());
        let name = below.or_else(|| file.path.file_name().map(Path::new)).unwrap_or(&file.path);
        let digest = format!("sha256:{}", models.digest_of(&staged.path, &file.path)?);
        files.extend(digest.parse::<Sha256>().ok().map(|digest| (name.to_string_lossy().into_owned(), digest)));
    }
    Ok(ModelPin { reference: desired.model.reference.clone(), revision: None, files })
}

/// What cannot be had, by what that means for a pin.
fn of_model(pool: &PoolId, error: ModelError) -> Error {
    let (why, help) = (error.to_string(), error.help().map(|help| help.to_string()).unwrap_or_default());
    let pool = pool.clone();
    match &error {
        ModelError::Missing { .. } | ModelError::Hub(HubError::NoRevision { .. } | HubError::NoFile { .. }) => {
            PinError::Vanished { pool, why, help }.into()
        }
        ModelError::Hub(
            HubError::NoRepository { .. }
            | HubError::NoNetwork { .. }
            | HubError::Failed { .. }
            | HubError::Proxy { .. }
            | HubError::Mirror { .. },
        ) => PinError::Away { pool, why, help }.into(),
        _ => error.into(),
    }
}
