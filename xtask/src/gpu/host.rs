//! What the parts work with: the programs, the source, the model and a folder for everything they write.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env};
use serde_json::{Value, json};

use super::pools::GpuPool;
use crate::args::DemoArgs;
use crate::cli::Cli;
use crate::demo::{self, fetch};
use crate::failure::{Failure, Result};
use crate::proc;

/// The variable that names another folder for results than `work` beside `run.sh`.
const WORK: &str = "KIT_WORK";

/// A host, as one value.
pub(super) struct GpuHost {
    pub(super) env: Env,
    /// The product, with store and run folder below [`Self::work`].
    pub(super) cli: Cli,
    pub(super) gpu_facts: PathBuf,
    pub(super) nvml_calls: PathBuf,
    /// The script that takes device nodes away from one command.
    pub(super) deny: PathBuf,
    pub(super) pool: GpuPool,
    /// What the model's answer contains, where that is known.
    pub(super) answer: Option<String>,
    pub(super) work: PathBuf,
    /// What the programs were built from, for the report.
    pub(super) about: Value,
}

impl GpuHost {
    /// An unpacked kit. Its `run.sh` has joined a model that travels in parts.
    pub(super) fn of_kit(env: &Env, kit: &Path) -> Result<Self> {
        let kit = kit.canonicalize().map_err(|error| Failure::from(error).while_doing(kit.display()))?;
        let work = env.get(WORK).map_or_else(|| kit.join("work"), PathBuf::from);
        let about: Value = serde_json::from_slice(&fs::read(kit.join("kit.json"))?)?;
        let text = |key: &str| {
            let value = about.get(key).and_then(Value::as_str);
            value.ok_or_else(|| Failure::new(format!("kit.json has no `{key}`")))
        };
        let model = [kit.join(text("model")?), work.join(text("model")?)].into_iter().find(|path| path.is_file());
        let model = model.ok_or_else(|| Failure::new("the model is not joined; run.sh does that"))?;
        let (repo, reference) = (kit.join(text("source")?).display().to_string(), text("commit")?.to_owned());
        let pool = GpuPool { repo, reference, model: model.display().to_string(), ..GpuPool::default() };
        let bin = |name: &str| kit.join("bin").join(name);
        Self {
            env: env.clone(),
            cli: Cli::at(env, bin("engine-provisioner")),
            gpu_facts: bin("gpu_facts"),
            nvml_calls: bin("nvml_calls"),
            deny: kit.join("deny.sh"),
            pool,
            answer: about.get("answer").and_then(Value::as_str).map(String::from),
            work,
            about,
        }
        .ready()
    }

    /// This checkout, with the demo's source and model.
    pub(super) fn of_checkout(env: &Env, source: &DemoArgs, home: &Path, work: &Path) -> Result<Self> {
        let (repo, reference) = demo::source(source, env, home)?;
        let model = demo::model(source, env, home)?;
        let cli = Cli::build(env)?;
        let cargo = proc::cargo(env)?;
        let examples = ["build", "--release", "-p", "gpu-detect", "--example", "gpu_facts", "--example", "nvml_calls"];
        proc::with_terminal::<&OsStr>(&cargo, &examples.map(OsStr::new), &[])?;
        let example = |name: &str| cli.program().with_file_name("examples").join(name);
        let answer = (model == home.join(fetch::MODEL.name()).display().to_string()).then(|| "Paris".to_owned());
        Self {
            env: env.clone(),
            gpu_facts: example("gpu_facts"),
            nvml_calls: example("nvml_calls"),
            cli,
            deny: proc::root().join("xtask/src/gpu/kit/deny.sh"),
            pool: GpuPool { repo, reference, model, ..GpuPool::default() },
            answer,
            work: work.into(),
            about: json!({ "product": super::kit::commit(env) }),
        }
        .ready()
    }

    fn ready(mut self) -> Result<Self> {
        fs::create_dir_all(self.work.join("report"))?;
        self.cli = self.cli.contained(&self.work)?;
        Ok(self)
    }

    /// A program of the host, with our environment.
    pub(super) fn program(&self, words: &[&str]) -> Result<CommandSpec> {
        proc::tool(&self.env, words, &self.work)
    }

    /// One of our own programs; it prints on its standard output whatever its status.
    pub(super) fn own(&self, program: &Path) -> CommandSpec {
        proc::command(&self.env, program.into(), Duration::from_mins(1))
    }

    /// Keeps what a program printed, beside the report.
    pub(super) fn raw(&self, name: &str, bytes: &[u8]) -> Result<()> {
        Ok(File::create(self.work.join("report").join(name))?.write_all(bytes)?)
    }

    /// Keeps the result of a part.
    pub(super) fn keep(&self, part: &str, result: &Value) -> Result<()> {
        self.raw(&format!("{part}.json"), format!("{result:#}\n").as_bytes())
    }

    /// The result of a part, if it ran.
    pub(super) fn kept(&self, part: &str) -> Option<Value> {
        let file = self.work.join("report").join(format!("{part}.json"));
        serde_json::from_slice(&fs::read(file).ok()?).ok()
    }
}
