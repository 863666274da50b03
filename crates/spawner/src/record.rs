//! The record of one engine: everything that proves a process is ours, and nothing secret.

pub(crate) mod host;
pub(crate) mod ledger;
pub(crate) mod pool;
pub(crate) mod wait;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::host::Host;

/// The version of the format that this crate writes and reads.
pub(crate) const SCHEMA: u32 = 1;

/// What a pool's engine is, as written to `record.json` (mode 0600, replaced as a whole).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Version of this format.
    pub schema: u32,
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
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Started. This is on disk before the process runs its program.
    Running,
    /// Being ended.
    Stopping,
}

/// Why bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not a complete record of any version; a start may replace it.
    Torn(String),
    /// A record of another version: its engine may live, so that it must not be replaced.
    OtherSchema(u64),
}

impl Record {
    /// The bytes of the file. They end with the closing brace, so that no part of a record is a record.
    pub(crate) fn render(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }

    /// Reads a record of `pool`; whatever is not complete and possible is a fault.
    pub(crate) fn parse(bytes: &[u8], pool: &str) -> Result<Self, Fault> {
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|e| Fault::Torn(e.to_string()))?;
        if let Some(schema) = value.get("schema").and_then(serde_json::Value::as_u64)
            && schema != u64::from(SCHEMA)
        {
            return Err(Fault::OtherSchema(schema));
        }
        let record: Self = serde_json::from_value(value).map_err(|e| Fault::Torn(e.to_string()))?;
        record.impossible(pool).map_or(Ok(record), |why| Err(Fault::Torn(why)))
    }

    fn impossible(&self, pool: &str) -> Option<String> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if self.pool != pool {
            Some(format!("it belongs to pool `{}`", self.pool.escape_debug()))
        } else if self.instance.len() != 32 || !self.instance.bytes().all(hex) {
            Some("its instance is not 32 hex digits".to_owned())
        } else if self.pid < 2 {
            Some(format!("{} is not the number of an engine's process", self.pid))
        } else {
            None
        }
    }

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
    use proptest::prelude::*;

    fn record() -> Record {
        Record {
            schema: SCHEMA,
            pool: "p".into(),
            instance: "0123456789abcdef0123456789abcdef".into(),
            state: State::Running,
            pid: 4711,
            start_ticks: 99,
            pidfd_inode: 1234,
            boot_id: "b".into(),
            pid_ns: 7,
            uid: 0,
            exe: "/bin/x".into(),
            argv: vec!["--port".into(), "1 } \" \n".into()],
            host: "127.0.0.1".into(),
            port: 8080,
            fingerprint: BTreeMap::from([("build".into(), "k".into())]),
            started_unix_s: 1,
        }
    }

    /// F09: a torn record is never taken for a record.
    #[test]
    fn no_prefix_is_a_record() {
        let bytes = record().render().unwrap();
        assert_eq!(Record::parse(&bytes, "p"), Ok(record()));
        for end in 0..bytes.len() {
            assert!(matches!(Record::parse(&bytes[..end], "p"), Err(Fault::Torn(_))), "{end} bytes");
            let mut zeroed = bytes.clone();
            zeroed[end..].fill(0);
            assert!(matches!(Record::parse(&zeroed, "p"), Err(Fault::Torn(_))), "zeros from {end}");
        }
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut Record), why: &str) {
        let mut changed = record();
        change(&mut changed);
        let fault = Record::parse(&changed.render().unwrap(), "p").unwrap_err();
        assert!(matches!(&fault, Fault::Torn(text) if text.contains(why)), "{fault:?}");
    }

    /// F09
    #[test]
    fn a_record_that_cannot_be_is_refused() {
        for pid in [-1, 0, 1, i32::MIN] {
            refused(|r| r.pid = pid, "not the number of an engine's process");
        }
        refused(|r| r.instance = "short".into(), "32 hex digits");
        refused(|r| r.instance = "G".repeat(32), "32 hex digits");
        refused(|r| r.pool = "other".into(), "belongs to pool `other`");
    }

    #[test]
    fn another_version_is_told_apart_from_garbage() {
        let mut newer = record();
        newer.schema = 2;
        assert_eq!(Record::parse(&newer.render().unwrap(), "p"), Err(Fault::OtherSchema(2)));
        assert_eq!(Record::parse(b"{\"schema\": 3, \"new\": 1}", "p"), Err(Fault::OtherSchema(3)));
    }

    /// F41, F55
    #[test]
    fn boot_and_namespace_decide_before_anything_else() {
        let host = |boot_id: &str, pid_ns| Host { boot_id: boot_id.into(), pid_ns, uid: 0 };
        assert_eq!(record().elsewhere(&host("b", 7)), None);
        assert_eq!(record().elsewhere(&host("c", 7)), Some(Elsewhere::OtherBoot));
        assert_eq!(record().elsewhere(&host("c", 8)), Some(Elsewhere::OtherBoot));
        assert_eq!(record().elsewhere(&host("b", 8)), Some(Elsewhere::OtherNamespace));
    }

    proptest! {
        #[test]
        fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Record::parse(&bytes, "p").is_err());
        }

        #[test]
        fn what_is_written_is_read(argv in proptest::collection::vec(".*", 0..4), pid in 2..i32::MAX, port: u16) {
            let written = Record { pid, argv, port, ..record() };
            prop_assert_eq!(Record::parse(&written.render().unwrap(), "p"), Ok(written));
        }
    }
}
