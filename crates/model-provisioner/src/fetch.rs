//! Fetching a model: under a lock, at one commit, watched, compared with what was announced, and only then listed as
//! whole.
//!
//! What kills the fetch at any point leaves a folder without a complete list: the next fetch goes on with what is there.

mod follow;
mod growth;
mod parts;
mod run;
mod verify;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use durable::Lock;
use exec::{CommandSpec, Exit};

use crate::digests::Digests;
use crate::error::FetchError;
use crate::hub::ask::name;
use crate::hub::command::HfCommand;
use crate::hub::space;
use crate::inspect::{self, Kept};
use crate::place::Place;
use crate::presence::{Announced, Found};
use crate::{ModelError, ModelRequest};

use follow::Followed;

pub(crate) use run::Access;

/// How long a download may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Without a byte that arrives in the target; ten minutes when left out. The command writes pieces of 10 MiB, so a
    /// limit must leave a slow network the time for one.
    pub silence: Duration,
    /// Altogether; six hours when left out.
    pub total: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self { silence: Duration::from_mins(10), total: Duration::from_hours(6) }
    }
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are there.
    pub done: u64,
    /// Bytes of the whole model, where they were announced.
    pub total: Option<u64>,
}

/// What a caller gives a fetch to watch and to end it.
pub struct Watch<'a> {
    pub(crate) cancelled: Box<dyn Fn() -> bool + 'a>,
    pub(crate) progress: Box<dyn FnMut(Progress) + 'a>,
    pub(crate) waits: Box<dyn FnMut(&str) + 'a>,
    pub(crate) ran: Box<dyn FnMut(&Ran<'_>) + 'a>,
}

/// A command that a fetch ran.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// The command, without a token that comes from a file.
    pub command: &'a CommandSpec,
    /// How it exited; nothing where it could not be started or was ended.
    pub exit: Option<Exit>,
    /// How long it ran.
    pub took: Duration,
}

impl Default for Watch<'_> {
    /// Watches nothing and never cancels.
    fn default() -> Self {
        Self {
            cancelled: Box::new(|| false),
            progress: Box::new(|_| ()),
            waits: Box::new(|_| ()),
            ran: Box::new(|_| ()),
        }
    }
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

impl<'a> Watch<'a> {
    /// Asks `cancelled` several times a second; `true` ends the fetch.
    #[must_use]
    pub fn cancelled(mut self, cancelled: impl Fn() -> bool + 'a) -> Self {
        self.cancelled = Box::new(cancelled);
        self
    }

    /// Calls `progress` about once a second, on the caller's thread.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(Progress) + 'a) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Calls `waits` once, with the name of a process that fetches the same model, while that is waited for.
    #[must_use]
    pub fn waits(mut self, waits: impl FnMut(&str) + 'a) -> Self {
        self.waits = Box::new(waits);
        self
    }

    /// Calls `ran` after each command.
    #[must_use]
    pub fn ran(mut self, ran: impl FnMut(&Ran<'_>) + 'a) -> Self {
        self.ran = Box::new(ran);
        self
    }
}

/// Fetches what was announced to `place`.
pub(crate) fn fetch(
    request: &ModelRequest,
    place: &Place,
    cache: &Path,
    announced: &Announced,
    access: &Access<'_>,
    watch: &mut Watch<'_>,
) -> Result<Found, ModelError> {
    let model = name(request);
    let read_only = |error: durable::DurableError| refused(error, &model, cache);
    durable::private_dir(cache).map_err(read_only)?;
    durable::private_dir(&cache.join("hf")).map_err(read_only)?;
    let started = Instant::now();
    let _lock = lock(place, &model, access.limits.total, watch)?;
    let replaces = match inspect::kept(place, &request.shape, cache)? {
        // Another process fetched it while we waited.
        Kept::Whole(found) => return Ok(found),
        Kept::Partial { replaces, .. } => replaces,
    };
    space::check(place, announced, &model)?;
    for path in replaces {
        remove(&path)?;
    }
    place.write(announced.commit.clone(), false, announced.files.clone())?;
    tracing::info!(model, folder = %place.folder.display(), "fetching a model");
    let command = HfCommand::find(access.env, access.keeper, request)?;
    parts::adopt(place);
    let mut run = run::Run { command: &command, request, place, announced, access, started, watch };
    run.rest()?;
    let (followed, ended) = (Followed::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        // Without a thread the files are hashed once they are there.
        let follows = std::thread::Builder::new().spawn_scoped(scope, || followed.follow(&place.parts, &ended));
        if let Err(error) = follows {
            tracing::debug!(%error, "no thread to hash the files on while they grow");
        }
        let result = run.download();
        ended.store(true, Ordering::SeqCst);
        result
    })?;
    let files = verify::sizes(request, place, announced)?;
    // Before the digests are remembered: a file that loses one of its names has another change time.
    parts::forget(place);
    let mut digests = Digests::load(cache, &place.path);
    verify::digests(place, &files, &followed, &mut digests, &*watch.cancelled, &model)?;
    digests.save();
    place.write(announced.commit.clone(), true, files)?;
    match inspect::kept(place, &request.shape, cache)? {
        Kept::Whole(found) => Ok(found),
        Kept::Partial { why: Some(why), .. } => Err(why),
        Kept::Partial { why: None, .. } => Err(ModelError::Missing { path: place.path.clone() }),
    }
}

/// Waits for another fetch into the same folder.
fn lock(place: &Place, model: &str, wait: Duration, watch: &mut Watch<'_>) -> Result<Lock, ModelError> {
    let purpose = format!("download of {model}");
    let started = Instant::now();
    let mut told = false;
    loop {
        if let Some(lock) = Lock::try_acquire(&place.lock, &purpose)? {
            return Ok(lock);
        }
        if (watch.cancelled)() {
            return Err(FetchError::Cancelled { model: model.to_owned() }.into());
        }
        if started.elapsed() > wait {
            return Ok(Lock::acquire(&place.lock, &purpose, Duration::ZERO)?);
        }
        if !told && started.elapsed() > Duration::from_millis(200) {
            (watch.waits)(&Lock::holder(&place.lock).to_string());
            told = true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Removes what is no model, so that the command fetches it again: it takes a file that is there for its own.
fn remove(path: &Path) -> Result<(), ModelError> {
    tracing::info!(path = %path.display(), "removing what is not the announced file");
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(ModelError::Unreadable { path: path.into(), source })
        }
        _ => Ok(()),
    }
}

/// A folder that cannot be made, in the words of a download.
fn refused(error: durable::DurableError, model: &str, place: &Path) -> ModelError {
    let why = match &error {
        durable::DurableError::Io { source, .. } if source.kind() == std::io::ErrorKind::ReadOnlyFilesystem => {
            "the file system is mounted read-only"
        }
        durable::DurableError::Denied { .. } => "this user may not write there",
        _ => return error.into(),
    };
    FetchError::ReadOnly { model: model.to_owned(), place: place.into(), why }.into()
}
