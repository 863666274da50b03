//! A token that tells threads to stop: cancelled once, seen by every clone, and a sleep on it ends at once.
//!
//! The rules: cancelling cannot be undone; checking is one atomic load; the token starts no thread and installs no
//! signal handler. [`Cancel::cancel`] takes a lock, so it must not be called from a signal handler.
//!
//! ```
//! use std::time::Duration;
//! use cancel::{Cancel, Cancelled};
//!
//! let cancel = Cancel::new();
//! assert!(!cancel.wait(Duration::from_millis(1)), "not cancelled: the whole time passed");
//!
//! let worker = cancel.clone();
//! let work = std::thread::spawn(move || worker.wait(Duration::from_mins(1)));
//! cancel.cancel();
//! assert_eq!(work.join().ok(), Some(true), "woken at once");
//! assert_eq!(cancel.check(), Err(Cancelled));
//! ```

mod token;

pub use token::{Cancel, Cancelled};
