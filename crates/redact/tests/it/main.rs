//! The rule for secret names, held against names that real programs read.

mod names;
mod properties;
