//! Mode `source`: llama.cpp built from its source with CMake, published into the store, proven.

use std::sync::Arc;

use config_schema::PoolConfig;
use engine_store::Entry;
use exec::CommandSpec;
use gpu_detect::{CudaChoice, GpuError};
use llamacpp_build::{BuildError, BuildKey, BuildRequest, Commit, Identity, Near};
use model_provisioner::gguf::KnownFormats;
use preflight::{Need, PreflightError};

use crate::plan::StepId;
use crate::plan::draft::Draft;
use crate::pool::desired::Desired;
use crate::summary::Artifact;
use crate::supply::{Accelerated, Documents, Facts, Look, ModelFormats, Obtained, Supplied, Supply, SupplyNeeds};
use crate::{Error, Result, Settings};

mod acquire;
pub(crate) mod artifact;
pub(crate) mod install;
pub(crate) mod libraries;
mod mirror_made;
mod needs;
mod observe;
mod request;
#[cfg(test)]
pub(crate) mod sample;
mod steps;
pub(crate) mod toolchain;
mod wish;

pub(crate) use request::resolve;
pub(crate) use wish::Wish;

/// Builds from source.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    wish: Wish,
}

impl Source {
    pub(crate) fn of(pool: &PoolConfig, settings: &Settings) -> Result<Self> {
        Ok(Self { wish: Wish::of(pool, settings)? })
    }
}

impl Supply for Source {
    fn observe(&self, look: &Look<'_>) -> Result<Box<dyn Supplied>> {
        Ok(Box::new(observe::observe(&self.wish, look)?))
    }

    fn needs(&self, desired: &Desired) -> SupplyNeeds {
        SupplyNeeds { tools: needs::build(desired, &self.wish), folder: Some(self.wish.layout.root().to_owned()) }
    }
}

/// What was found. Errors stand in it as facts.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) wish: Wish,
    /// What the plan says that it is built for, where no GPU is.
    pub(crate) accelerator: config_schema::Accelerator,
    /// One line about the tools, or what is missing.
    pub(crate) tools: std::result::Result<String, PreflightError>,
    /// What was asked for, which is what would be installed.
    pub(crate) needs: Vec<Need>,
    /// How the missing tools would be installed; absent where nothing is missing, or nothing may be installed.
    pub(crate) install: Option<CommandSpec>,
    /// What the engine will run on; `None` on the CPU, because the pool says so.
    pub(crate) cuda: Option<std::result::Result<CudaChoice, GpuError>>,
    /// The driver's version.
    pub(crate) driver: Option<String>,
    /// Bytes of the chosen GPUs' memory that nothing uses, where the driver reports that of each.
    pub(crate) gpu_memory_free: Option<u64>,
    /// The build as it would be asked for; absent while tools or accelerator are.
    pub(crate) request: Option<BuildRequest>,
    /// The commit, and when it was last asked for (0: never needs asking).
    pub(crate) commit: Option<(Commit, u64)>,
    /// What the build comes to; absent while the request is, empty while the commit is not known.
    pub(crate) identity: Option<std::result::Result<Option<Identity>, BuildError>>,
    /// The finished build, if it is there.
    pub(crate) entry: Option<Arc<Entry>>,
    /// What that build lacks of CUDA's libraries.
    pub(crate) libraries: libraries::Libraries,
    /// What the engine that runs was started from, where that is no build of today.
    pub(crate) runs_from: Option<EarlierBuild>,
    /// Where it is not, the closest stored one.
    pub(crate) near: Option<Near>,
    /// The description of the server in its source, where it is at hand and needed.
    pub(crate) docs: Option<String>,
    /// What else is worth reporting of tools and definitions, in sentences.
    pub(crate) notes: Vec<String>,
    /// What the steps made.
    pub(crate) built: acquire::Built,
}

/// A build that recipe 1 made for the very request of today, and that does not prove to be the same.
#[derive(Debug)]
pub(crate) struct EarlierBuild {
    /// Its key by that recipe.
    pub(crate) key: BuildKey,
    /// The entry, while it is there.
    pub(crate) entry: Option<Arc<Entry>>,
}

impl Found {
    pub(crate) fn known_commit(&self) -> Option<&Commit> {
        self.commit.as_ref().map(|(commit, _)| commit)
    }

    pub(crate) fn known_identity(&self) -> Option<&Identity> {
        match &self.identity {
            Some(Ok(Some(identity))) => Some(identity),
            _ => None,
        }
    }

