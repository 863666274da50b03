//! What a pool's engine does now, without changing anything.

use std::time::Duration;

use exec::Exit;
use rustix::time::{ClockId, clock_gettime};

use crate::process::identity::{Engine, prove};
use crate::record::host::Host;
use crate::record::ledger::{self, Entry};
use crate::start::outcome;
use crate::{PoolDir, Record, SpawnError};

/// What the record and the host say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The engine runs. While another process starts or stops it, the record's state says so.
    Running {
        /// Its record.
        record: Record,
        /// How long it has run, by the clock that counts from boot.
        uptime: Duration,
    },
    /// The engine has ended by itself.
    Exited {
        /// Its record.
        record: Record,
        /// How it ended: always known in the process that started it, in others until its parent has collected that.
        exit: Option<Exit>,
    },
    /// The engine is gone without a trace: its process number is another's by now, or the host was started anew.
    /// Nothing would be signalled, and a start would replace the record.
    Stale {
        /// The record.
        record: Record,
        /// Why, in words.
        why: String,
    },
    /// The engine may run, and is not ours to touch from here: it was started in another PID namespace or by another
    /// user, or its process does not carry the token of the record. A start or stop here is refused.
    Foreign {
        /// The record.
        record: Record,
        /// Why, in words.
        why: String,
    },
    /// No engine was started, or it was stopped.
    Absent,
    /// The record cannot be understood, or is of an engine that is no process.
    Unreadable {
        /// Why, in words.
        why: String,
    },
}

/// Looks at the pool's record and at the process it names. Takes no lock, writes nothing, trusts no PID file.
pub fn status(dir: &PoolDir) -> Result<Status, SpawnError> {
    let record = match ledger::read(dir)? {
        Entry::Absent => return Ok(Status::Absent),
        Entry::Torn(why) | Entry::Foreign(why) => return Ok(Status::Unreadable { why }),
        Entry::Valid(record) => record,
    };
    let host = Host::observe()?;
    Ok(match prove(dir, record, &host)? {
        Engine::Alive(record, _) if record.uid != host.uid && host.uid != 0 => {
            let why = format!("it was started by user {}, this is user {}", record.uid, host.uid);
            Status::Foreign { record, why }
        }
        Engine::Alive(record, _) => Status::Running { uptime: uptime(record.start_ticks), record },
        Engine::Ended(record, exit) => {
            Status::Exited { exit: exit.or_else(|| outcome::exited(&record.instance)), record }
        }
        Engine::Gone(record, why) => Status::Stale { record, why },
        Engine::Unseen(record, why) | Engine::Unproven(record, why) => Status::Foreign { record, why },
    })
}

/// The time since a start, both counted from boot.
pub(crate) fn uptime(start_ticks: u64) -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    let since_boot =
        Duration::new(u64::try_from(now.tv_sec).unwrap_or_default(), u32::try_from(now.tv_nsec).unwrap_or_default());
    let per_second = procfs::ticks_per_second().max(1);
    let start = Duration::from_secs(start_ticks / per_second)
        + Duration::from_nanos((start_ticks % per_second) * (1_000_000_000 / per_second));
    since_boot.saturating_sub(start)
}
