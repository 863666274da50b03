//! What real programs do to their runner and to one another, tried with `/bin/sh` and the examples.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod cancelled;
mod hosts;
mod kept;
mod runs;
mod secrets;
mod support;
