//! Starts `sleep` as the engine of a pool, shows its status, and stops it, all in a temporary run root.
//!
//! `cargo run -p spawner --example start_stop`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use spawner::{PoolDir, StartRequest, start, status, stop};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let run_root = std::env::temp_dir().join(format!("spawner-example-{}", std::process::id()));
    let pool = PoolDir::open(&run_root, "demo")?;
    let guard = pool.lock("example", Duration::from_secs(5))?;
    let engine = start(&guard, &StartRequest::new("/bin/sleep", ["60"]))?;
    println!("started process {} with instance {}", engine.record.pid, engine.record.instance);
    println!("status: {:?}", status(&pool)?);
    println!("stopped: {:?}", stop(&guard, Duration::from_secs(5))?);
    println!("it ended with {:?}", engine.wait_exit(Duration::from_secs(1)));
    std::fs::remove_dir_all(run_root)?;
    Ok(())
}
