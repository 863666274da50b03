//! Archives of the real programs, and hostile ones written byte by byte.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

mod bombs;
mod hostile_tar;
mod hostile_zip;
mod made;
mod real;
mod support;
