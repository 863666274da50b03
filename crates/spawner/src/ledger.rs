//! The pool's record and PID file on disk.

use std::io::ErrorKind;
use std::path::Path;

use durable::{DurableError, read_regular, replace};

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

/// Writes the record; it is durable when this returns.
pub(crate) fn write(dir: &PoolDir, record: &Record) -> Result<(), SpawnError> {
    let path = dir.record_file();
    let bytes = record.render().map_err(|error| SpawnError::io("write", &path)(error.into()))?;
    Ok(replace(&path, &bytes)?)
}

/// Writes the PID file: one decimal line.
pub(crate) fn write_pid_file(dir: &PoolDir, pid: i32) -> Result<(), SpawnError> {
    Ok(replace(&dir.pid_file(), format!("{pid}\n").as_bytes())?)
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
