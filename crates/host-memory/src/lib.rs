//! How much memory this process, and what it starts, may use: the machine's, bounded by its control groups.
//!
//! The rule: a value that the system does not report is `None`, and the smallest limit counts.
//!
//! ```
//! let memory = host_memory::Memory::now();
//! assert!(memory.usable() <= memory.ceiling());
//! ```

mod memory;

pub use memory::Memory;
