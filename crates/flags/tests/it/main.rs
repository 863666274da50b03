//! Tests of the public API, one file per concern.
#![expect(clippy::unwrap_used, reason = "a failed look-up or normalisation is a failed test")]

mod catalogue;
mod engines;
mod eras;
mod fuzzed;
mod gpu;
mod mangled;
mod normalize;
mod older_help;
mod original;
mod other_layouts;
mod pasted;
mod properties;
mod renames;
mod secrets;
mod shapes;
mod sharing;
mod support;
mod values;
