//! `logs`: the end of what the engine wrote, safe to print, and what comes after it.

use std::io::Write;

use serde_json::json;
use spawner::PoolDir;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::{report, target};

pub(crate) fn run(args: &Args, lines: usize, follow: bool) -> Result<Exit> {
    let (id, _) = target::known(args)?;
    let dir = target::dir(args, &id)?;
    if let (true, Some(dir)) = (follow, &dir) {
        return follow_log(dir, lines, args.json);
    }
    let text = dir.as_ref().map(|dir| spawner::log_tail(dir, lines)).transpose()?.unwrap_or_default();
    let log = dir.map(|dir| dir.log_file());
    let all: Vec<&str> = text.lines().collect();
    report::result(args.json, &json!({"pool_id": id, "log": log, "lines": all}), || text.clone())?;
    Ok(Exit::Done)
}

/// Line by line, until the engine has ended or nobody reads any more; as JSON, one document a line.
fn follow_log(dir: &PoolDir, lines: usize, json: bool) -> Result<Exit> {
    let mut out = std::io::stdout().lock();
    for line in spawner::follow(dir, lines)? {
        let line = line?;
        let shown = if json { json!({ "line": line }).to_string() } else { line };
        match writeln!(out, "{shown}").and_then(|()| out.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(Failure::Output(error)),
        }
    }
    Ok(Exit::Done)
}
