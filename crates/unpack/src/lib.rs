//! Unpacks an archive of strangers below one folder, and nowhere else.
//!
//! The rules: every name is walked from an open descriptor of the folder, part by part, and no link is followed; only
//! plain files, folders and links that stay inside are made; modes are 0755 and 0644; no entry is replaced by one
//! of another kind; files, bytes and their ratio to the archive are bounded; whatever breaks a rule ends the work
//! with an error, and nothing is skipped in silence.
//!
//! ```
//! use std::fs::File;
//! use unpack::{Options, unpack};
//!
//! # let dir = std::env::temp_dir().join(format!("unpack-{}", std::process::id()));
//! # std::fs::create_dir_all(dir.join("out"))?;
//! # let archive = dir.join("tool");
//! # std::io::Write::write_all(&mut File::create(&archive)?, b"\x7fELF and so on")?;
//! let unpacked = unpack(&File::open(&archive)?, "tool", &dir.join("out"), &Options::default())?;
//! assert_eq!(unpacked.files, ["tool"]);
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod budget;
mod entry;
mod error;
mod format;
mod links;
mod name;
mod place;
mod program;
mod unpack;

pub use budget::Limits;
pub use error::UnpackError;
pub use program::{ProgramError, find_program};
pub use unpack::{Options, Unpacked, unpack};
