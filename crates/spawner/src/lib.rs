//! Starts an engine, owns it by a durable record, and stops only what is proven to be ours.
//!
//! The rules: one engine per pool, because every start and stop holds the pool's lock; a record is on disk before
//! the process is, and carries a random token that the engine and all it starts inherit; a process is signalled only
//! through a pidfd, and only after boot, PID namespace, start time or token prove that it is ours; the text of a PID
//! file is never read back; after an error nothing of ours runs unless the record still owns it.
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

mod child;
mod end;
mod error;
mod family;
mod host;
mod identity;
mod ledger;
mod log;
mod pool;
mod process;
mod program;
mod reaper;
mod record;
mod request;
mod start;
mod status;
mod stop;
mod tail;
mod wait;

pub use error::SpawnError;
pub use exec::Exit;
pub use pool::{PoolDir, PoolGuard};
pub use record::{Record, State};
pub use request::{INSTANCE_VAR, StartRequest};
pub use start::{Running, start};
pub use status::{Status, status};
pub use stop::{Stopped, stop};
pub use tail::log_tail;
pub use wait::wait_exit;
