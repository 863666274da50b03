//! A process that keeps the log of a detached engine within its limit when the engine's starter has gone.
//!
//! The engine writes its log itself, so this process is never in its way and may be killed at any time. It is told
//! which engine by an inherited pidfd, lives as long as that engine, and holds nothing else but the log: no lock of the
//! pool, no other descriptor, no variable but its own mark. By the mark a stop finds it, without mistaking it for a
//! part of the engine. It is a program of the caller and not a `fork` of the caller, whose threads and secrets it
//! would keep.

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::log::cap::claim;
use crate::log::tend::tend_from;
use crate::process::Process;
use crate::process::identity::{Engine, identify};
use crate::process::isolate::{in_child, isolate};
use crate::process::marks::TENDER_VAR;
use crate::process::{environ, stat};
use crate::record::Record;
use crate::record::host::Host;
use crate::{PoolDir, PoolGuard, SpawnError};

/// How often a tender asks for a log that somebody else has, and how long it waits in between.
const MOMENTS: (u32, Duration) = (20, Duration::from_millis(50));

/// A program that calls [`tend_engine`] with the two arguments that are added to its own: a hidden verb of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tender {
    /// The program; absolute.
    pub program: PathBuf,
    /// Its arguments before the pool's folder and the limit in bytes.
    pub args: Vec<OsString>,
}

/// Keeps the log in `folder` within `limit` bytes for as long as the engine lives whose pidfd is standard input: what a
/// [`Tender`] has to do, and nothing to call otherwise.
pub fn tend_engine(folder: &Path, limit: u64) -> Result<(), SpawnError> {
    let what = std::fs::read_link("/proc/self/fd/0").unwrap_or_default();
    if !what.to_string_lossy().contains("pidfd") {
        return Err(SpawnError::BadRequest { why: "standard input is no pidfd of an engine".to_owned() });
    }
    let fd = std::io::stdin().as_fd().try_clone_to_owned();
    let engine = Process::from_fd(fd.map_err(|source| SpawnError::System { call: "dup", source })?);
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(dir) = PoolDir::existing(folder.parent().unwrap_or(Path::new("/")), name)? else {
        return Ok(());
    };
    // Whoever cuts the log in passing is done in a moment; beside another who tends it there is nothing to do.
    for _ in 0..MOMENTS.0 {
        if let Some(log) = claim(&dir)? {
            return tend_from(&dir, &engine, limit, Some(log));
        }
        if engine.wait(MOMENTS.1)? {
            break;
        }
    }
    Ok(())
}

/// Gives the running engine of the locked pool a tender, where it has none any more; says whether it did.
///
/// Its log is tended when somebody holds the lock on it, whoever that is. An engine that does not run needs none.
pub fn restore_tender(guard: &PoolGuard, record: &Record, tender: &Tender, limit: u64) -> Result<bool, SpawnError> {
    let dir = guard.dir();
    let Engine::Alive(record, engine) = identify(record.clone(), &Host::observe()?)? else {
        return Ok(false);
    };
    // One whose starter was killed a moment ago may not have come to the lock yet.
    if claim(dir)?.is_none() || has_tender(&record.instance)? {
        return Ok(false);
    }
    let mut child = begin(tender, dir, limit, &record.instance, &engine)?;
    // It outlives most callers; to the others it must not become a zombie.
    let collect = std::thread::Builder::new().name("tender".into()).spawn(move || child.wait());
    if let Err(error) = collect {
        tracing::debug!(%error, "no thread to wait for the tender");
    }
    Ok(true)
}

/// Whether a living process is the tender of this engine, by its mark.
fn has_tender(instance: &str) -> Result<bool, SpawnError> {
    let tends =
        |pid: i32| environ::read(pid).is_ok_and(|environ| environ.value(TENDER_VAR) == Some(instance.as_bytes()));
    Ok(stat::all()?.any(tends))
}

/// Starts the tender of the engine `process`; it runs when this returns.
pub(crate) fn begin(
    tender: &Tender,
    dir: &PoolDir,
    limit: u64,
    instance: &str,
    process: &Process,
) -> Result<Child, SpawnError> {
    let engine = process.as_fd().try_clone_to_owned().map_err(|source| SpawnError::System { call: "dup", source })?;
    let child = command(tender, dir, limit, instance, engine).spawn();
    child.map_err(|source| SpawnError::not_started(tender.program.clone(), source))
}

/// The command that becomes the tender of the engine that `engine` is a pidfd of: apart from everything, as an engine
/// is, and in no folder that an operator may want to remove.
#[expect(clippy::disallowed_methods, reason = "the one place that starts tenders")]
fn command(tender: &Tender, dir: &PoolDir, limit: u64, instance: &str, engine: OwnedFd) -> Command {
    let mut command = Command::new(&tender.program);
    command.args(&tender.args).arg(dir.path()).arg(limit.to_string());
    command.env_clear().env(TENDER_VAR, instance).current_dir("/");
    command.stdin(engine).stdout(Stdio::null()).stderr(Stdio::null());
    in_child(&mut command, isolate);
    command
}

/// Ends and collects a tender whose engine is gone, or will never be.
pub(crate) fn dismiss(tender: Option<Child>) {
    if let Some(mut child) = tender {
        child.kill().ok();
        child.wait().ok();
    }
}
