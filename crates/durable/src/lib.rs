//! Files that survive `kill -9`: replaced as a whole, kept private, and locked by locks that die with their holder.
//!
//! The rules: a reader sees the old content or the new, never a mix; what is not ours, not private or not a plain
//! file is refused rather than followed; a lock is a kernel lock on a file that is never deleted by us, and is
//! held only while the path still names the file that was locked.
//!
//! ```
//! use std::time::Duration;
//!
//! let dir = std::env::temp_dir().join(format!("durable-{}", std::process::id()));
//! durable::private_dir(&dir)?;
//! let _lock = durable::Lock::acquire(&dir.join("lock"), "example", Duration::from_secs(1))?;
//! durable::replace(&dir.join("record"), b"new")?;
//! assert_eq!(durable::read_regular(&dir.join("record"), 1024)?.as_deref(), Some(b"new".as_slice()));
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod digest;
mod error;
mod leftovers;
mod lock;
mod private_dir;
mod read;
mod replace;
mod stamp;
mod wait;

pub use digest::{hex, sha256, sha256_of};
pub use error::DurableError;
pub use leftovers::remove_leftovers;
pub use lock::{Holder, Lock};
pub use private_dir::{existing_private_dir, is_writable, private_dir};
pub use read::{Owned, read_owned, read_regular};
pub use replace::{replace, replace_until_reboot, sync_dir};
pub use stamp::Stamp;
pub use wait::Wait;
