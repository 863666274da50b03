//! `logs`: the end of what the engine printed, safe to show, and what comes after it.

use std::io::Write;

use provisioner_core::{Follow, Lifecycle};
use serde_json::json;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::{report, target};

pub(crate) fn run(args: &Args, lines: usize, follow: bool) -> Result<Exit> {
    let (id, _) = target::known(args)?;
    let engines = Lifecycle::new(target::settings(args)?);
    if follow && let Some(follow) = engines.follow(&id, lines)? {
        return print(follow, args.json);
    }
    let (log, text) = (engines.log_file(&id)?, engines.logs(&id, lines)?);
    let all: Vec<&str> = text.lines().collect();
    report::result(args.json, &json!({"pool_id": id, "log": log, "lines": all}), || text.clone())?;
    Ok(Exit::Done)
}

/// Line by line, until the engine has exited or the reader is gone; as JSON, one document a line.
fn print(follow: Follow, json: bool) -> Result<Exit> {
    let mut out = std::io::stdout().lock();
    for line in follow {
        let line = line?;
        let shown = if json { json!({ "line": line }).to_string() } else { line };
        writeln!(out, "{shown}").and_then(|()| out.flush()).map_err(Failure::Output)?;
    }
    Ok(Exit::Done)
}
