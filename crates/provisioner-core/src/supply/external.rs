//! Mode `external` with a path: a program that others installed. It is asked what it is, started, owned and stopped like any
//! other; an update of it is another engine.
//!
//! The rule: what it answered is believed for exactly the bytes that answered.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use config_schema::{Accelerator, Engine, ExternalConfig, PoolConfig, ProvisioningMode};
use serde_json::json;

use crate::execute::work::{Done, StepError, Work};
use crate::plan::draft::{Draft, held_by};
use crate::plan::{Status, StepId, StepKind, literal};
use crate::pool::desired::Desired;
use crate::pool::layout;
use crate::summary::Artifact;
use crate::supply::asked::{self, Answers};
use crate::supply::gpus::Gpus;
use crate::supply::{Accelerated, Documents, Facts, Look, Obtained, Supplied, Supply, SupplyNeeds};
use crate::{Error, FinishedError, Result, Settings};

#[cfg(feature = "finished")]
mod url;

/// No record of answers is larger, in bytes.
const LARGEST: u64 = 1 << 20;

/// Takes a program that is there.
#[derive(Clone, Debug)]
pub(crate) struct External {
    path: PathBuf,
    version: Option<String>,
    /// What programs answered, by their digest.
    answers: PathBuf,
}

/// The supply of a pool in mode `external`: of a program or of an address.
pub(crate) fn of(pool: &PoolConfig, settings: &Settings) -> Result<Box<dyn Supply>> {
    let none = || FinishedError::NoExternal { pool: pool.id.clone() };
    let external = pool.provisioning.external.as_ref().ok_or_else(none)?;
    match (&external.path, &external.url) {
        (Some(path), None) if pool.engine == Engine::Llamacpp => Ok(Box::new(External::of(external, path, settings)?)),
        (Some(_), None) => Err(Error::UnsupportedMode { engine: pool.engine, mode: ProvisioningMode::External }),
        #[cfg(feature = "finished")]
        (None, Some(url)) => Ok(Box::new(url::Remote::of(pool, external, url)?)),
        #[cfg(not(feature = "finished"))]
        (None, Some(url)) => Err(FinishedError::RemoteEngine { url: url.to_string() }.into()),
        (None, None) | (Some(_), Some(_)) => Err(none().into()),
    }
}

impl External {
    fn of(external: &ExternalConfig, path: &Path, settings: &Settings) -> Result<Self> {
        Self::landed(path.to_owned(), external.version.as_ref().map(ToString::to_string), settings)
    }

    /// The program at a path, whatever brought it there.
    pub(crate) fn landed(path: PathBuf, version: Option<String>, settings: &Settings) -> Result<Self> {
        if !path.is_absolute() {
            return Err(FinishedError::RelativeProgram { path }.into());
        }
        if path.to_str().is_none() {
            return Err(Error::NotUtf8 { path });
        }
        Ok(Self { path, version, answers: layout::versioned(&settings.cache_dir).join("answers") })
    }

    /// The digest of the program, or what stands there.
    fn program(&self) -> std::result::Result<String, Error> {
        let no = |what: &'static str| FinishedError::NoLandedProgram { path: self.path.clone(), what };
        let meta = fs::metadata(&self.path).map_err(|_not_there| no("not there"))?;
        if !meta.is_file() {
            return Err(no("not a plain file").into());
        }
        if meta.permissions().mode() & 0o111 == 0 {
            return Err(no("not executable").into());
        }
        Ok(durable::sha256(&self.path)?.1)
    }

    fn record(&self, digest: &str, cuda: bool) -> PathBuf {
        self.answers.join(format!("{digest}{}.json", if cuda { "-cuda" } else { "" }))
    }
}

impl Supply for External {
    fn observe(&self, look: &Look<'_>) -> Result<Box<dyn Supplied>> {
        let cuda = look.desired.accelerator == Accelerator::Cuda;
        let digest = self.program();
        let known = digest.as_ref().ok().and_then(|digest| read(&self.record(digest, cuda)));
        let answers = Mutex::new(known);
        Ok(Box::new(Found { wish: self.clone(), cuda, gpus: Gpus::find(look), digest, answers }))
    }

    fn needs(&self, _: &Desired) -> SupplyNeeds {
        SupplyNeeds::default()
    }
}

/// What was found.
#[derive(Debug)]
struct Found {
    wish: External,
    cuda: bool,
    gpus: Option<Gpus>,
    digest: std::result::Result<String, Error>,
    /// What these very bytes answered, once they were asked.
    answers: Mutex<Option<Answers>>,
}

