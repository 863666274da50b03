//! The real engine through a start whose caller is killed, its adoption by the next caller, and a stop.

use std::fs;
use std::path::{Path, PathBuf};

use exec::{Env, Exit};
use serde_json::Value;

use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::{demo, pool, proc};

/// After how many seconds the caller is killed: before, while and after the engine is started, and while it is waited for.
const STRIKES: [&str; 9] = ["0.005", "0.01", "0.015", "0.02", "0.03", "0.05", "0.2", "0.5", "3"];

/// What the demo has built is started and stopped once for each strike.
pub(super) fn run(env: &Env) -> Result<()> {
    let cli = Cli::build(env)?;
    let file = pool::file(&demo::home(env, None)?, demo::ID);
    let (_, prepared) = cli.ask(&["prepare", "--json"], &file)?;
    let engine = PathBuf::from(text(&prepared, "binary_path")?);
    let mut adopted = 0;
    for strike in STRIKES {
        adopted += u32::from(round(env, &cli, &file, &engine, strike).map_err(|failure| {
            cli.ask(&["stop", "--json"], &file).ok();
            failure.while_doing(format!("the caller was killed after {strike} s"))
        })?);
    }
    println!("{adopted} of {} engines were adopted, the others started anew", STRIKES.len());
    must(adopted > 0, "no strike came after the start of the engine, not even the last one")
}

/// One start, adoption and stop; says whether the engine of the killed caller lived on.
fn round(env: &Env, cli: &Cli, file: &Path, engine: &Path, strike: &str) -> Result<bool> {
    must(running(engine).is_empty(), "an engine runs already")?;
    let caller = cli.command(&["ensure", "--wait"], file);
    let mut killed = caller.clone();
    killed.program = proc::find(env, "timeout")?;
    killed.args = ["-s", "KILL", strike].map(Into::into).into();
    exec::run(&killed.arg(&caller.program).args(&caller.args))?;

    let (_, left) = cli.ask(&["status", "--json"], file)?;
    let left = left.get("pid").and_then(Value::as_i64);
    let ensured = done(cli.ask(&["ensure", "--wait", "--json"], file)?)?;
    let process = ensured.get("process").unwrap_or(&Value::Null);
    let pid = process.get("pid").and_then(Value::as_i64);
    let adopted = left.is_some();
    must(!adopted || left == pid, &format!("process {left:?} was not adopted: {ensured}"))?;
    must(running(engine) == pid.into_iter().collect::<Vec<_>>(), "there is more than one engine, or another one")?;

    let again = done(cli.ask(&["ensure", "--wait", "--json"], file)?)?;
    let same = |key| ensured.get(key) == again.get(key);
    must(again.pointer("/process/started") == Some(&"already".into()), &format!("started again: {again}"))?;
    must(again.pointer("/process/pid") == process.get("pid") && same("port"), &format!("another engine: {again}"))?;
    let status = done(cli.ask(&["status", "--json"], file)?)?;
    let healthy = (text(&status, "state")?, text(&status, "health")?) == ("running", "ready");
    must(healthy && status.get("pid") == process.get("pid"), &format!("status says {status}"))?;

    let stopped = done(cli.ask(&["stop", "--json"], file)?)?;
    must(text(&stopped, "stopped")? == "graceful", &format!("stop says {stopped}"))?;
    let log = PathBuf::from(process.get("log").and_then(Value::as_str).unwrap_or_default());
    let left =
        ["record.json", "engine.pid"].map(|name| log.with_file_name(name)).into_iter().find(|path| path.exists());
    must(left.is_none() && running(engine).is_empty(), &format!("{left:?} or a process is left"))?;
    Ok(adopted)
}

/// The processes that run this program.
fn running(engine: &Path) -> Vec<i64> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i64>().ok());
    pids.filter(|pid| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == engine)).collect()
}

fn done((exit, json): (Exit, Value)) -> Result<Value> {
    must(exit == Exit::Code(0), &format!("ended with {exit}: {json}")).map(|()| json)
}

fn text<'a>(json: &'a Value, key: &str) -> Result<&'a str> {
    json.get(key).and_then(Value::as_str).ok_or_else(|| Failure::new(format!("no `{key}` in {json}")))
}

fn must(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure::new(otherwise)) }
}
