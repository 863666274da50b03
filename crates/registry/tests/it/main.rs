//! Exchanges with a real registry on the loopback, and with servers that lie.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod attached;
mod helpers;
mod lies;
mod logins;
mod pulls;
mod pushes;
mod redirects;
mod support;
