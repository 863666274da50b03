//! Which key may vouch for what comes from a repository now.
//!
//! The rules: everything here is a function of its arguments, the time too; a list of registries that is written is
//! enforced, one that is left out allows any; an engine of a store needs a key that may vouch for its repository, an image
//! needs one where a key is listed for its repository; a key that was revoked, has expired or is not valid yet vouches for
//! nothing. No signature is verified here.
//!
//! ```
//! use engine_trust::{Kind, Policy, PublicKey, TrustedKey, Window};
//!
//! let pem = "-----BEGIN PUBLIC KEY-----\n\
//!            MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
//!            -----END PUBLIC KEY-----\n";
//! let key = TrustedKey {
//!     id: "release-2026".into(),
//!     key: PublicKey::from_pem(pem).map_err(|why| why.of("release-2026"))?,
//!     repositories: vec!["ghcr.io/acme/*".parse()?],
//!     window: Window { not_before: None, not_after: Some(1_800_000_000) },
//! };
//! let policy = Policy { keys: vec![key], ..Policy::default() };
//! let decision = policy.judge("ghcr.io/acme/engines", Kind::StoreEntry, 1_700_000_000)?;
//! assert_eq!(decision.keys[0].id, "release-2026");
//! assert!(policy.judge("ghcr.io/acme/engines", Kind::StoreEntry, 1_800_000_000).is_err());
//! assert!(policy.judge("docker.io/library/x", Kind::Image, 0)?.keys.is_empty());
//! # Ok::<(), engine_trust::TrustError>(())
//! ```

mod decide;
mod error;
mod key;
mod pattern;

pub use decide::{Decision, Kind, Policy, Revoked, TrustedKey, Window};
pub use error::TrustError;
pub use key::{KeyFault, PublicKey};
pub use pattern::Pattern;
