//! What a finished program needs of a host, read from its ELF files, and whether a host has it.
//!
//! The rules: functions of bytes and facts, for any bytes; what cannot be read is unknown, and neither met nor missing; a
//! refusal names the file that needs what is missing, and the package that brings it where that is known.
//!
//! ```
//! let elf = artifact_fit::read(&std::fs::read("/proc/self/exe")?[..]).ok_or("no ELF file")?;
//! assert!(elf.needed.iter().any(|library| library.starts_with("libc.so")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cuda;
mod elf;
mod error;
mod fatbin;
mod judge;
mod ld_cache;
mod libraries;
mod machine;
mod needs;
mod version;

pub use elf::{Elf, read, read_dynamic, read_file};
pub use error::FitError;
pub use judge::{Host, judge};
pub use ld_cache::ld_cache;
pub use libraries::package_of;
pub use machine::Machine;
pub use needs::{Member, Missing, Needs, needs};
pub use version::Version;
