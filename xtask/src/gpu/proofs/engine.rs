//! A running engine as `ensure --json` describes it, and the evidence that it uses a GPU.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Bench;
use crate::demo::answer;
use crate::failure::{Failure, Result};
use crate::gpu::call::call;
use crate::gpu::memory::{self, Memory};

/// What a proof needs to know of it.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) pid: u64,
    pub(super) log: PathBuf,
    pub(super) binary: PathBuf,
    pub(super) flags: Vec<String>,
    host: String,
    port: u16,
    /// The model's size in MiB.
    pub(super) model: u64,
    pub(super) document: Value,
}

impl Engine {
    pub(super) fn of(document: Value) -> Result<Self> {
        let number = |place: &str| document.pointer(place).and_then(Value::as_u64);
        let text = |place: &str| document.pointer(place).and_then(Value::as_str);
        let flags = document.get("flags").and_then(Value::as_array).into_iter().flatten();
        let read = || {
            Some(Self {
                pid: number("/process/pid")?,
                log: text("/process/log")?.into(),
                binary: text("/binary_path")?.into(),
                flags: flags.filter_map(|flag| flag.as_str().map(String::from)).collect(),
                host: text("/host")?.into(),
                port: number("/port")?.try_into().ok()?,
                model: number("/model/size")? >> 20,
                document: Value::Null,
            })
        };
        let found = read().ok_or_else(|| Failure::new(format!("`ensure` lacks a field: {document}")))?;
        Ok(Self { document, ..found })
    }

    /// How `ensure` came by it: `now`, `already` or `replaced`.
    pub(super) fn started(&self) -> &str {
        self.document.pointer("/process/started").and_then(Value::as_str).unwrap_or_default()
    }
}

impl Bench<'_> {
    /// `ensure --wait`, which has to succeed.
    pub(super) fn ensure(&self, pool: &Path) -> Result<Engine> {
        Engine::of(call(self.host, &["ensure", "--wait=100", "--json"], pool)?.required("`ensure --wait`")?)
    }

    /// Three independent witnesses: an answer, the engine's log, and `nvidia-smi`.
    pub(super) fn evidence(&self, engine: &Engine, before: &Memory) -> Result<Vec<String>> {
        let answer = answer::ask(&engine.host, engine.port)?;
        if let Some(expected) = self.host.answer.as_ref().filter(|expected| !answer.text.contains(*expected)) {
            return Err(Failure::new(format!("the answer is {:?}, not {expected:?}", answer.text)));
        }
        let layers = offloaded(&fs::read_to_string(&engine.log)?)?;
        let now = memory::look(&self.host.env)?;
        let memory = memory::used(before, &now, engine.pid, engine.model).ok_or_else(|| {
            Failure::new(format!(
                "nvidia-smi does not show process {} on a GPU: {before:?} before, {now:?} now",
                engine.pid
            ))
        })?;
        let speed = answer.tokens_per_second.map(|speed| format!("{speed:.1} tokens/s"));
        Ok([format!("answered {:?}", answer.text), layers, memory].into_iter().chain(speed).collect())
    }
}

/// The log's own words, when all layers are on the GPU.
fn offloaded(log: &str) -> Result<String> {
    let last = log.lines().rev().find_map(|line| {
        let (_, rest) = line.split_once("offloaded ")?;
        let (on_gpu, all) = rest.strip_suffix(" layers to GPU")?.split_once('/')?;
        Some((on_gpu.parse::<u32>().ok()?, all.parse::<u32>().ok()?))
    });
    match last {
        Some((on_gpu, all)) if on_gpu > 0 && on_gpu == all => Ok(format!("offloaded {on_gpu}/{all} layers to GPU")),
        Some((on_gpu, all)) => Err(Failure::new(format!("only {on_gpu} of {all} layers are on the GPU"))),
        None => Err(Failure::new("the engine's log does not report layers on the GPU")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_layers_are_enough() {
        let new = "0.00.2 I load_tensors: offloading output layer to GPU\n0.00.227.306 I load_tensors: offloaded 31/31 layers to GPU\nx";
        assert_eq!(offloaded(new).unwrap(), "offloaded 31/31 layers to GPU");
        assert_eq!(
            offloaded("llm_load_tensors: offloaded 25/25 layers to GPU").unwrap(),
            "offloaded 25/25 layers to GPU"
        );
        let some = offloaded("load_tensors: offloaded 12/31 layers to GPU\n").unwrap_err().to_string();
        assert_eq!(some, "only 12 of 31 layers are on the GPU");
        assert!(offloaded("load_tensors: offloaded 0/0 layers to GPU").is_err());
        assert!(offloaded("load_tensors: offloaded all layers to GPU\n").is_err());
    }
}
