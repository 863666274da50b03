//! Who listens on an engine's port: whoever answers there is the engine only if the socket belongs to it.
//!
//! Told from the kernel's socket table and the open files of processes; nothing is opened and no packet sent.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::sockets::{Holder, Socket, holder, owner, sockets};
use crate::process::family::Family;
use crate::process::identity::{Engine, identify};
use crate::record::host::Host;
use crate::{Record, SpawnError};

/// Who listens where an engine was told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    /// The engine was given no port.
    NoPort,
    /// Nobody: the engine does not listen yet, or not any more.
    Nobody,
    /// The engine: every socket that a client of its address could reach belongs to it.
    Ours,
    /// Somebody else, who may answer in the engine's place.
    Foreign(Holder),
}

/// Who listens on the host and port of `record`, asked at this moment.
///
/// Whoever calls an engine ready asks this after the answer came and before believing it: a port can be taken by another
/// process between the choice of it and the engine's bind. A host that is a name stands for every address.
pub fn listener(record: &Record) -> Result<Listener, SpawnError> {
    if record.port == 0 {
        return Ok(Listener::NoPort);
    }
    let reached: Vec<Socket> =
        sockets(record.port)?.into_iter().filter(|socket| reaches(&record.host, socket.address.ip())).collect();
    if reached.is_empty() {
        return Ok(Listener::Nobody);
    }
    let mut family = match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(record, leader) => {
            let leader_alone = [leader.pid];
            if reached.iter().all(|socket| owner(socket.inode, leader_alone).is_some()) {
                return Ok(Listener::Ours);
            }
            Family::of_leader(&record)
        }
        Engine::Ended(record, _)
        | Engine::Gone(record, _)
        | Engine::Unseen(record, _)
        | Engine::Unproven(record, _) => Family::of_token(&record.instance),
    };
    family.sweep()?;
    let members = family.pids();
    let foreign = reached.into_iter().find(|socket| owner(socket.inode, members.iter().copied()).is_none());
    Ok(foreign.map_or(Listener::Ours, |socket| Listener::Foreign(holder(&socket))))
}

/// Whether a client of `host` may come to a socket at `address`.
pub(crate) fn reaches(host: &str, address: IpAddr) -> bool {
    const LOCAL: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let address = address.to_canonical();
    let wanted = if host == "localhost" {
        LOCAL.to_vec()
    } else {
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(host) => vec![host.to_canonical()],
            Err(_) => return true,
        }
    };
    wanted.into_iter().any(|host| {
        // `::` takes IPv4 clients too, unless its owner forbade that, which the table does not tell.
        let everything = address.is_unspecified() && (address.is_ipv6() || host.is_ipv4());
        host == address || everything || (host.is_unspecified() && (host.is_ipv6() || address.is_ipv4()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, reached: &[&str], missed: &[&str]) {
        for (addresses, expected) in [(reached, true), (missed, false)] {
            for address in addresses {
                assert_eq!(reaches(host, address.parse().unwrap()), expected, "{host} {address}");
            }
        }
    }

    /// F48
    #[test]
    fn an_address_decides_who_answers() {
        check("127.0.0.1", &["127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"], &["::1", "10.0.0.1", "127.0.0.2"]);
        check("::1", &["::1", "::"], &["127.0.0.1", "0.0.0.0"]);
        check("[::1]", &["::1"], &["127.0.0.1"]);
        check("0.0.0.0", &["127.0.0.1", "10.0.0.1", "0.0.0.0", "::"], &["::1"]);
        check("::", &["127.0.0.1", "::1", "0.0.0.0"], &[]);
        check("localhost", &["127.0.0.1", "::1", "::", "0.0.0.0"], &["10.0.0.1"]);
        check("engine.internal", &["127.0.0.1", "10.0.0.1", "::1"], &[]);
    }
}
