//! `pool-file.json`: which pool file a pool's engine was made to run for, and how its section read then.
//!
//! The rules: it is about one engine, and says nothing of another one; parts of a section that no engine is made of, such
//! as limits, do not count; what cannot be read is not known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config_schema::{Config, ConfigError, PoolConfig};
use serde::{Deserialize, Serialize};
use spawner::PoolDir;

use crate::plan::SCHEMA;
use crate::{Ensured, PoolStatus};

/// No such file is larger.
const LARGEST: u64 = 1 << 20;
/// The parts of a pool's section that no engine is made of.
const APART: [&str; 3] = ["queue", "admission", "timeouts"];
/// The same below `provisioning`.
const APART_BELOW: [&str; 5] =
    ["limits", "on_failed_proof", "allow_package_installs", "allow_sudo", "allow_binary_downloads"];

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    schema: u32,
    version: String,
    /// The pool file.
    pub(crate) file: PathBuf,
    /// The digest of the pool's section.
    section: String,
    /// When the engine that it is about was started, in seconds since 1970.
    started_unix_s: u64,
}

/// How a running engine differs from its pool file now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Drift {
    /// The pool's section is the one that the engine was made to run for.
    None,
    /// The pool's section has changed since.
    Changed,
    /// An earlier engine runs in place of the one that the file asks for.
    Restored,
    /// The file has no such pool any more.
    PoolRemoved,
    /// The file is gone.
    FileGone,
    /// The file cannot be read.
    FileUnreadable,
}

impl Drift {
    /// The word, as JSON has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Changed => "changed",
            Self::Restored => "restored",
            Self::PoolRemoved => "pool_removed",
            Self::FileGone => "file_gone",
            Self::FileUnreadable => "file_unreadable",
        }
    }
}

/// Remembers for which section of which file an engine runs. What cannot be written is only not known later.
pub(crate) fn remember(dir: &PoolDir, file: &Path, pool: &PoolConfig, ensured: &Ensured) {
    let origin = Origin {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        file: file.into(),
        section: section(pool),
        started_unix_s: ensured.started_unix_s,
    };
    if read(dir).as_ref() == Some(&origin) {
        return;
    }
    let bytes = serde_json::to_vec_pretty(&origin).unwrap_or_default();
    if let Err(error) = durable::replace_until_reboot(&path(dir), &bytes) {
        tracing::warn!(pool = dir.pool(), %error, "the pool file of the engine is not remembered");
    }
}

/// What is remembered of a pool, by a program of this version.
pub(crate) fn read(dir: &PoolDir) -> Option<Origin> {
    let bytes = durable::read_regular(&path(dir), LARGEST).ok().flatten()?;
    let origin: Origin = serde_json::from_slice(&bytes).ok()?;
    // Another version may read more of a section, or less.
    (origin.schema == SCHEMA && origin.version == env!("CARGO_PKG_VERSION")).then_some(origin)
}

fn path(dir: &PoolDir) -> PathBuf {
    dir.path().join("pool-file.json")
}

/// The digest of those parts of a pool's section that its engine is made of.
fn section(pool: &PoolConfig) -> String {
    let mut value = serde_json::to_value(pool).unwrap_or_default();
    if let Some(parts) = value.as_object_mut() {
        for name in APART {
            parts.remove(name);
        }
        if let Some(below) = parts.get_mut("provisioning").and_then(serde_json::Value::as_object_mut) {
            for name in APART_BELOW {
                below.remove(name);
            }
        }
    }
    format!("sha256:{}", durable::sha256_of(&serde_json::to_vec(&value).unwrap_or_default()))
}

/// Pool files as they read now, each read once.
#[derive(Debug, Default)]
pub(crate) struct Files(BTreeMap<PathBuf, std::result::Result<Config, Drift>>);

impl Files {
    fn get(&mut self, file: &Path) -> &std::result::Result<Config, Drift> {
        self.0.entry(file.into()).or_insert_with(|| {
            Config::load(file).map_err(|error| match &error {
                ConfigError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Drift::FileGone,
                _ => Drift::FileUnreadable,
            })
        })
    }

    /// How the engine of a pool differs from its pool file: `named` where the caller names one that has the pool, else the one
    /// that is remembered. Nothing for what does not run.
    pub(crate) fn drift(
        &mut self,
        status: &PoolStatus,
        origin: Option<&Origin>,
        named: Option<&PoolConfig>,
    ) -> Option<Drift> {
        let engine = status.engine.as_ref().filter(|_| status.lives())?;
        if status.restored.is_some() {
            return Some(Drift::Restored);
        }
        let origin = origin.filter(|origin| origin.started_unix_s == engine.started_unix_s)?;
        let compared = |pool: &PoolConfig| if section(pool) == origin.section { Drift::None } else { Drift::Changed };
        if let Some(pool) = named {
            return Some(compared(pool));
        }
        Some(match self.get(&origin.file) {
            Err(drift) => *drift,
            Ok(config) => {
                let pool = config.pools.iter().find(|pool| pool.id == status.pool_id);
                pool.map_or(Drift::PoolRemoved, compared)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_engine_is_made_of_counts() {
        let pool = |more: &str| -> PoolConfig {
            let text = format!(
                "pools: [{{ id: a, engine: llamacpp, model: x, provisioning: {{ host: 127.0.0.1, {more} }} }}]"
            );
            Config::parse(&text, config_schema::Format::Yaml, "p.yaml").unwrap().pools.remove(0)
        };
        let plain = section(&pool("flags: []"));
        assert_eq!(section(&pool("flags: [], limits: { ready_timeout_s: 9 }, allow_sudo: true")), plain);
        assert_ne!(section(&pool("flags: [\"-t\", \"2\"]")), plain);
        assert_ne!(section(&pool("flags: [], ports: [8081]")), plain);
    }
}
