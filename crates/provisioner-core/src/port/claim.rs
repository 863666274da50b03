//! The port of an engine that is about to start, claimed so that no other pool is given it in between.

use std::net::IpAddr;
use std::time::Duration;

use spawner::PortLock;

use crate::port::choose;
use crate::port::neighbours::neighbours;
use crate::{Error, Result, Settings};

/// How long a pool is waited for that is just being started on a port that nothing else is left beside.
const PATIENCE: Duration = Duration::from_mins(2);

/// Who wants a port, and which ones will do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) pool: &'a str,
    pub(crate) host: IpAddr,
    pub(crate) ports: &'a [u16],
}

/// The first port that is free and that no other pool is about to use; held until the lock is dropped. `own` is the port
/// of the engine that runs for this pool.
pub(crate) fn claim(wanted: Wanted<'_>, own: Option<u16>, settings: &Settings) -> Result<(u16, PortLock)> {
    let run_dir = &settings.run_dir;
    let purpose = format!("start pool {}", wanted.pool);
    let choose = |ports: &[u16]| {
        let others = neighbours(run_dir, wanted.pool);
        choose::choose(wanted.host, ports, own, &others).map_err(Error::Port)
    };
    loop {
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
        let first = choose(wanted.ports)?;
        let mut left = wanted.ports.to_vec();
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
