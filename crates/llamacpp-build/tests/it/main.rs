//! Real builds of a small project in llama.cpp's shape, from a repository to a proven server in the store.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed set-up is a failed test")]

mod concurrent;
mod cuda;
mod failure;
mod gc;
mod helpers;
mod hostile;
mod killed;
mod mirror;
mod options;
mod recipe_one;
mod sources;
mod steps;
mod store;
mod support;
mod sweep;
mod validate;
mod warm;
