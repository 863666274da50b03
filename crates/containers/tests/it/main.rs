//! Containers of the real podman, as root and as an ordinary user.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed setup is a failed test"
)]

mod docker;
mod ends;
mod images;
mod kills;
mod life;
mod ownership;
mod preflight;
mod rootless;
mod secrets;
mod support;
