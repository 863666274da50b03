//! The proof bundle of a call that failed: what its run left on disk, and why it failed.
//!
//! The rules: nothing on disk changes; a call that failed before anything ran has a bundle with its plan; the engine's log
//! is part of it only where the engine itself failed, without the values of the pool's secrets.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use config_schema::{PoolConfig, PoolId};
use exec::{Env, Redactor};
use miette::Diagnostic;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use spawner::PoolDir;

use super::manifest::{self, ProofFile, ProofManifest};
use super::{Bundle, LARGEST_FILE};
use crate::plan::SCHEMA;
use crate::pool::secret_file;
use crate::{Lifecycle, Plan, Result, Settings};

/// The name of the file with the failure.
const NAME: &str = "failure.json";
/// The name of the engine's log in a bundle.
const LOG: &str = "engine.log";
/// How much of the engine's log a bundle holds, in lines from its end.
const LINES: usize = 5_000;
/// Areas of error codes that are about the engine's process: its log says more.
const OF_ENGINE: [&str; 3] = ["engine", "gpu", "spawner"];

/// Why a call failed, as its bundle has it in `failure.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCall {
    /// The pool.
    pub pool_id: PoolId,
    /// The run, as in its events; empty where it ended before the first event.
    pub run_id: String,
    /// The stable code of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The facts.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl FailedCall {
    /// The failure of the run `run_id` of a pool, as plain data.
    pub fn of(pool: &PoolId, run_id: &str, error: &dyn Diagnostic) -> Self {
        let text = |part: Option<Box<dyn std::fmt::Display + '_>>| part.map(|part| part.to_string());
        let (code, help) = (text(error.code()), text(error.help()));
        Self { pool_id: pool.clone(), run_id: run_id.to_owned(), code, message: error.to_string(), help }
    }

    /// Whether the engine's process failed, so that its log is evidence.
    fn is_of_engine(&self) -> bool {
        let area = self.code.as_deref().and_then(|code| code.split_once("::")).map(|(area, _)| area);
        area.is_some_and(|area| OF_ENGINE.contains(&area))
    }
}

impl Bundle {
    /// The bundle that the run `run_id` of a pool left below `run_dir`; none where it failed before anything ran.
    pub fn of_run(run_dir: &Path, pool: &PoolId, run_id: &str) -> Result<Option<Self>> {
        let Some(dir) = PoolDir::existing(run_dir, pool.as_str())? else { return Ok(None) };
        let bundles = std::fs::read_dir(dir.proof_dir()).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut bundles: Vec<_> = bundles.collect();
        bundles.sort();
        let is_it = |bundle: &Self| bundle.manifest().is_ok_and(|manifest| manifest.run_id == run_id);
        Ok(bundles.iter().rev().filter_map(|path| Self::read(path).ok()).find(is_it))
    }

    /// The bundle of a call that failed: `made` is what its run left ([`Bundle::of_run`], or the folder that the summary
    /// of its engine names), `plan` is what it would have executed where it left nothing.
    ///
    /// Without the pool's configuration its secrets are not known: then the engine's log is left out.
    pub fn of_failure(
        failed: &FailedCall,
        made: Option<Self>,
        plan: Option<&Plan>,
        pool: Option<&PoolConfig>,
        settings: &Settings,
    ) -> Self {
        let mut bundle = made.unwrap_or_else(|| Self { files: BTreeMap::new(), from: "the failed call".into() });
        if let (None, Some(plan)) = (bundle.files.get("plan.json"), plan) {
            bundle.put("plan.json", serde_json::to_vec_pretty(plan).unwrap_or_default());
        }
        let masker = pool.map_or_else(Redactor::new, |pool| masker(pool, &settings.env));
        if pool.is_some() && failed.is_of_engine() {
            let log = Lifecycle::new(settings.clone()).logs(&failed.pool_id, LINES).unwrap_or_default();
            bundle.put(LOG, masker.text(&log).into_owned().into_bytes());
        }
        let failed = FailedCall { message: masker.text(&failed.message).into_owned(), ..failed.clone() };
        bundle.put(NAME, serde_json::to_vec_pretty(&failed).unwrap_or_default());
        bundle.seal_again(&failed);
        bundle
    }

    /// Why the call failed whose bundle this is; none of a call that succeeded.
    pub fn failure(&self) -> Option<FailedCall> {
        self.document(NAME)
    }

    fn put(&mut self, name: &str, bytes: Vec<u8>) {
        if !bytes.is_empty() && bytes.len() as u64 <= LARGEST_FILE {
            self.files.insert(name.to_owned(), bytes);
        }
    }

    /// Adds the digests of the files that were added to what the bundle says of itself.
    fn seal_again(&mut self, failed: &FailedCall) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut manifest = self.manifest().unwrap_or_else(|_missing| ProofManifest {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pool_id: failed.pool_id.clone(),
            run_id: failed.run_id.clone(),
            sealed_unix_s: now.as_secs(),
            files: BTreeMap::new(),
            left_out: Vec::new(),
        });
        for name in ["plan.json", LOG, NAME] {
            // What was sealed before keeps the digest that it was sealed with.
            let sealed = name == "plan.json" && manifest.files.contains_key(name);
            if let Some(bytes) = self.files.get(name).filter(|_| !sealed) {
                let digest = format!("sha256:{}", durable::sha256_of(bytes));
                manifest.files.insert(name.into(), ProofFile { size: bytes.len() as u64, digest });
            }
        }
        self.files.insert(manifest::NAME.to_owned(), serde_json::to_vec_pretty(&manifest).unwrap_or_default());
    }
}

/// What masks the values of the pool's secrets.
fn masker(pool: &PoolConfig, env: &Env) -> Redactor {
    let mut redactor = Redactor::new();
    let of_env = pool.provisioning.secret_env.iter().filter_map(|name| env.get_str(name.as_str()));
    of_env.for_each(|value| redactor.add(value));
    let files = secret_file::of_pool(pool);
    for (name, file) in &files {
        file.value(name).map(|value| redactor.add(value.expose_secret())).ok();
    }
    let flags = pool.provisioning.flags.as_deref().unwrap_or_default();
    for (at, flag) in flags.iter().enumerate() {
        match flag.split_once('=') {
            Some((name, value)) if exec::looks_secret(name) => redactor.add(value),
            None if exec::looks_secret(flag) => {
                if let Some(value) = flags.get(at + 1) {
                    redactor.add(value);
                }
            }
            _ => {}
        }
    }
    redactor
}
