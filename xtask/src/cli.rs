//! Our own program as a person calls it: built in release mode, its JSON read with tolerance.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_metadata::MetadataCommand;
use exec::{CommandSpec, Env, Exit, Redactor};
use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::proc;

/// The variable that names the run folder.
const RUN: &str = "ENGINE_PROVISIONER_RUN_DIR";

/// The program and where it keeps its things.
#[derive(Clone)]
pub(crate) struct Cli {
    program: PathBuf,
    env: Env,
    /// Set when everything is to be kept below one folder.
    places: Vec<(&'static str, OsString)>,
}

impl Cli {
    /// Builds it. It uses the folders of whoever calls us.
    pub(crate) fn build(env: &Env) -> Result<Self> {
        let cargo = proc::cargo(env)?;
        proc::with_terminal(&cargo, &["build", "--release", "--package", "engine-provisioner"], &[])?;
        let program = target_directory(env)?.join("release/engine-provisioner");
        Ok(Self { program, env: env.clone(), places: Vec::new() })
    }

    /// The program in this file.
    pub(crate) fn at(env: &Env, program: PathBuf) -> Self {
        Self { program, env: env.clone(), places: Vec::new() }
    }

    /// The program's file.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The same program with store and run folder below `home`.
    pub(crate) fn contained(self, home: &Path) -> Result<Self> {
        let run = home.join("run");
        fs::create_dir_all(&run)?;
        fs::set_permissions(&run, Permissions::from_mode(0o700))?;
        let cache = home.join("cache").into();
        let places = vec![("ENGINE_PROVISIONER_CACHE_DIR", cache), (RUN, run.into())];
        Ok(Self { places, ..self })
    }

    /// The same program with its run folder elsewhere: an empty one that is nobody else's.
    pub(crate) fn running_in(mut self, run: &Path) -> Self {
        self.places.retain(|(name, _)| *name != RUN);
        self.places.push((RUN, run.into()));
        self
    }

    /// The same program with a variable in its environment.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.places.push((name, value.into()));
        self
    }

    /// Runs it with the terminal.
    pub(crate) fn show(&self, words: &[&str], file: &Path) -> Result<()> {
        let places: Vec<(&str, &OsStr)> = self.places.iter().map(|(name, value)| (*name, value.as_os_str())).collect();
        proc::with_terminal(&self.program, &arguments(words, file), &places)
    }

    /// What a person would type for it.
    pub(crate) fn line(&self, words: &[&str], file: &Path) -> String {
        let places = self.places.iter().map(|(name, value)| format!("{name}={} ", value.to_string_lossy()));
        let spec = CommandSpec::new(&self.program, Duration::ZERO).args(arguments(words, file));
        places.collect::<String>() + &spec.display(&Redactor::new())
    }

    /// Why the planned pool cannot run on a GPU here; nothing when it can. Any other reason against it is a failure.
    pub(crate) fn why_no_gpu(&self, file: &Path) -> Result<Option<String>> {
        let (exit, json) = self.ask(&["plan", "--json"], file)?;
        match gpu_problem(&json) {
            Some(code) => Ok(Some(code)),
            None if exit == Exit::Code(0) => Ok(None),
            None => Err(Failure::new(format!("`{}` ended with {exit}: {json}", self.line(&["plan", "--json"], file)))),
        }
    }

    /// Where the engine listens.
    pub(crate) fn address(&self, file: &Path) -> Result<(String, u16)> {
        let (_, json) = self.ask(&["status", "--json"], file)?;
        address_in(&json).ok_or_else(|| Failure::new(format!("`status` names no host and port: {json}")))
    }

    /// The command, for running it captured.
    pub(crate) fn command(&self, words: &[&str], file: &Path) -> CommandSpec {
        let spec = proc::command(&self.env, self.program.clone(), Duration::from_hours(1)).args(arguments(words, file));
        self.places.iter().fold(spec, |spec, (name, value)| spec.env(*name, value))
    }

    /// Runs it, captured; its standard output is one JSON document whatever the exit status.
    pub(crate) fn ask(&self, words: &[&str], file: &Path) -> Result<(Exit, Value)> {
        let output = exec::run(&self.command(words, file))?;
        let json = serde_json::from_slice(&output.stdout).map_err(|error| {
            let what = format!("`{}` printed no JSON\n{}", self.line(words, file), output.stderr_tail(20));
            Failure::from(error).while_doing(what)
        })?;
        Ok((output.exit, json))
    }
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory(env: &Env) -> Result<PathBuf> {
    let spec = proc::command(env, proc::cargo(env)?, Duration::from_mins(1));
    let spec = spec.args(["metadata", "--no-deps", "--format-version=1", "--offline"]);
    Ok(MetadataCommand::parse(proc::capture(&spec)?.stdout_text())?.target_directory.into())
}

/// Joins words and the pool file to the arguments of our program.
fn arguments(words: &[&str], file: &Path) -> Vec<OsString> {
    let config = [OsString::from("--config"), file.into()];
    words.iter().map(OsString::from).chain(config).collect()
}

/// The first text with this key, at any depth.
pub(crate) fn first_text(json: &Value, name: &str) -> Option<String> {
    let mut found = None;
    visit(json, &mut |key, value| {
        if found.is_none() && key == name {
            found = value.as_str().map(String::from);
        }
    });
    found
}

/// The first error code in the document that is about GPU or CUDA.
fn gpu_problem(json: &Value) -> Option<String> {
    let about_gpu = |code: &str| code.starts_with("gpu::") || code.starts_with("cuda::");
    let mut found = None;
    visit(json, &mut |key, value| {
        if let (None, "code", Some(code)) = (&found, key, value.as_str().filter(|code| about_gpu(code))) {
            found = Some(code.to_owned());
        }
    });
    found
}

/// The first `port` in the document, and the first `host` (this machine when there is none).
fn address_in(json: &Value) -> Option<(String, u16)> {
    let (mut host, mut port) = (None, None);
    visit(json, &mut |key, value| match key {
        "host" => host = host.take().or_else(|| value.as_str().map(String::from)),
        "port" => port = port.or_else(|| value.as_u64().and_then(|port| u16::try_from(port).ok())),
        _ => {}
    });
    port.map(|port| (host.unwrap_or_else(|| "127.0.0.1".into()), port))
}

/// Every key with its value, at any depth.
fn visit(json: &Value, seen: &mut dyn FnMut(&str, &Value)) {
    match json {
        Value::Object(fields) => {
            for (key, value) in fields {
                seen(key, value);
                visit(value, seen);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_gpu_problem_is_found_wherever_the_code_stands() {
        let blocked = json!({"steps": [{"status": "to_run"}, {"status": "blocked", "code": "gpu::no_device"}]});
        assert_eq!(gpu_problem(&blocked).as_deref(), Some("gpu::no_device"));
        let error = json!({"error": {"code": "cuda::no_toolkit", "message": "m"}});
        assert_eq!(gpu_problem(&error).as_deref(), Some("cuda::no_toolkit"));
        assert_eq!(gpu_problem(&json!({"error": {"code": "preflight::missing_tools"}})), None);
        assert_eq!(gpu_problem(&json!({"steps": [{"detail": "gpu::no_device"}]})), None);
    }

    #[test]
    fn the_address_is_read_at_any_depth() {
        assert_eq!(address_in(&json!({"host": "::1", "port": 8137})), Some(("::1".into(), 8137)));
        assert_eq!(address_in(&json!({"engine": {"port": 8138}})), Some(("127.0.0.1".into(), 8138)));
        assert_eq!(address_in(&json!({"state": "stopped", "port": 65536})), None);
    }
}
