//! The one way to a model: look, ask, fetch if it must be, check.

use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{Env, Keeper, Redactor};

use crate::digests::Digests;
use crate::fetch::{self, Access, FetchLimits, Watch};
use crate::hub::ask::{self, Question, wanted};
use crate::hub::command::HfCommand;
use crate::hub::token::{self, Token};
use crate::inspect::{self, Kept};
use crate::local::gguf;
use crate::place::Place;
use crate::presence::{Announced, FetchPlan, Found, HubFile, Presence, REVISION};
use crate::{CommitId, HubError, ModelError, ModelRequest, ModelShape, ModelSource};

/// Brings models to this host.
#[derive(Clone, Debug)]
pub struct ModelProvisioner {
    cache: PathBuf,
    env: Env,
    limits: FetchLimits,
    token_file: Option<PathBuf>,
    keeper: Option<Keeper>,
}

impl ModelProvisioner {
    /// Fetched models go below `cache`; `env` gives PATH, proxies and the Hugging Face settings and token.
    pub fn new(cache: impl Into<PathBuf>, env: Env) -> Self {
        Self { cache: cache.into(), env, limits: FetchLimits::default(), token_file: None, keeper: None }
    }

    /// Sets how long a download may take in all; six hours when left out.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.total = deadline;
        self
    }

    /// Sets how long a download may take, and how long it may bring nothing.
    #[must_use]
    pub fn limits(mut self, limits: FetchLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes the token from a file instead of the environment. It is read when the hub is asked.
    #[must_use]
    pub fn token_file(mut self, path: Option<PathBuf>) -> Self {
        self.token_file = path;
        self
    }

    /// Has the download command's processes ended when this process is killed. Without one, what a wrapper of the command
    /// started lives on then.
    #[must_use]
    pub fn keeper(mut self, keeper: Option<Keeper>) -> Self {
        self.keeper = keeper;
        self
    }

    /// What can be said without the network. Reads headers and sizes; hashes and writes nothing.
    pub fn inspect(&self, request: &ModelRequest) -> Presence {
        self.look(request).unwrap_or_else(Presence::Unusable)
    }

    fn look(&self, request: &ModelRequest) -> Result<Presence, ModelError> {
        check(request)?;
        let Some(place) = Place::of(&self.cache, request) else {
            let ModelSource::Local(path) = &request.source else { return Err(ask::not_remote()) };
            return inspect::local(path, &request.shape, &self.cache).map(Presence::Present);
        };
        let files = wanted(request)?;
        match inspect::kept(&place, &request.shape, &self.cache)? {
            Kept::Whole(found) => Ok(Presence::Present(found)),
            Kept::Partial { replaces, .. } => {
                let begun = place.read().filter(|list| !list.complete);
                let resumes = begun.as_ref().and_then(|list| list.commit.clone());
                let listed = begun.map(|list| list.files).filter(|files| !files.is_empty());
                let named = || files.into_iter().map(|path| HubFile { path, size: None, sha256: None }).collect();
                let command = HfCommand::find(&self.env, self.keeper.as_ref(), request)?;
                let revision = resumes.as_ref().map_or(REVISION, CommitId::as_str);
                let spec = command.download(request, &place, Some(revision), self.limits.total);
                let asks = command.asks(request);
                Ok(Presence::Fetchable(FetchPlan {
                    commands: vec![spec],
                    asks,
                    files: listed.unwrap_or_else(named),
                    folder: place.folder,
                    path: place.path,
                    replaces,
                    resumes,
                }))
            }
        }
    }

    /// Asks the hub what the model is made of and whether it may be fetched: a few seconds, before anything long.
    ///
    /// `cancelled` is asked several times a second. A refusal is a [`HubError`]; too little room where the model goes, or
    /// no right to write there, a [`FetchError`](crate::FetchError).
    pub fn ask_hub(&self, request: &ModelRequest, cancelled: &dyn Fn() -> bool) -> Result<Announced, ModelError> {
        check(request)?;
        let place = Place::of(&self.cache, request).ok_or_else(ask::not_remote)?;
        let command = HfCommand::find(&self.env, self.keeper.as_ref(), request)?;
        let begun = place.read().filter(|list| !list.complete).and_then(|list| list.commit);
        let secrets = self.secrets()?;
        let question = |pinned| Question {
            command: &command,
            request,
            place: &place,
            token: secrets.token.as_ref(),
            has_token: secrets.has_token,
            token_from: &secrets.from,
            redactor: &secrets.redactor,
            pinned,
            cancelled,
        };
        match ask::ask(&question(begun.as_ref())) {
            // The history was rewritten since the fetch began: it begins again.
            Err(ModelError::Hub(HubError::NoRevision { .. })) if begun.is_some() => ask::ask(&question(None)),
            answer => answer,
        }
    }

    /// Fetches what [`ModelProvisioner::ask_hub`] announced. Resumes what was begun, and waits for another process that
    /// fetches the same.
    pub fn fetch(
        &self,
        request: &ModelRequest,
        announced: &Announced,
        watch: &mut Watch<'_>,
    ) -> Result<Found, ModelError> {
        check(request)?;
        let place = Place::of(&self.cache, request).ok_or_else(ask::not_remote)?;
        let secrets = self.secrets()?;
        let access = Access {
            env: &self.env,
            keeper: self.keeper.as_ref(),
            token: secrets.token.as_ref(),
            has_token: secrets.has_token,
            token_from: &secrets.from,
            redactor: &secrets.redactor,
            limits: self.limits,
        };
        fetch::fetch(request, &place, &self.cache, announced, &access, watch)
    }

    /// The model, fetched if it is not there, checked in any case.
    pub fn ensure_present(&self, request: &ModelRequest) -> Result<Found, ModelError> {
        self.ensure_present_watched(request, &mut Watch::default())
    }

    /// The model, fetched if it is not there, checked in any case; a fetch can be watched and cancelled.
    pub fn ensure_present_watched(&self, request: &ModelRequest, watch: &mut Watch<'_>) -> Result<Found, ModelError> {
        let found = match self.inspect(request) {
            Presence::Present(found) => found,
            Presence::Unusable(error) => return Err(error),
            Presence::Fetchable(_) => {
                let announced = self.ask_hub(request, &*watch.cancelled)?;
                self.fetch(request, &announced, watch)?
            }
        };
        let found = self.check_sum(request, found)?;
        tracing::info!(path = %found.staged.path.display(), size = found.staged.size(), "model is present");
        Ok(found)
    }

    /// Compares the checksum that was configured; computed once for each change of the file.
    pub fn check_sum(&self, request: &ModelRequest, mut found: Found) -> Result<Found, ModelError> {
        let Some(expected) = &request.sha256 else { return Ok(found) };
        let Some(first) = found.staged.files.first_mut() else { return Ok(found) };
        let mut digests = Digests::load(&self.cache, &found.staged.path);
        let file = gguf::found(&first.path)?;
        let actual = digests.compute(&file)?;
        digests.save();
        if !actual.eq_ignore_ascii_case(expected) {
            let path = first.path.clone();
            return Err(ModelError::WrongChecksum { path, expected: expected.clone(), actual });
        }
        first.digest = Some(format!("sha256:{actual}"));
        Ok(found)
    }

    /// The SHA-256 (hexadecimal) of one file of a model: the `Staged::path` of the model and the file itself. Remembered as
    /// long as the file does not change.
    pub fn digest_of(&self, model: &Path, file: &Path) -> Result<String, ModelError> {
        let mut digests = Digests::load(&self.cache, model);
        let digest = digests.compute(&gguf::found(file)?)?;
        digests.save();
        Ok(digest)
    }

    fn secrets(&self) -> Result<Secrets, ModelError> {
        let file: Option<&Path> = self.token_file.as_deref();
        let token = file.map(Token::read).transpose()?;
        let redactor = token::redactor(&self.env, token.as_ref());
        let from = token::origin(&self.env, file);
        let has_token = token.is_some() || token::is_in(&self.env);
        Ok(Secrets { token, redactor, from, has_token })
    }
}

/// What is secret in one use, and what must not be printed.
struct Secrets {
    token: Option<Token>,
    redactor: Redactor,
    from: String,
    has_token: bool,
}

/// Combinations that have no meaning.
fn check(request: &ModelRequest) -> Result<(), ModelError> {
    let wrong = |what, help| Err(ModelError::Request { what, help });
    match (&request.shape, &request.source) {
        (ModelShape::TritonRepository, ModelSource::Hub { .. }) => {
            wrong("a Triton model repository is not fetched from a hub", "name its folder on this host")
        }
        (ModelShape::Repository { .. }, ModelSource::Hub { file: Some(_), .. }) => {
            wrong("this engine reads a whole repository, and one file of it is named", "leave the file out")
        }
        (ModelShape::Gguf, ModelSource::Hub { file: None, .. }) => {
            wrong("a GGUF model of a hub needs the name of its file", "name it: hf:OWNER/NAME/FILE.gguf")
        }
        (ModelShape::Repository { .. } | ModelShape::TritonRepository, _) if request.sha256.is_some() => {
            wrong("a checksum belongs to one file, and this model is a folder", "pin its revision to a commit instead")
        }
        _ => Ok(()),
    }
}
