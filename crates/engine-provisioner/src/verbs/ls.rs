//! `ls`: the engines that are prepared on this host and do not run.

use std::time::{SystemTime, UNIX_EPOCH};

use provisioner_core::{Lifecycle, PreparedPool};
use serde_json::json;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::Result;
use crate::report::table::{Table, width, wrapped};
use crate::report::{self, amount};
use crate::target;

pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut pools = Lifecycle::new(target::settings(args)?).prepared()?;
    if args.pool.is_some() {
        let (id, _) = target::known(args)?;
        pools.retain(|pool| pool.pool_id == id);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    report::result(args.json, &json!({ "pools": pools }), || text(&pools, now, width()))?;
    Ok(Exit::Done)
}

fn text(pools: &[PreparedPool], now: u64, width: Option<usize>) -> String {
    if pools.is_empty() {
        return "no engine is prepared that does not run\n".into();
    }
    let mut table = Table::new(&[("pool", 9), ("engine", 5), ("version", 4), ("model", 6), ("age", 3), ("state", 8)]);
    let mut notes = String::new();
    for pool in pools {
        let engine = &pool.engine;
        let of_others = || engine.model.reference.clone();
        let model = engine.model.path.file_name().map_or_else(of_others, |name| name.to_string_lossy().into_owned());
        let state = match (pool.missing.is_empty(), pool.another_runs) {
            (false, _) => "incomplete",
            (true, true) => "another runs",
            (true, false) => "ready",
        };
        table.row([
            pool.pool_id.to_string(),
            engine.engine.to_string(),
            engine.engine_version.clone(),
            model,
            amount::seconds(now.saturating_sub(pool.unix_s)),
            state.to_owned(),
        ]);
        for missing in &pool.missing {
            notes.push_str(&wrapped(&format!("{}: {missing}", pool.pool_id), width, "  "));
        }
    }
    table.text(width) + &notes
}
