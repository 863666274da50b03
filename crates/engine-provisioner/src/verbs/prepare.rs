//! `prepare`: everything up to the start.

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::Result;
use crate::progress::Progress;
use crate::verbs::summary;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress) -> Result<Exit> {
    let pool = target::pool(args)?;
    let prepared = target::provider(args, &pool, progress, false)?.prepare(pool)?;
    progress.clear();
    report::result(args.json, &prepared, || {
        format!("pool `{}` is prepared\n{}", prepared.pool_id, summary::of(&prepared))
    })?;
    Ok(Exit::Done)
}
