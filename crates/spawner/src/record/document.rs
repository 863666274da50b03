//! `record.json` as bytes: schema 2, and how schema 1 is read.
//!
//! The rule: the names of schema 1 keep their place and meaning, `kind` says what the engine is, and a record has the
//! fields of its kind, all of them and no others. Only a whole record is a record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::State;
use crate::record::of_pool::{PoolRecord, RecordedEngine};

#[cfg(test)]
pub(crate) mod tests;

/// The version of the format that this crate writes.
pub(crate) const SCHEMA: u32 = 2;

/// The version before it, which knows processes alone and has no `kind`. Engines that were started with it are adopted.
const PROCESSES_ONLY: u32 = 1;

/// Why bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not a complete record of any version; a start may replace it.
    Torn(String),
    /// A record of another version: its engine may live, so that it must not be replaced.
    OtherSchema(u64),
}

/// The file, field by field.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    pool: String,
    instance: String,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_ticks: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pidfd_inode: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    boot_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid_ns: Option<u64>,
    uid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    exe: Option<String>,
    argv: Vec<String>,
    host: String,
    port: u16,
    fingerprint: BTreeMap<String, String>,
    started_unix_s: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Kind {
    Process,
    Container,
    Remote,
}

/// The bytes of the file. They end with the closing brace, so that no part of a record is a record.
pub(crate) fn render(record: &PoolRecord) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec_pretty(record)
}

/// Reads a record of `pool`; whatever is not complete and possible is a fault.
pub(crate) fn parse(bytes: &[u8], pool: &str) -> Result<PoolRecord, Fault> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|e| Fault::Torn(e.to_string()))?;
    if let Some(schema) = value.get("schema").and_then(serde_json::Value::as_u64)
        && ![PROCESSES_ONLY, SCHEMA].map(u64::from).contains(&schema)
    {
        return Err(Fault::OtherSchema(schema));
    }
    let record: PoolRecord = serde_json::from_value(value).map_err(|e| Fault::Torn(e.to_string()))?;
    impossible(&record, pool).map_or(Ok(record), |why| Err(Fault::Torn(why)))
}

fn impossible(record: &PoolRecord, pool: &str) -> Option<String> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if record.pool != pool {
        return Some(format!("it belongs to pool `{}`", record.pool.escape_debug()));
    }
    if record.instance.len() != 32 || !record.instance.bytes().all(hex) {
        return Some("its instance is not 32 hex digits".to_owned());
    }
    match &record.engine {
        RecordedEngine::Process { pid, .. } if *pid < 2 => {
            Some(format!("{pid} is not the number of an engine's process"))
        }
        RecordedEngine::Container { runtime, id, name, image }
            if [runtime, id, name, image].iter().any(|word| word.is_empty()) =>
        {
            Some("it does not name its container".to_owned())
        }
        RecordedEngine::Remote { url } if url.is_empty() => Some("it does not name its remote engine".to_owned()),
        _ => None,
    }
}

impl TryFrom<Document> for PoolRecord {
    type Error = &'static str;

    fn try_from(document: Document) -> Result<Self, Self::Error> {
        let Document { schema, kind, pid, start_ticks, pidfd_inode, pid_ns, exe, .. } = document;
        let kind = match (schema, kind) {
            (PROCESSES_ONLY, None) => Kind::Process,
            (SCHEMA, Some(kind)) => kind,
            _ => return Err("its schema and its kind do not go together"),
        };
        let process = (pid, start_ticks, pidfd_inode, pid_ns, exe);
        let container = (document.runtime, document.id, document.name, document.image);
        let engine = match (kind, process, container, document.url) {
            (
                Kind::Process,
                (Some(pid), Some(start_ticks), Some(pidfd_inode), Some(pid_ns), Some(exe)),
                (None, None, None, None),
                None,
            ) => RecordedEngine::Process { pid, start_ticks, pidfd_inode, pid_ns, exe },
            (
                Kind::Container,
                (None, None, None, None, None),
                (Some(runtime), Some(id), Some(name), Some(image)),
                None,
            ) => RecordedEngine::Container { runtime, id, name, image },
            (Kind::Remote, (None, None, None, None, None), (None, None, None, None), Some(url)) => {
                RecordedEngine::Remote { url }
            }
            _ => return Err("its fields are not those of its kind"),
        };
        Ok(Self {
            pool: document.pool,
            instance: document.instance,
            state: document.state,
            engine,
            boot_id: document.boot_id,
            uid: document.uid,
            argv: document.argv,
            host: document.host,
            port: document.port,
            fingerprint: document.fingerprint,
            started_unix_s: document.started_unix_s,
        })
    }
}

impl From<PoolRecord> for Document {
    fn from(record: PoolRecord) -> Self {
        let blank = Self {
            schema: SCHEMA,
            kind: None,
            pool: record.pool,
            instance: record.instance,
            state: record.state,
            pid: None,
            start_ticks: None,
            pidfd_inode: None,
            runtime: None,
            id: None,
            name: None,
            image: None,
            url: None,
            boot_id: record.boot_id,
            pid_ns: None,
            uid: record.uid,
            exe: None,
            argv: record.argv,
            host: record.host,
            port: record.port,
            fingerprint: record.fingerprint,
            started_unix_s: record.started_unix_s,
        };
        match record.engine {
            RecordedEngine::Process { pid, start_ticks, pidfd_inode, pid_ns, exe } => Self {
                kind: Some(Kind::Process),
                pid: Some(pid),
                start_ticks: Some(start_ticks),
                pidfd_inode: Some(pidfd_inode),
                pid_ns: Some(pid_ns),
                exe: Some(exe),
                ..blank
            },
            RecordedEngine::Container { runtime, id, name, image } => Self {
                kind: Some(Kind::Container),
                runtime: Some(runtime),
                id: Some(id),
                name: Some(name),
                image: Some(image),
                ..blank
            },
            RecordedEngine::Remote { url } => Self { kind: Some(Kind::Remote), url: Some(url), ..blank },
        }
    }
}
