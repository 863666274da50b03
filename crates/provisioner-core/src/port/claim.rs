//! The port of an engine that is about to start, claimed so that no other pool is given it in between.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use spawner::PortLock;

use crate::port::choose;
use crate::port::neighbours::{neighbours, reserved};
use crate::{Error, Result, Settings};

/// How long a pool is waited for that is just being started on a port that nothing else is left beside.
const PATIENCE: Duration = Duration::from_mins(2);

/// The pause between two tries to get its lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Who wants a port, and which ones will do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) pool: &'a str,
    pub(crate) host: IpAddr,
    pub(crate) ports: &'a [u16],
}

/// The port that counts as the pool's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own {
    pub(crate) port: Option<u16>,
    /// Whether the pool's engine runs, and so holds it; a port that an earlier engine had is only preferred.
    pub(crate) runs: bool,
}

/// The first port that is free and that no other pool is about to use; held until the lock is dropped.
pub(crate) fn claim(wanted: Wanted<'_>, own: Own, settings: &Settings) -> Result<(u16, PortLock)> {
    let mut ports = wanted.ports.to_vec();
    if let Some(at) = ports.iter().position(|port| Some(*port) == own.port) {
        ports.swap(0, at);
        ports.get_mut(1..).unwrap_or_default().sort_by_key(|port| wanted.ports.iter().position(|other| other == port));
    }
    let own = own.port.filter(|_| own.runs);
    let run_dir = &settings.run_dir;
    let purpose = format!("start pool {}", wanted.pool);
    let choose = |ports: &[u16]| {
        let mut others = neighbours(run_dir, wanted.pool);
        others.extend(reserved(&settings.reserved, wanted.pool));
        choose::choose(wanted.host, ports, own, &others).map_err(Error::Port)
    };
    loop {
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
        let first = choose(&ports)?;
        let mut left = ports.clone();
        let mut next = Ok(first);
        while let Ok(port) = next {
            if let Some(lock) = PortLock::try_acquire(run_dir, port, &purpose)? {
                // The last holder of the lock may have given the port to an engine.
                if choose(&[port]).is_ok() {
                    return Ok((port, lock));
                }
            }
            left.retain(|other| *other != port);
            next = choose(&left);
        }
        // Every free port is about to be used. One of those starts may fail, and all of them end.
        let begin = Instant::now();
        while PortLock::try_acquire(run_dir, first, &purpose)?.is_none() {
            if begin.elapsed() > PATIENCE {
                // Its error names the holder.
                PortLock::acquire(run_dir, first, &purpose, Duration::ZERO)?;
            }
            if settings.cancel.wait(PAUSE) {
                return Err(Error::Cancelled);
            }
        }
    }
}
