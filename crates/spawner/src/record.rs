//! The record of one engine: everything that proves a process is ours, and nothing secret.

pub(crate) mod document;
pub(crate) mod host;
pub(crate) mod ledger;
pub(crate) mod of_pool;
pub(crate) mod pool;
pub(crate) mod wait;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::host::Host;
use crate::record::of_pool::PoolRecord;

/// What a pool's engine is where it is a process, as written to `record.json` (mode 0600, replaced as a whole).
///
/// This crate acts on such a record alone. [`PoolRecord`] is what the file can say besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "PoolRecord", try_from = "PoolRecord")]
pub struct Record {
    /// The pool it belongs to.
    pub pool: String,
    /// 128 random bits in hex, also in the engine's environment as
    /// [`ENGINE_PROVISIONER_INSTANCE`](crate::INSTANCE_VAR).
    pub instance: String,
    /// How far it has come.
    pub state: State,
    /// The engine's process, which leads its own session.
    pub pid: i32,
    /// When that process started, in clock ticks since boot (field 22 of
    /// [`/proc/PID/stat`](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)).
    pub start_ticks: u64,
    /// The kernel's number for that process, which it gives to no other until the next boot: the inode of its pidfd. 0
    /// where the kernel is [older than Linux 6.9](https://man7.org/linux/man-pages/man2/pidfd_open.2.html).
    pub pidfd_inode: u64,
    /// The boot it was started in (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// The PID namespace in which `pid` counts (inode of `/proc/self/ns/pid`).
    pub pid_ns: u64,
    /// The user who started it.
    pub uid: u32,
    /// The program; bytes that are not UTF-8 are replaced.
    pub exe: String,
    /// The program's arguments without the program; bytes that are not UTF-8 are replaced.
    pub argv: Vec<String>,
    /// Where it was told to listen.
    pub host: String,
    /// On which port.
    pub port: u16,
    /// What the caller compares a later request with.
    pub fingerprint: BTreeMap<String, String>,
    /// When it was started, in seconds since 1970; for people, never for a decision.
    pub started_unix_s: u64,
}

/// How far an engine has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Started. This is on disk before the process runs its program.
    Running,
    /// Being ended.
    Stopping,
}

impl Record {
    /// Why this record says nothing about the processes that `host` sees; nothing when it does.
    pub(crate) fn elsewhere(&self, host: &Host) -> Option<Elsewhere> {
        if self.boot_id != host.boot_id {
            Some(Elsewhere::OtherBoot)
        } else if self.pid_ns != host.pid_ns {
            Some(Elsewhere::OtherNamespace)
        } else {
            None
        }
    }
}

/// Where a record was written, if not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// Before the last boot: its engine is gone.
    OtherBoot,
    /// In another PID namespace of this boot: its engine may live.
    OtherNamespace,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::document::tests::record;

    /// F41, F55
    #[test]
    fn boot_and_namespace_decide_before_anything_else() {
        let host = |boot_id: &str, pid_ns| Host { boot_id: boot_id.into(), pid_ns, uid: 0 };
        assert_eq!(record().elsewhere(&host("b", 7)), None);
        assert_eq!(record().elsewhere(&host("c", 7)), Some(Elsewhere::OtherBoot));
        assert_eq!(record().elsewhere(&host("c", 8)), Some(Elsewhere::OtherBoot));
        assert_eq!(record().elsewhere(&host("b", 8)), Some(Elsewhere::OtherNamespace));
    }
}
