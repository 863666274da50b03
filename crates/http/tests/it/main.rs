//! Exchanges with a real server on the loopback.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod exchanges;
mod limits;
mod redirects;
