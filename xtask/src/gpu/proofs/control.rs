//! Controls of the judge: a copy of the engine, started by hand in a condition in which it cannot use a GPU, has to be
//! judged that way. What the copy then prints about CUDA is kept: it shows what an unwatched engine does.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use exec::CommandSpec;

use super::engine::Engine;
use super::{Bench, Proof, Verdict};
use crate::failure::{Failure, Result};
use crate::gpu::call::call;
use crate::gpu::memory;

/// An engine that has loaded nothing by then is judged as it is.
const LOADS_WITHIN: Duration = Duration::from_secs(15);
/// Lines of the copy's log that are worth reading.
const TELLING: [&str; 5] = ["cuda", "CUDA", "offloaded", "no usable GPU", "device"];
const MOST_LINES: usize = 6;

pub(super) fn denied(bench: &Bench<'_>) -> Result<Proof> {
    let nodes = fs::read_dir("/dev")?.flatten().map(|entry| entry.path().display().to_string());
    let nodes: Vec<String> =
        nodes.filter(|path| path.starts_with("/dev/nvidia") && !Path::new(path).is_dir()).collect();
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    copy(bench, |spec| bench.without_nodes(&nodes, spec))
}

pub(super) fn device_none(bench: &Bench<'_>) -> Result<Proof> {
    copy(bench, |spec| Ok(Some(spec.env("LLAMA_ARG_DEVICE", "none"))))
}

/// Starts a copy with the product's own command line, changed by `condition`, and judges it once it has loaded the
/// model.
fn copy(bench: &Bench<'_>, condition: impl FnOnce(CommandSpec) -> Result<Option<CommandSpec>>) -> Result<Proof> {
    let engine = bench.ensure(&bench.pool)?;
    call(bench.host, &["stop", "--json"], &bench.pool)?.required("`stop`")?;
    memory::freed(&bench.host.env, &bench.idle)?;
    let program = bench.host.work.join("copy-of-llama-server");
    fs::copy(&engine.binary, &program)?;
    let Some(spec) = condition(bench.host.own(&program).args(engine.flags.iter().cloned()))? else {
        return Ok(Proof::new(Verdict::NotRun, ["`unshare` is not on PATH".to_owned()]));
    };
    let log = bench.host.work.join("copy.log");
    let mut child = start(&spec, &log)?;
    let judged = judge(bench, &mut child, &log, &engine);
    child.kill().ok();
    child.wait()?;
    judged
}

fn judge(bench: &Bench<'_>, child: &mut Child, log: &Path, engine: &Engine) -> Result<Proof> {
    let begin = Instant::now();
    let text = loop {
        let text = fs::read_to_string(log)?;
        if text.contains("listening") || child.try_wait()?.is_some() || begin.elapsed() > LOADS_WITHIN {
            break text;
        }
        thread::sleep(Duration::from_millis(50));
    };
    let now = memory::look(&bench.host.env)?;
    let exit = child.try_wait()?;
    if exit.and_then(|status| status.code()) == Some(77) || text.starts_with("unshare:") {
        return Ok(Proof::new(Verdict::NotRun, [format!("device nodes cannot be denied here: {}", text.trim())]));
    }
    let used = memory::used(&bench.idle, &now, child.id().into(), engine.model);
    let verdict = if used.is_none() { Verdict::Holds } else { Verdict::Fails };
    let state = exit.map_or_else(|| "the copy runs".to_owned(), |status| format!("the copy exited: {status}"));
    let lines = text.lines().filter(|line| TELLING.iter().any(|word| line.contains(word))).take(MOST_LINES);
    let lines = lines.map(|line| format!("log: {}", line.trim()));
    Ok(Proof::new(verdict, [state].into_iter().chain(used).chain(lines)))
}

/// Starts it with its output in a file.
#[expect(
    clippy::disallowed_methods,
    reason = "`exec` waits for the end; this process has to be looked at while it runs"
)]
fn start(spec: &CommandSpec, log: &Path) -> Result<Child> {
    let file = File::create(log)?;
    let mut command = Command::new(&spec.program);
    command.args(&spec.args).env_clear().envs(&spec.env).stdin(Stdio::null());
    let child = command.stdout(file.try_clone()?).stderr(file).spawn();
    child.map_err(|error| Failure::from(error).while_doing(spec.program.display()))
}
