//! Files from https and file addresses: resumed, bounded, hashed while they arrive, shared by concurrent callers.
//!
//! The rules: a file is handed out only with the digest that was asked for; what arrived of a file outlives its process
//! and is resumed only where the server proves that it is the same file, or the digest will; one caller downloads, the
//! others wait for it; every limit is the caller's.
//!
//! ```no_run
//! use download::{Digest, Downloads, Source, Want};
//!
//! let downloads = Downloads::new("/var/cache/downloads".as_ref());
//! let digest = Digest::parse("sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae");
//! let want = Want { digest, ..Want::new(Source::parse("https://example.com/engine.tar.gz")?) };
//! let fetched = downloads.fetch(&want, &http::Options::default(), &|_| ())?;
//! assert_eq!(fetched.size(), fetched.file().metadata()?.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod digest;
mod downloads;
mod error;
mod local;
mod part;
mod remote;
mod space;
mod want;

pub use digest::Digest;
pub use downloads::{Downloads, Fetched};
pub use error::DownloadError;
pub use want::{Notice, Source, Want};
