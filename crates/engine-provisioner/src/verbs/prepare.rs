//! `prepare`: everything up to the start.

use crate::args::{Args, PrepareArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::report::summary;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, interrupt: &Interrupt, wish: &PrepareArgs) -> Result<Exit> {
    let pool = target::pool(args)?;
    let settings = target::agreed(target::working(args, progress, interrupt)?, args, wish)?;
    let prepared = target::provider(&pool, settings)?.prepare(pool)?;
    progress.clear();
    report::result(args.json, &prepared, || {
        format!("pool `{}` is prepared\n{}", prepared.pool_id, summary::of(&prepared))
    })?;
    Ok(Exit::Done)
}
