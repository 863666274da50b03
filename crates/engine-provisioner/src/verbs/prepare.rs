//! `prepare`: everything up to the start.

use provisioner_core::Pools;
use serde_json::json;

use crate::args::{Args, PrepareAllArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::report::several::{self, Outcome};
use crate::report::summary;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, interrupt: &Interrupt, wish: &PrepareAllArgs) -> Result<Exit> {
    let PrepareAllArgs { prepare, all } = wish;
    if all.pools.all {
        return several(args, progress, interrupt, wish);
    }
    let pool = target::pool(args)?;
    let settings = target::agreed(target::working(args, progress, interrupt)?, args, prepare)?;
    let prepared = target::provider(&pool, settings)?.prepare(pool)?;
    progress.clear();
    report::result(args.json, &prepared, || {
        format!("pool `{}` is prepared\n{}", prepared.pool_id, summary::of(&prepared))
    })?;
    Ok(Exit::Done)
}

/// Prepares all pools of the configuration.
fn several(args: &Args, progress: &Progress, interrupt: &Interrupt, wish: &PrepareAllArgs) -> Result<Exit> {
    let pools = target::pools(args)?;
    progress.names_pools(pools.len() > 1);
    let settings = target::agreed(target::working(args, progress, interrupt)?, args, &wish.prepare)?;
    let results = Pools::new(pools, settings).builds_at_once(wish.all.builds).prepare();
    progress.clear();
    several::shown(args, results, |prepared| Outcome {
        word: "prepared",
        detail: format!("{} {}", prepared.engine, prepared.engine_version),
        document: ("engine", json!(prepared)),
    })
}
