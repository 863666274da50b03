//! Whether an engine of the store still fits this host, before each start: libraries and drivers come and go.
//!
//! The rule: what fits is remembered for exactly this entry and these facts of the host; what does not is looked at each time.

use std::path::PathBuf;

use artifact_fit::{FitError, Needs};
use engine_store::Entry;

use crate::pool::layout;
use crate::supply::Look;
use crate::supply::binary::{files, host};
use crate::supply::gpus::Gpus;

/// No fit record, and nothing that is remembered of one, is larger, in bytes.
const LARGEST: u64 = 4 << 20;

/// The first thing that the entry's program needs and this host lacks; `None` where it fits, and where the wanted engine
/// runs, which shows that it does.
pub(crate) fn lacks(entry: &Entry, gpus: Option<&Gpus>, look: &Look<'_>) -> Option<FitError> {
    let key = entry.manifest.key.to_string();
    if look.running.is_some_and(|running| running.facts.get("build") == Some(&key)) {
        return None;
    }
    let now = host::fingerprint(&look.settings.system_root, gpus);
    let memo = memo(look, &key);
    let known = durable::read_regular(&memo, LARGEST).ok().flatten();
    if now.is_some() && known.as_deref() == now.as_deref().map(str::as_bytes) {
        return None;
    }
    let record = durable::read_regular(&entry.dir.join(files::FIT), LARGEST).ok().flatten()?;
    let needs: Needs = serde_json::from_slice(&record).ok()?;
    let program = entry.manifest.binary.strip_prefix(files::FILES).unwrap_or(&entry.manifest.binary);
    let program = program.display().to_string();
    let lacks = host::lacks(&look.settings.system_root, &program, &needs, gpus).into_iter().next();
    if let (None, Some(now), true) = (&lacks, now, look.remember) {
        // A cache that cannot be written only costs the look each time.
        let folder = memo.parent().map_or(Ok(()), durable::private_dir);
        folder.and_then(|()| durable::replace(&memo, now.as_bytes())).ok();
    }
    lacks
}

fn memo(look: &Look<'_>, key: &str) -> PathBuf {
    layout::versioned(&look.settings.cache_dir).join("answers").join(format!("{key}.fits"))
}
