//! What a bug report needs of a host, as files: redacted, bounded, and known by name before anything is written.

use std::collections::BTreeMap;
use std::path::Path;

use config_schema::PoolConfig;
use exec::Redactor;
use serde::Serialize;
use serde_json::json;

use super::Checkup;
use crate::proof::tar;
use crate::{Lifecycle, Settings};

/// How much of each engine's log is part of it, in lines from its end.
const LINES: usize = 200;
/// No file of it is larger, in bytes: what is longer is cut.
const LARGEST: usize = 2 << 20;
/// The part of the environment whose values decide what is found; of all other variables only the names are kept.
const OPEN: [&str; 12] = [
    "PATH",
    "HOME",
    "LANG",
    "TERM",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_HOME",
    "CUDA_PATH",
    "LD_LIBRARY_PATH",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "ENGINE_PROVISIONER_CACHE_DIR",
    "ENGINE_PROVISIONER_RUN_DIR",
];

/// The files of a report, by name.
#[derive(Clone, Debug)]
pub struct HostReport {
    files: BTreeMap<String, Vec<u8>>,
}

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostReportFile {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

impl HostReport {
    /// Gathers what is known of the host and of its pools. `text` is what `doctor` shows; `pool_file` is the configuration
    /// as it was written, where one is named. Values of secrets are masked, those of the pools' own secret variables too.
    pub fn gather(
        found: &Checkup,
        text: &str,
        (pool_file, pools): (Option<&Path>, &[PoolConfig]),
        settings: &Settings,
    ) -> Self {
        let mut redactor = Redactor::new();
        let secret = pools.iter().flat_map(|pool| &pool.provisioning.secret_env);
        secret.filter_map(|name| settings.env.get_str(name.as_str())).for_each(|value| redactor.add(value));
        let mut report = Self { files: BTreeMap::new() };
        let mut put = |name: &str, text: &str| {
            let text = redactor.text(text).into_owned().into_bytes();
            let cut = text.get(..LARGEST).unwrap_or(&text).to_vec();
            report.files.insert(name.to_owned(), cut);
        };
        put("doctor.txt", text);
        put("doctor.json", &pretty(found));
        put("program.json", &pretty(&program(settings)));
        if let Some(text) = pool_file.and_then(|path| durable::read_regular(path, LARGEST as u64).ok().flatten()) {
            put("pool-file.txt", &String::from_utf8_lossy(&text));
        }
        let lifecycle = Lifecycle::new(settings.clone());
        match lifecycle.host_status(None) {
            Err(error) => put("status.txt", &error.to_string()),
            Ok(all) => {
                put("status.json", &pretty(&all));
                // The names are those of pools: they hold no separator.
                for pool in all.iter().map(|pool| &pool.status.pool_id).take(16) {
                    if let Some(log) = lifecycle.logs(pool, LINES).ok().filter(|log| !log.is_empty()) {
                        put(&format!("{pool}.log"), &log);
                    }
                    if let Ok(Some(executed)) = lifecycle.executed(pool) {
                        put(&format!("{pool}.executed.json"), &pretty(&executed));
                    }
                }
            }
        }
        report
    }

    /// Its files, by name: what is shown before it is written.
    pub fn files(&self) -> Vec<HostReportFile> {
        let file = |(name, bytes): (&String, &Vec<u8>)| HostReportFile { name: name.clone(), size: bytes.len() as u64 };
        self.files.iter().map(file).collect()
    }

    /// The report as one file, a tar archive.
    pub fn pack(&self) -> Vec<u8> {
        tar::write(&self.files)
    }
}

/// This program, its folders and its environment, without the values of variables that decide nothing here.
fn program(settings: &Settings) -> serde_json::Value {
    let kernel = std::fs::read_to_string("/proc/version").unwrap_or_default();
    let names: Vec<String> = settings.env.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    let open: BTreeMap<&str, String> =
        OPEN.iter().filter_map(|name| Some((*name, settings.env.get(name)?.to_string_lossy().into_owned()))).collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "kernel": kernel.trim(),
        "cache_dir": settings.cache_dir,
        "run_dir": settings.run_dir,
        "environment": open,
        "other_variables": names.into_iter().filter(|name| !OPEN.contains(&name.as_str())).collect::<Vec<_>>(),
    })
}

fn pretty(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
