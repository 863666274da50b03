//! Mode `binary`: an archive or a lone program, downloaded, checked, unpacked, judged by its ELF files, proven, and published
//! into the store like a build.
//!
//! The rule: nothing of an archive is run before its digest is the configured one and its files fit this host, and
//! nothing of it is in the store before it has answered.

use artifact_fit::FitError;
use config_schema::PoolConfig;
use engine_store::Entry;

use crate::execute::work::{Done, StepError, Work};
use crate::plan::StepId;
use crate::plan::draft::Draft;
use crate::plan::placeholder::{PROGRAM, literal, marker};
use crate::pool::desired::Desired;
use crate::summary::Artifact;
use crate::supply::asked;
use crate::supply::gpus::Gpus;
use crate::supply::{Accelerated, Documents, Facts, Look, Obtained, Supplied, Supply, SupplyNeeds};
use crate::{Error, Result, Settings};

mod acquire;
mod error;
mod files;
mod fits;
mod host;
mod installed;
mod network;
mod steps;
mod wish;

pub use error::BinaryError;
pub(crate) use network::digest_now;
use wish::Wish;

/// Takes finished engines from archives.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    wish: Wish,
}

impl Binary {
    pub(crate) fn of(pool: &PoolConfig, settings: &Settings) -> Result<Self> {
        Ok(Self { wish: Wish::of(pool, settings)? })
    }
}

impl Supply for Binary {
    fn observe(&self, look: &Look<'_>) -> Result<Box<dyn Supplied>> {
        let entry = self.wish.entry(look.remember)?;
        let linked = self
            .wish
            .install_dir
            .as_deref()
            .zip(entry.as_ref())
            .is_none_or(|(link, entry)| installed::is_link_to(link, entry));
        let gpus = Gpus::find(look);
        let lacks = entry.as_ref().and_then(|entry| fits::lacks(entry, gpus.as_ref(), look));
        Ok(Box::new(Found { wish: self.wish.clone(), gpus, entry, lacks, linked, made: acquire::Made::default() }))
    }

    fn needs(&self, _: &Desired) -> SupplyNeeds {
        SupplyNeeds { tools: Vec::new(), folder: Some(self.wish.layout.root().to_owned()) }
    }
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    wish: Wish,
    /// `None` on the CPU, because the pool says so.
    gpus: Option<Gpus>,
    /// The finished entry, if it is there.
    entry: Option<Entry>,
    /// What that entry's program needs and this host no longer has.
    lacks: Option<FitError>,
    /// Whether the pool's `install_dir` leads to it, where it has one.
    linked: bool,
    /// What the steps made.
    made: acquire::Made,
}

impl Found {
    fn entry(&self) -> Option<Entry> {
        self.made.entry().or_else(|| self.entry.clone())
    }

    /// The program in the archive, or what stands for it.
    fn program(&self) -> String {
        self.wish.program.as_deref().map_or_else(|| marker(PROGRAM), literal)
    }
}

impl Supplied for Found {
    fn steps(&mut self, runs: bool) -> Vec<Draft> {
        steps::steps(self, runs)
    }

    fn run(&self, step: &StepId, work: &Work<'_>) -> std::result::Result<Done, StepError> {
        acquire::run(self, step, work)
    }

    fn facts(&self) -> Option<Facts> {
        Some(facts(self.wish.key()?.as_str()))
    }

    fn wish(&self) -> String {
        format!(
            "{} ({})",
            self.wish.source,
            self.wish.digest.map_or_else(|| "no checksum".into(), |digest| digest.to_string())
        )
    }

    fn artifact(&self) -> Option<Artifact> {
        if let Some(entry) = self.entry() {
            return Some(of_entry(&entry));
        }
        let store = literal(&self.wish.layout.root().join("store").display().to_string());
        let path = format!("{store}/{}/{}/{}", self.wish.key()?, files::FILES, self.program());
        Some(Artifact::Program { path, version: String::new(), digest: None, provenance: None })
    }

    fn obtained(&self) -> Option<Obtained> {
        let entry = self.entry()?;
        let key = entry.manifest.key.to_string();
        Some(Obtained {
            artifact: of_entry(&entry),
            facts: facts(&key),
            build_ref: asked::commit(&entry.manifest.engine_version),
            build_key: Some(key),
            logs: vec![entry.dir.join(files::FIT), entry.dir.join(files::PROVENANCE), entry.dir.join("build.json")],
        })
    }

    fn documents(&self) -> Documents {
        let entry = self.entry();
        let release = entry.as_ref().map(|entry| entry.manifest.engine_version.clone()).unwrap_or_default();
        Documents { help: entry.as_ref().map(Entry::help), docs: None, release, left_out: Vec::new() }
    }

    fn accelerator(&self) -> Option<Accelerated> {
        self.gpus.as_ref().map(Gpus::accelerated)
    }

    fn warnings(&self) -> Vec<String> {
        self.wish.drift.iter().cloned().collect()
    }
}

/// The facts that make an archive's engine the wanted one; where it was downloaded from is none.
fn facts(key: &str) -> Facts {
    Facts::from([("build".to_owned(), key.to_owned())])
}

fn of_entry(entry: &Entry) -> Artifact {
    let provenance = entry.dir.join(files::PROVENANCE);
    Artifact::Program {
        path: entry.binary().display().to_string(),
        version: entry.manifest.engine_version.clone(),
        digest: Some(entry.manifest.engine_digest()),
        provenance: provenance.exists().then(|| provenance.display().to_string()),
    }
}

/// A step that is not one of this supply.
fn unknown(step: &StepId) -> Error {
    Error::UnknownStep { step: step.to_string() }
}
