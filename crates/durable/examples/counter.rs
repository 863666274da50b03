//! Counts its own runs in a file, safely against other runs and against being killed.
//!
//! `cargo run -p durable --example counter`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::temp_dir().join("durable-counter");
    durable::private_dir(&dir)?;
    let _lock = durable::Lock::acquire(&dir.join("lock"), "counting", Duration::from_secs(5))?;
    let file = dir.join("count");
    let before = durable::read_regular(&file, 64)?.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<u64>().ok());
    let count = before.unwrap_or(0) + 1;
    durable::replace(&file, count.to_string().as_bytes())?;
    println!("run {count}");
    Ok(())
}
