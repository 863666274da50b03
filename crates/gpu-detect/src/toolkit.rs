//! CUDA toolkits and what they are used with: where they are, what they hold, which release knows what.

mod candidate;
mod candidates;
mod description;
mod glibc;
mod headers;
mod host_compiler;
mod inspect;
mod layout;
pub(crate) mod link;
mod nvcc;
mod packaged;
mod parts;
pub(crate) mod releases;
mod toolkit_version;
mod usual;
mod variable;

pub(crate) use candidates::resolved;
pub use description::{Toolkit, ToolkitSource};
pub use glibc::Glibc;
pub(crate) use glibc::detect as glibc;
pub use host_compiler::{CompilerKind, CompilerSource, HostCompiler, host_compilers};
pub(crate) use inspect::detect;
pub(crate) use layout::library_folders;
pub use parts::nccl;
pub use releases::Releases;
