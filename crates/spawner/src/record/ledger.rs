//! The pool's record and PID file on disk.
//!
//! What a process leaves in the kernel's cache outlives it, however it ends: against `kill -9` a rename is enough. Syncs
//! are for the loss of power, and after that nothing runs that a record could own: one that is lost, old or torn is told by
//! the boot it speaks of, or is no record, and either way nothing is signalled and nothing kept from starting. So what
//! begins an engine is synced once, to be found whole whatever happens; what only changes or repeats it is not.

use std::io::ErrorKind;
use std::path::Path;

use durable::{DurableError, read_regular, replace, replace_until_reboot};

use crate::record::Record;
use crate::record::document::{self, Fault, SCHEMA};
use crate::record::of_pool::PoolRecord;
use crate::{PoolDir, SpawnError};

/// More than any record takes.
const LARGEST: u64 = 1 << 20;

/// What stands where the record belongs.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Nothing.
    Absent,
    /// Something that is no complete record; a start replaces it.
    Torn(String),
    /// A record of another version of this program, or of an engine that is no process: only that version or whatever
    /// runs that engine may replace it.
    Foreign(String),
    /// A record.
    Valid(Record),
}

/// Reads the pool's record, as far as it is of a process.
pub(crate) fn read(dir: &PoolDir) -> Result<Entry, SpawnError> {
    Ok(match read_any(dir)? {
        None => Entry::Absent,
        Some(Ok(record)) => Record::try_from(record).map_or_else(Entry::Foreign, Entry::Valid),
        Some(Err(Fault::Torn(why))) => Entry::Torn(why),
        Some(Err(Fault::OtherSchema(schema))) => {
            Entry::Foreign(format!("it has schema {schema}, this program knows schema {SCHEMA}"))
        }
    })
}

fn read_any(dir: &PoolDir) -> Result<Option<Result<PoolRecord, Fault>>, SpawnError> {
    match read_regular(&dir.record_file(), LARGEST) {
        Ok(bytes) => Ok(bytes.map(|bytes| document::parse(&bytes, dir.pool()))),
        Err(error @ (DurableError::NotRegular { .. } | DurableError::TooLarge { .. })) => {
            Ok(Some(Err(Fault::Torn(error.to_string()))))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the pool's record says, of whichever kind its engine is; nothing where there is no record of a version that this
/// program knows. Says nothing about whether that engine lives.
///
/// # Errors
///
/// Where the file cannot be read.
pub fn recorded(dir: &PoolDir) -> Result<Option<PoolRecord>, SpawnError> {
    Ok(read_any(dir)?.and_then(Result::ok))
}

/// Writes the record of a new engine; it is durable when this returns.
pub(crate) fn write(dir: &PoolDir, record: &Record) -> Result<(), SpawnError> {
    Ok(replace(&dir.record_file(), &bytes(dir, record)?)?)
}

/// Writes the record of a new engine of any kind; it is durable when this returns.
pub(crate) fn write_any(dir: &PoolDir, record: &PoolRecord) -> Result<(), SpawnError> {
    let bytes = document::render(record).map_err(|error| SpawnError::io("write", dir.record_file())(error.into()))?;
    Ok(replace(&dir.record_file(), &bytes)?)
}

/// Notes a change in the record of an engine that runs.
pub(crate) fn rewrite(dir: &PoolDir, record: &Record) -> Result<(), SpawnError> {
    Ok(replace_until_reboot(&dir.record_file(), &bytes(dir, record)?)?)
}

fn bytes(dir: &PoolDir, record: &Record) -> Result<Vec<u8>, SpawnError> {
    document::render(&record.clone().into()).map_err(|error| SpawnError::io("write", dir.record_file())(error.into()))
}

/// Writes the PID file: one decimal line.
pub(crate) fn write_pid_file(dir: &PoolDir, pid: i32) -> Result<(), SpawnError> {
    Ok(replace_until_reboot(&dir.pid_file(), format!("{pid}\n").as_bytes())?)
}

/// Removes the PID file.
pub(crate) fn remove_pid_file(dir: &PoolDir) -> Result<(), SpawnError> {
    remove(&dir.pid_file())
}

/// Removes the PID file and then the record, so that whoever is interrupted between finds the record again.
pub(crate) fn clear(dir: &PoolDir) -> Result<(), SpawnError> {
    remove(&dir.pid_file())?;
    remove(&dir.record_file())
}

fn remove(path: &Path) -> Result<(), SpawnError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(SpawnError::io("remove", path)(error)),
        _ => Ok(()),
    }
}
