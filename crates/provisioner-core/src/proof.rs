//! Proof bundles after the fact: sealed by digests, packed into one file, shown, and checked without trusting them.
//!
//! The rules: a bundle is flat and bounded in size and number of files; checking one runs nothing of it and follows no
//! link in it; what could not be checked is listed, never passed over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Ensured, Executed, Plan, Result};

mod failed;
pub(crate) mod manifest;
pub(crate) mod tar;
mod verify;

pub use failed::FailedCall;
pub use manifest::{ProofFile, ProofManifest};

/// Most files of a bundle.
pub(crate) const MOST_FILES: usize = 64;
/// The largest file of a bundle, in bytes; a longer log is cut in its middle.
pub(crate) const LARGEST_FILE: u64 = 16 << 20;
/// The largest bundle, in bytes.
pub(crate) const LARGEST: u64 = 128 << 20;

/// A bundle that was read: its files by name.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What names it in messages.
    from: PathBuf,
}

/// What a check of a bundle found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofReport {
    /// What the bundle says of itself.
    pub manifest: ProofManifest,
    /// Each thing that was looked at, in order.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What.
    pub what: String,
    /// What was found.
    pub verdict: CheckVerdict,
    /// The facts, or why it could not be checked.
    pub detail: String,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckVerdict {
    /// It is as it says.
    Holds,
    /// It is not.
    Differs,
    /// It could not be checked.
    Unchecked,
}

/// Why a bundle cannot be read.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum ProofError {
    /// There is no proof bundle of that name.
    #[error("there is no proof bundle `{}`", path.display())]
    #[diagnostic(
        code(proof::missing),
        help("name a folder below `proof/` of a pool, or a file that `ensure --proof-out` wrote")
    )]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// The folder or file is not a whole proof bundle.
    #[error("`{}` is not a proof bundle: {why}", path.display())]
    #[diagnostic(
        code(proof::unreadable),
        help("name a folder below `proof/` of a pool, or a file that `ensure --proof-out` wrote")
    )]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The proof bundle was sealed in another version of the format.
    #[error("the proof bundle `{}` is of schema {schema}, and this program reads schema {}", path.display(), crate::SCHEMA)]
    #[diagnostic(code(proof::version), help("use the program that wrote it: version {version}"))]
    Version {
        /// The path.
        path: PathBuf,
        /// Its schema.
        schema: u64,
        /// Which program wrote it.
        version: String,
    },
}

impl ProofReport {
    /// Whether nothing that was checked differs.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.verdict != CheckVerdict::Differs)
    }
}

impl Bundle {
    /// Reads a bundle's folder, or the file that [`Bundle::pack`] wrote.
    ///
    /// # Errors
    /// `proof::missing` or `proof::unreadable`; `file::*` for what is no plain file or too large.
    pub fn read(path: &Path) -> Result<Self> {
        let unreadable = |why: String| ProofError::Unreadable { path: path.into(), why };
        let files = match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ProofError::Missing { path: path.into() }.into());
            }
            Ok(meta) if meta.is_dir() => folder(path)?,
            _ => {
                let bytes = durable::read_regular(path, LARGEST)?.unwrap_or_default();
                tar::read(&bytes).map_err(unreadable)?
            }
        };
        Ok(Self { files, from: path.into() })
    }

    /// The bundle as one file, a tar archive; the same bytes each time.
    pub fn pack(&self) -> Vec<u8> {
        tar::write(&self.files)
    }

    /// What the bundle says of itself.
    pub fn manifest(&self) -> Result<ProofManifest> {
        let unreadable = |why: String| ProofError::Unreadable { path: self.from.clone(), why };
        let bytes =
            self.files.get(manifest::NAME).ok_or_else(|| unreadable(format!("it has no `{}`", manifest::NAME)))?;
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        let schema = value.get("schema").and_then(serde_json::Value::as_u64).unwrap_or_default();
        if schema != u64::from(crate::SCHEMA) {
            let version = value.get("version").and_then(serde_json::Value::as_str).unwrap_or("unknown").to_owned();
            return Err(ProofError::Version { path: self.from.clone(), schema, version }.into());
        }
        Ok(serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))?)
    }

    /// The plan that was executed, where it is there and can be read.
    pub fn plan(&self) -> Option<Plan> {
        self.document("plan.json")
    }

    /// What was executed, where it is there and can be read.
    pub fn executed(&self) -> Option<Executed> {
        self.document("executed.json")
    }

    /// What was started, where something was.
    pub fn summary(&self) -> Option<Ensured> {
        self.document("prepared-engine.json")
    }

    /// Recomputes every digest, compares what ran with the plan, and looks at what the bundle speaks of as far as it is on
    /// this host.
    pub fn verify(&self) -> Result<ProofReport> {
        let manifest = self.manifest()?;
        let checks = verify::checks(self, &manifest);
        Ok(ProofReport { manifest, checks })
    }

    pub(crate) fn document<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(self.files.get(name)?).ok()
    }
}

/// The files of a folder, without temporary ones.
fn folder(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let unreadable = |why: String| ProofError::Unreadable { path: path.into(), why };
    let mut files = BTreeMap::new();
    let mut total = 0_u64;
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(error.to_string()))? {
        let entry = entry.map_err(|error| unreadable(error.to_string()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(".new-") {
            continue;
        }
        let bytes = durable::read_regular(&entry.path(), LARGEST_FILE)?.unwrap_or_default();
        total = total.saturating_add(bytes.len() as u64);
        files.insert(name, bytes);
        if files.len() > MOST_FILES || total > LARGEST {
            return Err(unreadable(format!("it has more than {MOST_FILES} files or {} MiB", LARGEST >> 20)).into());
        }
    }
    Ok(files)
}
