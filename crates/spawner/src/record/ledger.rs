//! The pool's record and PID file on disk.
//!
//! What a process leaves in the kernel's cache outlives it, however it ends: against `kill -9` a rename is enough. Syncs
//! are for the loss of power, and after that nothing runs that a record could own: one that is lost, old or torn is told by
//! the boot it speaks of, or is no record, and either way nothing is signalled and nothing kept from starting. So what
//! begins an engine is synced once, to be found whole whatever happens; what only changes or repeats it is not.

use std::io::ErrorKind;
use std::path::Path;

use durable::{DurableError, read_regular, replace, replace_until_reboot};

use crate::record::{Fault, Record};
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
    /// A record of another version of this program; nobody but that version may replace it.
    Foreign(String),
    /// A record.
    Valid(Record),
}

/// Reads the pool's record.
pub(crate) fn read(dir: &PoolDir) -> Result<Entry, SpawnError> {
    let bytes = match read_regular(&dir.record_file(), LARGEST) {
        Ok(None) => return Ok(Entry::Absent),
        Ok(Some(bytes)) => bytes,
        Err(error @ (DurableError::NotRegular { .. } | DurableError::TooLarge { .. })) => {
            return Ok(Entry::Torn(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match Record::parse(&bytes, dir.pool()) {
        Ok(record) => Entry::Valid(record),
        Err(Fault::Torn(why)) => Entry::Torn(why),
        Err(Fault::OtherSchema(schema)) => {
            Entry::Foreign(format!("it has schema {schema}, this program knows schema {}", crate::record::SCHEMA))
        }
    })
}

/// Writes the record of a new engine; it is durable when this returns.
pub(crate) fn write(dir: &PoolDir, record: &Record) -> Result<(), SpawnError> {
    Ok(replace(&dir.record_file(), &bytes(dir, record)?)?)
}

/// Notes a change in the record of an engine that runs.
pub(crate) fn rewrite(dir: &PoolDir, record: &Record) -> Result<(), SpawnError> {
    Ok(replace_until_reboot(&dir.record_file(), &bytes(dir, record)?)?)
}

fn bytes(dir: &PoolDir, record: &Record) -> Result<Vec<u8>, SpawnError> {
    record.render().map_err(|error| SpawnError::io("write", dir.record_file())(error.into()))
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
