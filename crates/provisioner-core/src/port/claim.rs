//! The port of an engine that is about to start, claimed so that no other pool is given it in between.

use std::time::Duration;

use spawner::PortLock;

use crate::desired::Desired;
use crate::neighbours::neighbours;
use crate::{Error, Result, Settings, ports};

/// How long a pool is waited for that is just being started on a port that nothing else is left beside.
const PATIENCE: Duration = Duration::from_mins(2);

/// The first port that is free and that nobody else is about to use; held until the lock is dropped. `own` is the port of
/// the engine that runs for this pool.
pub(crate) fn claim(desired: &Desired, own: Option<u16>, settings: &Settings) -> Result<(u16, PortLock)> {
    let run_dir = &settings.run_dir;
    let purpose = format!("start pool {}", desired.pool_id);
    let choose = |ports: &[u16]| {
        let others = neighbours(run_dir, desired.pool_id.as_str());
        ports::choose(desired.host, ports, own, &others).map_err(Error::Port)
    };
    loop {
        let first = choose(&desired.ports)?;
        let mut left = desired.ports.clone();
        let mut next = Ok(first);
        while let Ok(port) = next {
            if let Some(lock) = PortLock::try_acquire(run_dir, port, &purpose)? {
                // Whoever held the lock until now may have given the port to an engine.
                if choose(&[port]).is_ok() {
                    return Ok((port, lock));
                }
            }
            left.retain(|other| *other != port);
            next = choose(&left);
        }
        // Every free port is about to be used. One of those starts may fail, and all of them end.
        PortLock::acquire(run_dir, first, &purpose, PATIENCE)?;
    }
}
