//! Decides which names hold secrets, and masks secrets in text.
//!
//! ```
//! use redact::{Redactor, looks_secret};
//!
//! assert!(looks_secret("HF_TOKEN") && looks_secret("--api-key") && looks_secret("PROXY_PWD"));
//! assert!(!looks_secret("MAX_TOTAL_TOKENS") && !looks_secret("HF_TOKEN_PATH"));
//!
//! let mut redactor = Redactor::new();
//! redactor.add("hf_abcdef");
//! assert_eq!(redactor.text("HF_TOKEN=x; https://me:pw@host/?q=hf_abcdef"), "HF_TOKEN=***; https://***@host/?q=***");
//! ```
//!
//! [`looks_secret`] is the only rule of this workspace for secret names: what it calls open may be written to files and
//! printed, what it calls secret may not.

mod forms;
mod redactor;
mod search;
mod secret_name;
mod stream;
mod unfit;
mod words;

pub use redactor::{MASK, Redactor};
pub use secret_name::looks_secret;
pub use stream::MaskStream;
pub use unfit::{Unfit, unfit};