    /// The entry that is used: the one that was made, else the one that the engine runs from, else the one that was found.
    pub(crate) fn entry(&self) -> Option<Arc<Entry>> {
        let there = || match &self.runs_from {
            Some(earlier) => earlier.entry.clone(),
            None => self.entry.clone(),
        };
        self.built.entry().or_else(there)
    }

    pub(crate) fn chosen(&self) -> Option<&CudaChoice> {
        self.cuda.as_ref().and_then(|cuda| cuda.as_ref().ok())
    }
}

impl Supplied for Found {
    fn steps(&mut self, runs: bool) -> Vec<Draft> {
        steps::steps(self, runs)
    }

    fn run(
        &self,
        step: &StepId,
        work: &crate::execute::work::Work<'_>,
    ) -> std::result::Result<crate::execute::work::Done, crate::execute::work::StepError> {
        acquire::run(self, step, work)
    }

    fn facts(&self) -> Option<Facts> {
        // An entry that proves to be the wanted build has the key of the recipe that made it.
        let key = match (self.built.entry(), &self.runs_from, &self.entry) {
            (Some(entry), ..) => entry.manifest.key.to_string(),
            (None, Some(earlier), _) => earlier.key.to_string(),
            (None, None, Some(entry)) => entry.manifest.key.to_string(),
            (None, None, None) => self.known_identity()?.key().to_string(),
        };
        Some(artifact::facts(&self.wish, &key))
    }

    fn wish(&self) -> String {
        format!("{} at {}", self.wish.source.repo, self.wish.reference)
    }

    fn artifact(&self) -> Option<Artifact> {
        self.request.as_ref()?;
        Some(artifact::planned(self))
    }

    fn obtained(&self) -> Option<Obtained> {
        let entry = self.entry()?;
        Some(artifact::obtained(&self.wish, &entry))
    }

    fn documents(&self) -> Documents {
        let help = self.entry().map(|entry| entry.help());
        // A server that printed no help when it was built is judged by what its source says.
        let docs = if help.as_deref().unwrap_or_default().is_empty() { self.source_docs() } else { None };
        let left_out = artifact::left_out(&self.wish.definitions);
        Documents { help, docs, release: self.wish.reference.clone(), left_out }
    }

    fn accelerator(&self) -> Option<Accelerated> {
        let made = self.built.entry().is_some();
        // What was built a moment ago is linked with the toolkit of today.
        let libraries = if made { &libraries::Libraries::Found } else { &self.libraries };
        Some(artifact::accelerated(self.chosen()?, self.driver.clone(), self.gpu_memory_free, libraries))
    }

    fn warnings(&self) -> Vec<String> {
        let earlier = self.runs_from.as_ref().map(|earlier| {
            format!(
                "the engine that runs was built by an earlier release ({}), which did not write down all that a build is named \
                 by today; it is kept until it is started again",
                earlier.key
            )
        });
        let drift = match (&self.wish.pin, self.known_commit()) {
            (Some(pin), Some(known)) if *pin != known.as_str() => Some(format!(
                "drift: `{}` is pinned to {pin}, and this host last saw it at {}",
                self.wish.reference,
                known.as_str()
            )),
            _ => None,
        };
        let moved = match &self.libraries {
            libraries::Libraries::In(folder) => Some(format!(
                "the build was linked with CUDA libraries in a folder that no longer has them; the engine is started with \
                 those in `{}`",
                folder.display()
            )),
            libraries::Libraries::Found | libraries::Libraries::Gone(_) => None,
        };
        self.notes.iter().cloned().chain(drift).chain(earlier).chain(moved).collect()
    }

    fn model_formats(&self, remember: bool) -> Option<ModelFormats> {
        let (request, fetched) = (self.request.as_ref()?, self.built.commit());
        let may_change = fetched.is_none() && artifact::asks(self);
        let commit = fetched.or_else(|| self.known_commit().cloned())?;
        let (git, repo) = (&request.tools.git.path, &self.wish.source.repo);
        let formats = llamacpp_build::model_formats(&self.wish.layout, repo, &commit, git, &request.env, remember)?;
        let known = KnownFormats { architectures: formats.architectures, tensor_types: formats.tensor_types };
        Some(ModelFormats { known, may_change })
    }
}

impl Found {
    fn source_docs(&self) -> Option<String> {
        self.docs.clone().or_else(|| {
            let commit = self.built.commit()?;
            llamacpp_build::server_docs(&self.wish.layout, self.request.as_ref()?, &commit)
        })
    }
}

/// A step that has nothing to do on its own: the error of a supply that was asked for it.
fn unknown(step: &StepId) -> Error {
    Error::UnknownStep { step: step.to_string() }
}