impl Found {
    fn answers(&self) -> MutexGuard<'_, Option<Answers>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn driver_folder(&self) -> Option<&Path> {
        self.gpus.as_ref().and_then(Gpus::driver_folder)
    }

    /// Whether the version is the one that the pool asks for.
    fn wrong_version(&self) -> Option<FinishedError> {
        let (wanted, answers) = (self.wish.version.as_ref()?, self.answers());
        let found = answers.as_ref()?.version.clone();
        (!found.starts_with(wanted.as_str())).then(|| FinishedError::OtherVersion {
            program: self.wish.path.display().to_string(),
            found,
            wanted: wanted.clone(),
        })
    }

    fn ask(&self, work: &Work<'_>) -> std::result::Result<Done, StepError> {
        let digest = self.digest.as_ref().map_err(|_blocked| Error::UnknownStep { step: "check".into() })?;
        let (path, mut actions) = (&self.wish.path, Vec::new());
        let answers =
            asked::ask(&path.display().to_string(), path, self.cuda, self.driver_folder(), work, &mut actions)
                .map_err(|error| StepError { error, actions: actions.clone() })?;
        // What answered is what was hashed.
        if self.wish.program().ok().as_ref() != Some(digest) {
            let replan = Some(format!("`{}` changed while it was asked", path.display()));
            return Ok(Done { replan, ..Done::with(actions) });
        }
        write(&self.wish.record(digest, self.cuda), &answers);
        *self.answers() = Some(answers);
        match self.wrong_version() {
            Some(error) => Err(StepError { error: error.into(), actions }),
            None => Ok(Done::with(actions)),
        }
    }
}

impl Supplied for Found {
    fn steps(&mut self, runs: bool) -> Vec<Draft> {
        let (no_gpu, accelerator) = Gpus::step(self.gpus.as_mut());
        let path = self.wish.path.display().to_string();
        let wrong = self.wrong_version();
        let inputs = self.digest.as_ref().ok().map(|digest| json!({ "program": format!("sha256:{digest}") }));
        let mut check = match (std::mem::replace(&mut self.digest, Ok(String::new())), wrong) {
            (Err(error), _) => Draft::blocked(StepKind::Check, &path, error),
            (Ok(digest), Some(error)) => {
                self.digest = Ok(digest);
                Draft::blocked(StepKind::Check, &path, error)
            }
            (Ok(digest), None) => {
                self.digest = Ok(digest);
                let known = self.answers().as_ref().map(|answers| format!("{path} {}", answers.version));
                match known {
                    Some(detail) => Draft::new(StepKind::Check, detail, Status::Satisfied),
                    None if runs => Draft::new(StepKind::Check, &path, Status::Satisfied),
                    None if no_gpu => Draft::new(StepKind::Check, &path, held_by(&StepKind::Accelerator.into())),
                    None => {
                        let mut draft = Draft::new(StepKind::Check, &path, Status::ToRun);
                        draft.step.actions = asked::planned(&literal(&path), self.cuda, self.driver_folder());
                        draft
                    }
                }
            }
        };
        // An approved plan holds for these very bytes.
        check.step.inputs = inputs;
        vec![accelerator, check.after([StepKind::Accelerator])]
    }

    fn run(&self, step: &StepId, work: &Work<'_>) -> std::result::Result<Done, StepError> {
        if *step == StepKind::Check.into() {
            return self.ask(work);
        }
        Err(Error::UnknownStep { step: step.to_string() }.into())
    }

    fn facts(&self) -> Option<Facts> {
        let digest = self.digest.as_ref().ok().filter(|digest| !digest.is_empty())?;
        let path = self.wish.path.display().to_string();
        Some(Facts::from([("program".to_owned(), path), ("digest".to_owned(), format!("sha256:{digest}"))]))
    }

    fn wish(&self) -> String {
        self.wish.path.display().to_string()
    }

    fn artifact(&self) -> Option<Artifact> {
        let digest = self.digest.as_ref().ok().filter(|digest| !digest.is_empty())?;
        Some(Artifact::Program {
            path: self.wish.path.display().to_string(),
            version: self.answers().as_ref().map(|answers| answers.version.clone()).unwrap_or_default(),
            digest: Some(format!("sha256:{digest}")),
            provenance: None,
        })
    }

    fn obtained(&self) -> Option<Obtained> {
        let build_ref = self.answers().as_ref().and_then(|answers| asked::commit(&answers.version));
        Some(Obtained {
            artifact: self.artifact()?,
            facts: self.facts()?,
            build_ref,
            build_key: None,
            logs: Vec::new(),
        })
    }

    fn documents(&self) -> Documents {
        let answers = self.answers().clone();
        let release = answers.as_ref().map(|answers| answers.version.clone()).unwrap_or_default();
        Documents { help: answers.map(|answers| answers.help), docs: None, release, left_out: Vec::new() }
    }

    fn accelerator(&self) -> Option<Accelerated> {
        self.gpus.as_ref().map(Gpus::accelerated)
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

fn read(path: &Path) -> Option<Answers> {
    let bytes = durable::read_regular(path, LARGEST).ok().flatten()?;
    serde_json::from_slice(&bytes).ok()
}

/// A cache that cannot be written only costs the questions each time.
fn write(path: &Path, answers: &Answers) {
    let bytes = serde_json::to_vec(answers).unwrap_or_default();
    let kept = path.parent().map_or(Ok(()), durable::private_dir).and_then(|()| durable::replace(path, &bytes));
    if let Err(error) = kept {
        tracing::debug!(%error, "answers of a program are not remembered");
    }
}
