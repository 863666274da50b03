//! The engine that the demos of finished engines use: the one that the demo's own pool has built, in a place of its own.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use exec::{Env, Exit};
use serde_json::Value;

use super::{Clock, home, ready};
use crate::args::DemoArgs;
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::pool::toml_string;

/// An engine that is built, and what is needed to serve from it.
pub(super) struct Engine {
    /// The program.
    pub(super) program: PathBuf,
    /// The model file.
    pub(super) model: String,
    /// `cuda` or `cpu`.
    pub(super) accelerator: &'static str,
    /// Our own program, with a cache and a run folder that nobody else uses.
    pub(super) cli: Cli,
    /// The folder that all of it is in; it goes when this is dropped.
    pub(super) dir: tempfile::TempDir,
}

impl Engine {
    /// Builds it, or finds it built.
    pub(super) fn build(wish: &DemoArgs, env: &Env, clock: &mut Clock) -> Result<Self> {
        let home = home(env, wish.dir.as_deref())?;
        let (cli, pool) = ready(wish, env, &home, clock)?;
        let file = pool.write(&home)?;
        clock.phase("build");
        let (exit, prepared) = cli.ask(&["prepare", "--json"], &file)?;
        let program = prepared.get("binary_path").and_then(Value::as_str).filter(|_| exit == Exit::Code(0));
        let program = program.ok_or_else(|| Failure::new(format!("`prepare` names no program: {prepared}")))?;
        println!("The engine is built: {program}");
        let dir = tempfile::Builder::new().prefix("finished.").tempdir_in(&home)?;
        let cli = cli.contained(dir.path())?;
        Ok(Self { program: program.into(), model: pool.model, accelerator: pool.accelerator, cli, dir })
    }

    /// A pool file for it. `sections` are the lines of `[pools.provisioning]` after the accelerator, and what follows.
    pub(super) fn pool(&self, id: &str, with_model: bool, sections: &[&str]) -> Result<PathBuf> {
        let file = PoolFile { id, engine: self, with_model, sections }.to_string();
        let path = self.dir.path().join(format!("{id}.toml"));
        File::create(&path)?.write_all(file.as_bytes())?;
        println!("Pool file: {}\n{file}", path.display());
        Ok(path)
    }

    /// The folder that the program is in.
    pub(super) fn folder(&self) -> Result<&Path> {
        self.program.parent().ok_or_else(|| Failure::new(format!("`{}` is in no folder", self.program.display())))
    }
}

struct PoolFile<'a> {
    id: &'a str,
    engine: &'a Engine,
    with_model: bool,
    sections: &'a [&'a str],
}

impl fmt::Display for PoolFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Engine { model, accelerator, .. } = self.engine;
        let name = Path::new(model).file_stem().unwrap_or_default().to_string_lossy();
        let [id, name, accelerator, model] = [self.id, &name, accelerator, model].map(toml_string);
        writeln!(f, "[[pools]]\nid = {id}\nengine = \"llamacpp\"\nmodel = {name}")?;
        writeln!(f, "\n[pools.provisioning]\naccelerator = {accelerator}")?;
        self.sections.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        if self.with_model { writeln!(f, "\n[pools.provisioning.model]\nref = {model}") } else { Ok(()) }
    }
}
