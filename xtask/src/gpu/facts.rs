//! The first part: what the host has, whether the product and `nvidia-smi` agree on it, and what asking costs. On a host
//! without an NVIDIA GPU the result says so and nothing is measured.

use std::fs;

use exec::{CommandSpec, Exit};
use serde_json::{Value, json};

use super::Done;
use super::call::{call, median_of, milliseconds};
use super::host::GpuHost;
use super::{memory, smi};
use crate::failure::{Failure, Result};
use crate::{figures, proc};

/// How often a call is measured.
const ROUNDS: usize = 9;

/// The tools whose versions explain a build.
const TOOLS: [&[&str]; 6] = [
    &["git", "--version"],
    &["cmake", "--version"],
    &["ninja", "--version"],
    &["c++", "--version"],
    &["nvcc", "--version"],
    &["ldd", "--version"],
];

pub(super) fn measure(host: &GpuHost) -> Result<Done> {
    let pool = host.pool.write(&host.work)?;
    let machine = machine(host);
    let gpus = call(host, &["gpus", "--json"], &pool)?;
    let doctor = call(host, &["doctor", "--json"], &pool)?;
    host.raw("gpus.json", format!("{:#}\n", gpus.json).as_bytes())?;
    host.raw("doctor.json", format!("{:#}\n", doctor.json).as_bytes())?;
    let ours = smi::detected(&gpus.json);
    let Some((list, query)) = texts(host, !ours.is_empty())? else {
        let product = gpus.json.get("verdict").cloned().unwrap_or_default();
        let result = json!({ "gpu": false, "machine": machine, "product": product });
        return Ok(Done { result, failure: Some(Failure::missing("no NVIDIA GPU here: nothing was measured")) });
    };
    let (listed, in_list) = smi::compare(&ours, &smi::listed(&list));
    let (described, in_query) = smi::compare(&ours, &smi::described(&query));
    let between = exec::run(&host.own(&host.gpu_facts))?;
    let calls = exec::run(&host.own(&host.nvml_calls))?;
    let differ: Vec<String> = in_list.into_iter().chain(in_query).collect();
    let agree = differ.is_empty() && between.exit == Exit::Code(0);
    let result = json!({
        "gpu": true,
        "machine": machine,
        "driver": gpus.json.pointer("/report/driver/version"),
        "gpus": memory::query(&host.env, "--query-gpu=name,memory.total,driver_version,compute_cap")?.trim(),
        "agree_with_list": listed, "agree_with_query": described, "differ": differ,
        "gpu_facts": between.stdout_text().trim_end(),
        "nvml": serde_json::from_slice::<Value>(&calls.stdout).unwrap_or_default(),
        "figures": times(host, &pool)?,
    });
    let failure = (!agree)
        .then(|| Failure::new(format!("the product and nvidia-smi differ: {differ:?}; gpu_facts: {}", between.exit)));
    Ok(Done { result, failure })
}

/// What `nvidia-smi -L` and `-q` print; `None` where neither it nor the product knows a GPU.
fn texts(host: &GpuHost, detected: bool) -> Result<Option<(String, String)>> {
    if host.env.find("nvidia-smi").is_none() {
        let help = "the product detects a GPU, and nvidia-smi, by which proofs are judged, is not on PATH";
        return if detected { Err(Failure::missing(help)) } else { Ok(None) };
    }
    let list = exec::run(&host.program(&["nvidia-smi", "-L"])?)?;
    let query = exec::run(&host.program(&["nvidia-smi", "-q"])?)?;
    host.raw("nvidia-smi-L.txt", &list.stdout)?;
    host.raw("nvidia-smi-q.txt", &query.stdout)?;
    let list = list.stdout_text().into_owned();
    Ok((detected || !smi::listed(&list).is_empty()).then(|| (list, query.stdout_text().into_owned())))
}

/// What the numbers depend on.
fn machine(host: &GpuHost) -> Value {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let memory = read("/proc/meminfo");
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let release = read("/etc/os-release");
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or_default();
    let versions: serde_json::Map<String, Value> = TOOLS.iter().filter_map(|words| version(host, words)).collect();
    let nodes = fs::read_dir("/dev").into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut nodes: Vec<String> =
        nodes.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.starts_with("nvidia")).collect();
    nodes.sort();
    json!({
        "line": figures::machine(), "memory": memory.trim(), "distribution": name.trim_matches('"'),
        "kernel_module": read("/proc/driver/nvidia/version").lines().next(), "device_nodes": nodes,
        "tools": versions,
    })
}

/// The line of a tool's output that has its version.
fn version(host: &GpuHost, words: &[&str]) -> Option<(String, Value)> {
    let said = exec::run(&host.program(words).ok()?).ok()?;
    let text = said.stdout_text();
    let line = text.lines().find(|line| line.contains("release ")).or_else(|| text.lines().next())?;
    Some(((*words.first()?).to_owned(), line.trim().into()))
}

/// From call to exit, in milliseconds.
fn times(host: &GpuHost, pool: &std::path::Path) -> Result<Value> {
    let plan = host.cli.command(&["plan"], pool);
    let mut figures = vec![
        ("`gpus`", median_of(ROUNDS, &host.cli.command(&["gpus"], pool))?),
        ("`nvidia-smi -L`", median_of(ROUNDS, &host.program(&["nvidia-smi", "-L"])?)?),
        ("`nvidia-smi -q`", median_of(ROUNDS, &host.program(&["nvidia-smi", "-q"])?)?),
    ];
    // A pool that cannot be provisioned here has no plan to time; its reason is in the report of the build.
    if let Ok(first) = planned(&plan) {
        figures.push(("`plan` of a pool that is not built, the first", first));
        figures.push(("`plan` of a pool that is not built", median_of(ROUNDS, &plan)?));
    }
    Ok(figures.into_iter().map(|(what, time)| json!({ "what": what, "milliseconds": time })).collect())
}

fn planned(plan: &CommandSpec) -> Result<f64> {
    Ok(milliseconds(proc::capture(plan)?.elapsed))
}
