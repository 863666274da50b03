//! `logs`: the end of what the engine wrote, safe to print.

use serde_json::json;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::Result;
use crate::{report, target};

pub(crate) fn run(args: &Args, lines: usize) -> Result<Exit> {
    let (id, _) = target::known(args)?;
    let dir = target::dir(args, &id)?;
    let text = dir.as_ref().map(|dir| spawner::log_tail(dir, lines)).transpose()?.unwrap_or_default();
    let log = dir.map(|dir| dir.log_file());
    let all: Vec<&str> = text.lines().collect();
    report::result(args.json, &json!({"pool_id": id, "log": log, "lines": all}), || text.clone())?;
    Ok(Exit::Done)
}
