//! The folder in which files arrive: one caller downloads a file, the others wait for it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use durable::{Lock, Stamp, Wait};
use http::Options;

use crate::part::Part;
use crate::{Digest, DownloadError, Notice, Source, Want, local, remote};

/// What arrived and was not asked for again is kept this long.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Downloads below one private folder.
#[derive(Clone, Debug)]
pub struct Downloads {
    dir: PathBuf,
}

/// A file that arrived.
#[derive(Debug)]
pub struct Fetched {
    path: PathBuf,
    file: File,
    size: u64,
    sha256: Digest,
    stamp: Option<Stamp>,
    /// Held while it is used, where it is a file of ours.
    lock: Option<Lock>,
}

impl Downloads {
    /// Files arrive below this folder, which is made when it is needed.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.into() }
    }

    /// Where the file will be that is wanted: one of this host where it is, any other below the folder.
    pub fn path_of(&self, want: &Want) -> PathBuf {
        match &want.source {
            Source::File(path) => path.clone(),
            Source::Web(_) => self.dir.join(name(want)),
        }
    }

    /// Downloads a file, or waits for the caller that does, or finds it there. While the result lives, no other caller
    /// is given the file: each of them reads it on its own, one after another.
    ///
    /// # Errors
    /// Every [`DownloadError`]; what arrived is kept, unless the whole file was another than the one asked for.
    pub fn fetch(&self, want: &Want, options: &Options, tell: &dyn Fn(Notice)) -> Result<Fetched, DownloadError> {
        let until = Instant::now() + want.deadline;
        match &want.source {
            Source::File(path) => {
                let (file, stamp, size, sha256, asked) = local::fetch(path, want, &options.cancel, tell)?;
                compare(want, asked)?;
                let mut reader = &file;
                std::io::Seek::rewind(&mut reader).map_err(DownloadError::io("read", path))?;
                Ok(Fetched { path: path.clone(), file, size, sha256, stamp: Some(stamp), lock: None })
            }
            Source::Web(url) => self.shared(url, want, options, until, tell),
        }
    }

    /// Keeps a file that arrived without a digest for the call that asks for it by the digest that it has. A file of this
    /// host stays where it is, and where another call downloads the same file that one is left to it.
    pub fn keep(&self, fetched: &Fetched, want: &Want) {
        let named = Want { digest: Some(fetched.sha256), ..want.clone() };
        let path = self.path_of(&named);
        let Some(_own) = fetched.lock.as_ref().filter(|_| path != fetched.path) else { return };
        if let Ok(Some(_lock)) = Lock::try_acquire(&path.with_extension("lock"), "download")
            && let Err(error) = fs::rename(&fetched.path, &path)
        {
            tracing::debug!(%error, "what arrived is downloaded again when it is asked for");
        }
    }

    fn shared(
        &self,
        url: &http::Url,
        want: &Want,
        options: &Options,
        until: Instant,
        tell: &dyn Fn(Notice),
    ) -> Result<Fetched, DownloadError> {
        durable::private_dir(&self.dir)?;
        let path = self.dir.join(name(want));
        let patience = Wait::new(want.deadline).cancel(&options.cancel);
        let patience = patience.tell(|holder| tell(Notice::Waits(holder.to_string())));
        let lock = Lock::acquire_with(&path.with_extension("lock"), "download", patience)?;
        self.sweep(&path);
        let found = whole(&path, want)?;
        let (file, sha256) = found.map_or_else(|| arrive(&path, url, want, options, until, tell), Ok)?;
        let size = file.metadata().map_err(DownloadError::io("look at", &path))?.len();
        Ok(Fetched { path, file, size, sha256, stamp: None, lock: Some(lock) })
    }

    /// Removes what was left long ago and no call works on. Locks stay: a lock file that is removed locks nothing.
    fn sweep(&self, own: &Path) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_lock = path.extension().is_some_and(|extension| extension == "lock");
            let modified = entry.metadata().and_then(|meta| meta.modified()).unwrap_or_else(|_| SystemTime::now());
            let old = SystemTime::now().duration_since(modified).is_ok_and(|age| age > KEPT);
            if is_lock || !old || path.file_stem() == own.file_stem() {
                continue;
            }
            if matches!(Lock::try_acquire(&path.with_extension("lock"), "sweep"), Ok(Some(_))) {
                tracing::info!(path = %path.display(), "removing what is left of an old download");
                fs::remove_file(&path).ok();
            }
        }
    }
}

impl Fetched {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file, open at its beginning. Read from here, not from the path, what was hashed.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its SHA-256, whichever digest was asked for.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Whether it is still the file that was hashed: a file of ours always, one of the host's unless it was written to.
    pub fn is_unchanged(&self) -> bool {
        let now = || self.file.metadata().ok().map(|meta| Stamp::of(&meta));
        self.stamp.is_none() || self.stamp == now()
    }

    /// Removes it, for a caller that has made something of it; a file of the host's stays.
    pub fn discard(self) {
        if self.lock.is_some() {
            fs::remove_file(&self.path).ok();
        }
    }
}

/// Downloads a file and gives it its name. What arrived of another file is removed, of this one it is kept.
fn arrive(
    path: &Path,
    url: &http::Url,
    want: &Want,
    options: &Options,
    until: Instant,
    tell: &dyn Fn(Notice),
) -> Result<(File, Digest), DownloadError> {
    let mut part = Part::open(&path.with_extension("part"), want.digest)?;
    match remote::fetch(url, want, options, &mut part, until, tell) {
        Ok(sha256) => Ok((part.finish(path)?, sha256)),
        Err(error) => {
            if matches!(error, DownloadError::Digest { .. } | DownloadError::TooLarge { .. }) {
                part.remove();
            }
            Err(error)
        }
    }
}

/// The name of a file by what was asked for: where it is from, and what it must be.
fn name(want: &Want) -> String {
    use sha2::{Digest as _, Sha256};
    let Source::Web(url) = &want.source else { return String::new() };
    let wanted = want.digest.map(|digest| digest.to_string()).unwrap_or_default();
    let hash = Sha256::digest(format!("{}\n{wanted}", url.reveal()));
    durable::hex(&hash).chars().take(40).collect()
}

/// A file that arrived whole before, with its SHA-256. Without a digest to compare, it may have changed at its server.
fn whole(path: &Path, want: &Want) -> Result<Option<(File, Digest)>, DownloadError> {
    let Some(expected) = want.digest else {
        fs::remove_file(path).ok();
        return Ok(None);
    };
    if !fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file()) {
        return Ok(None);
    }
    let part = Part::open(path, want.digest)?;
    let (sha256, asked) = part.digests();
    if asked == expected {
        return Ok(Some((part.finish(path)?, sha256)));
    }
    part.remove();
    Ok(None)
}

fn compare(want: &Want, got: Digest) -> Result<(), DownloadError> {
    match want.digest {
        Some(expected) if expected != got => {
            Err(DownloadError::Digest { source_url: want.source.to_string(), expected, got, is_page: false })
        }
        _ => Ok(()),
    }
}
