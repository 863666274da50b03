//! Keeps finished engines: one immutable folder for each key, absent or complete.
//!
//! The rules: a key is the hash of everything that decided what an entry is; an entry is published by one rename, after
//! everything in it is on disk; it is handed out only if every file is what its manifest says and there is no other;
//! what is damaged is quarantined, never repaired in place. The store knows nothing of how an engine is made: a
//! [`Recipe`] names that, and the [`OpaqueInputs`] are for code that knows the recipe.
//!
//! ```
//! use std::time::Duration;
//! use durable::Wait;
//! use engine_store::{Contents, EntryKey, Layout, NewEntry, OpaqueInputs, Recipe, Store};
//!
//! # let cache = std::env::temp_dir().join(format!("engine-store-{}", std::process::id()));
//! let store = Store::new(Layout::new(&cache)?);
//! let recipe = Recipe::parse("archive/1").ok_or("no recipe")?;
//! let inputs = OpaqueInputs::of(&("https://example.com/engine.tar.gz", "sha256:00"))?;
//! let key = EntryKey::of(&recipe, &inputs.canonical());
//!
//! let wait = Wait::new(Duration::from_secs(60)).tell(|holder| eprintln!("waiting for {holder}"));
//! let claim = store.claim(&key, "unpack", wait)?;
//! if claim.take()?.is_none() {
//!     let staging = claim.stage()?;
//!     std::fs::create_dir_all(staging.out().join("bin"))?;
//!     std::fs::write(staging.out().join("bin/engine"), "#!/bin/sh\n")?;
//!     let contents = Contents::hash(&staging)?;
//!     let (binary, took) = ("bin/engine".into(), Duration::ZERO);
//!     claim.publish(&staging, contents, NewEntry { recipe, inputs, engine_version: "1.2".into(), binary, took })?;
//! }
//! assert!(store.take(&key)?.is_some_and(|entry| entry.binary().is_file()));
//! # std::fs::remove_dir_all(&cache)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claim;
mod contents;
mod disk;
mod entry_key;
mod error;
mod gc;
mod layout;
mod manifest;
mod opaque_inputs;
mod quarantine;
mod recipe;
mod seal;
mod staging;
mod store;
mod verified;

pub use claim::{Claim, NewEntry};
pub use contents::Contents;
pub use disk::mark_used;
pub use entry_key::EntryKey;
pub use error::StoreError;
pub use gc::{CacheItem, FRESH, GcItem, GcPolicy, GcReport, Kept};
pub use layout::Layout;
pub use manifest::{FileEntry, Manifest};
pub use opaque_inputs::OpaqueInputs;
pub use quarantine::quarantine;
pub use recipe::Recipe;
pub use staging::Staging;
pub use store::{Entry, Store, Stored, Verdict};
