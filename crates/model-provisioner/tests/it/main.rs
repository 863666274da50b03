//! Models as a caller stages them: from this host, and with the real Hugging Face command from a hub on loopback.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed setup is a failed test")]

mod asked;
mod fetched;
mod fuzzed;
mod headers;
mod hostile;
mod killed;
mod local;
mod repositories;
mod secrets;
mod shards;
mod support;
mod triton;
mod vocabulary;
