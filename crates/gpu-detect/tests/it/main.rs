//! Detection and solver, against compiled drivers, toolkits made of scripts, and real linkers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed set-up is a failed test")]

mod cards;
mod choice;
mod devices;
mod driver;
mod facts;
mod link;
mod memo;
mod memory;
mod places;
mod probe;
mod solver;
mod support;
mod toolkits;
mod usage;
