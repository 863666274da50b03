//! The hub, by way of the Hugging Face command: which command, with which token, what it is asked and what it answers.
//!
//! The hub is asked with the Python interpreter and library that the command itself runs on, not with an HTTP client of
//! our own: its settings (endpoint, proxy, certificates, token, offline) then count for the question exactly as they count
//! for the download, and its library names each refusal with a type. A command that does not tell its interpreter (a
//! wrapper) is asked with its own `download --dry-run`, which names refusals in words only.

pub(crate) mod answer;
pub(crate) mod ask;
pub(crate) mod command;
pub(crate) mod similar;
pub(crate) mod space;
pub(crate) mod token;
pub(crate) mod watched;
pub(crate) mod words;
