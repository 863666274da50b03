//! `proof.json`: the names, sizes and digests of a bundle's files, written last.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use config_schema::PoolId;
use serde::{Deserialize, Serialize};

use super::{LARGEST, LARGEST_FILE, MOST_FILES};
use crate::Result;
use crate::plan::SCHEMA;

/// Its name.
pub(crate) const NAME: &str = "proof.json";

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProofManifest {
    /// The version of this format.
    pub schema: u32,
    /// The version of the program that wrote it.
    pub version: String,
    /// The pool.
    pub pool_id: PoolId,
    /// The run, as in its events.
    pub run_id: String,
    /// When it was sealed last, in seconds since 1970.
    pub sealed_unix_s: u64,
    /// Its files by name.
    pub files: BTreeMap<String, ProofFile>,
    /// Names of files that are in the folder and are not part of it: too many, too large, or no plain files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProofFile {
    /// Bytes.
    pub size: u64,
    /// `sha256:…`
    pub digest: String,
}

/// Seals the bundle in `dir`.
pub(crate) fn seal(dir: &Path, pool_id: &PoolId, run_id: &str) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut manifest = ProofManifest {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pool_id: pool_id.clone(),
        run_id: run_id.to_owned(),
        sealed_unix_s: now.as_secs(),
        files: BTreeMap::new(),
        left_out: Vec::new(),
    };
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != NAME && !name.starts_with(".new-"))
        .collect();
    names.sort();
    let mut total = 0_u64;
    for name in names {
        match durable::read_regular(&dir.join(&name), LARGEST_FILE) {
            // One more is the manifest itself.
            Ok(Some(bytes)) if manifest.files.len() + 1 < MOST_FILES && total + (bytes.len() as u64) < LARGEST / 2 => {
                total += bytes.len() as u64;
                let digest = format!("sha256:{}", durable::sha256_of(&bytes));
                manifest.files.insert(name, ProofFile { size: bytes.len() as u64, digest });
            }
            _ => manifest.left_out.push(name),
        }
    }
    let bytes = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    Ok(durable::replace_until_reboot(&dir.join(NAME), &bytes)?)
}

/// Seals a bundle again that was sealed before and of which a file was written anew.
pub(crate) fn reseal(dir: &Path) -> Result<()> {
    let bytes = durable::read_regular(&dir.join(NAME), LARGEST_FILE)?;
    match bytes.and_then(|bytes| serde_json::from_slice::<ProofManifest>(&bytes).ok()) {
        Some(before) => seal(dir, &before.pool_id, &before.run_id),
        None => Ok(()),
    }
}
