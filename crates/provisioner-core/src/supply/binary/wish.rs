//! What a pool wants of an archive, lowered from its configuration: pure.

use std::path::PathBuf;

use config_schema::PoolConfig;
use download::{Digest, Downloads, Source, Want};
use engine_store::{Entry, EntryKey, Layout, OpaqueInputs, Recipe, Store};
use serde::{Deserialize, Serialize};

use crate::supply::binary::BinaryError;
use crate::{Result, Settings};

/// What decides what an entry from an archive is. Its address does not: the same archive is the same engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// `sha256:…` of the archive.
    pub(crate) archive: String,
    /// Leading folders that are left out.
    pub(crate) strip: u32,
    /// The program, where the pool names it.
    pub(crate) program: Option<String>,
    /// The name of the engine's program, by which it is found otherwise.
    pub(crate) engine: String,
    /// Whether it was proven on a GPU.
    pub(crate) cuda: bool,
}

/// An archive as a pool asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) source: Source,
    pub(crate) digest: Option<Digest>,
    pub(crate) strip: u32,
    pub(crate) program: Option<String>,
    /// The name of the engine's program.
    pub(crate) engine: &'static str,
    pub(crate) cuda: bool,
    pub(crate) install_dir: Option<PathBuf>,
    pub(crate) may_download: bool,
    /// In what the pool's pin differs from its checksum, where it is not used.
    pub(crate) drift: Option<String>,
    pub(crate) layout: Layout,
}

impl Wish {
    /// What the pool's `binary` says.
    pub(crate) fn of(pool: &PoolConfig, settings: &Settings) -> Result<Self> {
        let provisioning = &pool.provisioning;
        let binary = provisioning.binary.as_ref().ok_or_else(|| BinaryError::NoBinary { pool: pool.id.clone() })?;
        let pins = settings.pins.as_ref();
        let pin = pins.map(|pins| pins.archive(pool)).transpose()?.flatten();
        // What was accepted into the lock file stands for the checksum, where nothing else is used.
        let accepted = pin.filter(|_| pins.is_some_and(|pins| pins.locked)).map(|pin| pin.digest);
        let drift = pin.zip(binary.checksum).filter(|(pin, sum)| pin.digest != *sum);
        let drift = drift.map(|(pin, sum)| {
            format!("drift: the archive is pinned to {}, and the pool file's checksum is {sum}", pin.digest)
        });
        Ok(Self {
            source: Source::parse(binary.url.as_str()).map_err(BinaryError::from)?,
            digest: binary.checksum.or(accepted).map(|sum| Digest::Sha256(*sum.as_bytes())),
            drift,
            strip: binary.strip.unwrap_or(0),
            program: binary.program.as_ref().map(ToString::to_string),
            engine: crate::engine::profile(pool.engine).program,
            cuda: provisioning.accelerator == config_schema::Accelerator::Cuda,
            install_dir: binary.install_dir.clone(),
            may_download: provisioning.allow_binary_downloads.unwrap_or(false),
            layout: Layout::new(&settings.cache_dir)?,
        })
    }

    /// How entries of this kind are made; a change of what is done changes the number.
    pub(crate) fn recipe() -> Recipe {
        Recipe::parse("archive/1").unwrap_or_default()
    }

    /// What decides the entry; `None` without a checksum.
    pub(crate) fn inputs(&self) -> Option<OpaqueInputs> {
        let inputs = Inputs {
            archive: self.digest?.to_string(),
            strip: self.strip,
            program: self.program.clone(),
            engine: self.engine.to_owned(),
            cuda: self.cuda,
        };
        OpaqueInputs::of(&inputs).ok()
    }

    /// The name of the entry.
    pub(crate) fn key(&self) -> Option<EntryKey> {
        Some(EntryKey::of(&Self::recipe(), &self.inputs()?.canonical()))
    }

    /// The entry, if it is there and whole.
    pub(crate) fn entry(&self, remember: bool) -> Result<Option<Entry>> {
        let Some(key) = self.key() else { return Ok(None) };
        let store = Store::new(self.layout.clone());
        Ok(if remember { store.take(&key)? } else { store.lookup(&key)? })
    }

    /// Where archives arrive.
    pub(crate) fn downloads(&self) -> Downloads {
        Downloads::new(&self.layout.dir("downloads"))
    }

    /// The file that the archive is read from.
    pub(crate) fn archive(&self) -> PathBuf {
        self.downloads().path_of(&Want { digest: self.digest, ..Want::new(self.source.clone()) })
    }

    /// The last part of the address: what a lone program is called.
    pub(crate) fn name(&self) -> String {
        let path = self.source.to_string();
        path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(self.engine).to_owned()
    }
}
