//! `lock`: what the pools are pinned to, asked for now and written beside the pool file.

use provisioner_core::cfg::{LockFile, PoolId};
use provisioner_core::{PinKind, Pins, lock};
use serde_json::json;

use crate::args::{Args, LockArgs, Pinned};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, interrupt: &Interrupt, wish: &LockArgs) -> Result<Exit> {
    let file = args.config.as_ref().ok_or(Failure::NoConfig)?;
    let all = target::pools(args)?;
    let ids: Vec<PoolId> = all.iter().map(|pool| pool.id.clone()).collect();
    let pools = if args.pool.is_some() { vec![target::pool(args)?] } else { all };
    let before = Pins::beside(file, false)?.map(|pins| pins.file);
    let update: Vec<PinKind> = wish.update.iter().map(|what| kind(*what)).collect();
    let settings = target::working(args, progress, interrupt)?;
    let locked = lock(&pools, &ids, before.as_ref(), &update, &settings)?;
    locked.write(file)?;
    progress.clear();
    let path = LockFile::beside(file);
    let document = json!({ "file": path, "notes": locked.notes, "pools": locked.file.pools });
    report::result(args.json, &document, || {
        let head = format!("{} pins {} pools\n", path.display(), locked.file.pools.len());
        locked.notes.iter().fold(head, |text, note| text + "  " + note + "\n")
    })?;
    Ok(Exit::Done)
}

fn kind(what: Pinned) -> PinKind {
    match what {
        Pinned::Commit => PinKind::Commit,
        Pinned::Image => PinKind::Image,
        Pinned::Model => PinKind::Model,
        Pinned::Archive => PinKind::Archive,
    }
}
