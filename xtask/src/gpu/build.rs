//! The second part: `prepare`, with the time of each phase and the steps out of ninja's log, which goes away with the build
//! folder and is therefore linked to while the build runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use exec::Stream;
use serde_json::{Value, json};

use super::Done;
use super::call::{call, milliseconds};
use super::host::GpuHost;
use super::phases::phases;
use super::{memory, ninja};
use crate::failure::{Failure, Result};
use crate::proc;

/// How often a new log is looked for.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn measure(host: &GpuHost) -> Result<Done> {
    let pool = host.pool.write(&host.work)?;
    let plan = call(host, &["plan", "--json"], &pool)?;
    if !plan.succeeded() {
        let result = json!({ "built": false, "product": plan.summary() });
        let why = plan.code().unwrap_or_else(|| plan.exit.to_string());
        return Ok(Done { result, failure: Some(Failure::missing(format!("the GPU cannot be used here ({why})"))) });
    }
    let log = host.work.join("report/ninja_log.txt");
    let prepare = host.cli.command(&["prepare", "--json"], &pool);
    let (begin, mut lines, over) = (Instant::now(), Vec::new(), AtomicBool::new(false));
    let output = thread::scope(|scope| {
        scope.spawn(|| keep_log(&host.work.join("cache/v1/staging"), &log, &over));
        let output = proc::lines(&prepare, &mut |stream, line| {
            if stream == Stream::Stderr {
                lines.push((begin.elapsed(), line.to_owned()));
            }
        });
        over.store(true, Ordering::Release);
        output
    })?;
    let whole = begin.elapsed();
    let engine: Value = serde_json::from_slice(&output.require_success(&prepare)?.stdout)?;
    let steps = fs::read_to_string(&log).map_or(Value::Null, |log| ninja::table(&log));
    let phases: Vec<Value> = phases(&lines, whole)
        .into_iter()
        .map(|(what, took)| json!({ "what": what, "milliseconds": milliseconds(took) }))
        .collect();
    let binary = engine.get("binary_path").and_then(Value::as_str).map(PathBuf::from);
    let size = binary.and_then(|binary| fs::metadata(binary).ok()).map(|data| data.len());
    // A call that found the engine in the store has no phases; the figures of the build itself are kept.
    if let Some(before) = host
        .kept("build")
        .filter(|before| phases.is_empty() && before.pointer("/engine/build_key") == engine.get("build_key"))
    {
        return Ok(Done { result: before, failure: None });
    }
    let result = json!({
        "built": true, "architectures": architectures(&plan.json), "phases": phases, "ninja": steps,
        "milliseconds": milliseconds(whole), "engine": engine, "binary_bytes": size,
        "gpu_memory_used_mib": memory::look(&host.env)?.total,
    });
    Ok(Done { result, failure: None })
}

/// Links to each new `.ninja_log` of a build until that is over.
fn keep_log(staging: &Path, log: &Path, over: &AtomicBool) {
    use std::os::unix::fs::MetadataExt;
    let mut known = None;
    while !over.load(Ordering::Acquire) {
        let found = fs::read_dir(staging).into_iter().flatten().flatten();
        let found = found.map(|entry| entry.path().join("build/.ninja_log"));
        for (path, data) in found.filter_map(|path| Some((path.clone(), fs::metadata(path).ok()?))) {
            if known != Some(data.ino()) {
                fs::remove_file(log).ok();
                known = fs::hard_link(&path, log).ok().map(|()| data.ino());
            }
        }
        thread::sleep(PAUSE);
    }
}

/// What the planned build is for.
fn architectures(plan: &Value) -> Option<String> {
    let text = plan.to_string();
    let (_, rest) = text.split_once("-DCMAKE_CUDA_ARCHITECTURES=")?;
    rest.split('"').next().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_come_from_the_planned_command() {
        let configure =
            json!({"kind": "configure", "commands": [["cmake", "-DCMAKE_CUDA_ARCHITECTURES=90;120a", "-G"]]});
        assert_eq!(architectures(&json!({"steps": [{"kind": "fetch"}, configure]})).as_deref(), Some("90;120a"));
        assert_eq!(architectures(&json!({"steps": []})), None);
    }

    /// The build folder is removed when the build is published.
    #[test]
    fn the_log_survives_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (staging, log, over) = (dir.path().join("staging"), dir.path().join("log"), AtomicBool::new(false));
        let build = staging.join("key/build");
        fs::create_dir_all(&build).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| keep_log(&staging, &log, &over));
            fs::copy("/proc/self/cmdline", build.join(".ninja_log")).unwrap();
            while !log.exists() {
                thread::yield_now();
            }
            fs::remove_dir_all(&staging).unwrap();
            over.store(true, Ordering::Release);
        });
        assert!(!fs::read(&log).unwrap().is_empty());
    }
}
