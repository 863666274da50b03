//! HTTP exchanges with limits, for downloads, registries and engines that others run.
//!
//! The rules: every wait is bounded (silence, deadline, cancel token); every header and every body has a size limit that
//! the caller names; a redirect never leads from https to http, and a credential never leaves the origin that it was
//! given for; certificates are always checked; what is printed of an address has no query, where signatures are.
//!
//! A status of 400 or above is an [`Answer`], not an error: what it means is for the caller to decide.
//!
//! ```no_run
//! use http::{Client, Options, Request, Url};
//!
//! let client = Client::new(Options::default())?;
//! let mut answer = client.send(&Request::get(Url::parse("https://example.com/models.json")?))?;
//! assert_eq!(answer.status(), 200);
//! let body = answer.bytes(64 << 10)?;
//! # Ok::<(), http::HttpError>(())
//! ```

mod answer;
mod client;
mod error;
mod guard;
mod proxy;
mod request;
mod roots;
mod url;

pub use answer::Answer;
pub use client::{Client, Options};
pub use error::HttpError;
pub use proxy::Proxies;
pub use request::{Method, Request, Secret};
pub use url::{Plain, Url};
