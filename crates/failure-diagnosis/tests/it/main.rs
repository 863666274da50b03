//! Real outputs of CMake, nvcc, gcc, clang, ninja, make, the linkers and the server, and what is made of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed set-up is a failed test")]

mod anything;
mod compile;
mod configure;
mod cuda;
mod deaths;
mod ends;
mod link;
mod outputs;
mod reported;
mod resources;
mod serve;
mod support;
