//! The commands of a build, before and after: what a plan shows, what ran, and how the one becomes the other.
//!
//! The commands that run are the planned ones, byte for byte (arguments, working folder, environment), once the values of the
//! [`Placeholder`]s are put in. What ran beside them (a repair, a second way to fetch, a retry with fewer compilers) says why in
//! [`Ran::because`].

pub(crate) mod call;
pub(crate) mod job;
pub(crate) mod placeholder;
pub(crate) mod steps;
