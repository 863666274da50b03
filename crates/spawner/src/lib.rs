//! Starts an engine, owns it by a durable record, and stops only what is proven to be ours.
//!
//! The rules: one engine per pool, because every start and stop holds the pool's lock; a record is on disk before
//! the program runs, and carries a random token that the engine and all it starts inherit; a process is signalled only
//! through a pidfd, and only after boot, PID namespace, the kernel's number, start time and token prove that it is ours;
//! an engine without a record is found by the pool's name in its environment before "nothing runs" is said;
//! the text of a PID file is never read back; after an error nothing of ours runs unless the record still owns it.
//!
//! ```
//! use std::time::Duration;
//! use spawner::{PoolDir, StartRequest, Status, Stopped, start, status, stop};
//!
//! let run_root = std::env::temp_dir().join(format!("spawner-doc-{}", std::process::id()));
//! let pool = PoolDir::open(&run_root, "demo")?;
//! let guard = pool.lock("example", Duration::from_secs(5))?;
//! let engine = start(&guard, &StartRequest::new("/bin/sleep", ["60"]))?;
//! assert!(matches!(status(&pool)?, Status::Running { record, .. } if record.pid == engine.record.pid));
//! assert_eq!(stop(&guard, Duration::from_secs(5))?, Stopped::Graceful);
//! assert_eq!(stop(&guard, Duration::from_secs(5))?, Stopped::NothingRecorded);
//! # std::fs::remove_dir_all(&run_root)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod log;
mod observe;
mod port;
mod process;
mod record;
mod remote;
mod settle;
mod start;
mod status;
mod stop;
mod vitals;
mod wait;

pub use error::SpawnError;
pub use exec::Exit;
pub use log::cap::cap_log;
pub use log::follow::{Follow, follow};
pub use log::tail::{log_head, log_tail, open_log};
pub use log::tend::tend_log;
pub use log::tender::{Tender, restore_tender, tend_engine};
pub use observe::{Life, Observation, observe, observe_among};
pub use port::free::is_free;
pub use port::listener::{Listener, listener};
pub use port::lock::PortLock;
pub use port::privilege::lowest_bindable_port;
pub use port::sockets::{Holder, Listeners, holders};
pub use process::marks::{INSTANCE_VAR, POOL_VAR, RUN_VAR};
pub use process::scan::Processes;
pub use record::ledger::recorded;
pub use record::of_pool::{PoolRecord, RecordedEngine};
pub use record::pool::{PoolDir, PoolGuard, PrepareGuard};
pub use record::wait::{LockWait, Waiting};
pub use record::{Record, State};
pub use remote::{RemoteEngine, forget_remote, record_remote};
pub use settle::{Settled, settle};
pub use start::request::{LOG_LIMIT, Lifetime, StartRequest};
pub use start::{Running, start};
pub use status::{Status, status};
pub use stop::{Stopped, stop, stop_pool};
pub use vitals::{Vitals, leader, living, pids, vitals, vitals_of_all};
pub use wait::{Watch, running, wait_exit, watch};
