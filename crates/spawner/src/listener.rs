//! Who listens on an engine's port: whoever answers there is the engine only if the socket belongs to it.
//!
//! Told from the kernel's socket table and the open files of processes; nothing is opened and no packet sent.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use procfs::net::TcpState;

use crate::family::Family;
use crate::host::Host;
use crate::identity::{Engine, identify};
use crate::{Record, SpawnError, stat};

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

/// Who listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The address that is listened on.
    pub address: SocketAddr,
    /// Its process and that one's name, where they can be told: an open file of another user's process cannot be seen.
    pub process: Option<(i32, String)>,
}

struct Socket {
    address: SocketAddr,
    inode: u64,
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
        Engine::Ended(record, _) | Engine::Gone(record, _) | Engine::Unseen(record, _) => {
            Family::of_token(&record.instance)
        }
    };
    family.sweep()?;
    let members = family.pids();
    let foreign = reached.into_iter().find(|socket| owner(socket.inode, members.iter().copied()).is_none());
    Ok(foreign.map_or(Listener::Ours, |socket| Listener::Foreign(holder(&socket))))
}

/// Everybody who listens on `port`, at whatever address of this network namespace.
pub fn holders(port: u16) -> Result<Vec<Holder>, SpawnError> {
    Ok(sockets(port)?.iter().map(holder).collect())
}

fn sockets(port: u16) -> Result<Vec<Socket>, SpawnError> {
    let four = procfs::net::tcp().map_err(SpawnError::proc("the TCP sockets"))?;
    // A kernel without IPv6 has no such table.
    let six = procfs::net::tcp6().unwrap_or_default();
    let listening =
        four.into_iter().chain(six).filter(|e| e.state == TcpState::Listen && e.local_address.port() == port);
    Ok(listening.map(|entry| Socket { address: entry.local_address, inode: entry.inode }).collect())
}

/// Whether a client of `host` may come to a socket at `address`.
fn reaches(host: &str, address: IpAddr) -> bool {
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

fn holder(socket: &Socket) -> Holder {
    let all = stat::all().into_iter().flatten();
    let name = |pid: i32| {
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        comm.trim_end().chars().filter(|c| !c.is_control()).collect()
    };
    Holder { address: socket.address, process: owner(socket.inode, all).map(|pid| (pid, name(pid))) }
}

/// The first of `pids` that holds the socket open.
fn owner(inode: u64, pids: impl IntoIterator<Item = i32>) -> Option<i32> {
    let socket = format!("socket:[{inode}]");
    pids.into_iter().find(|pid| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.into_iter().any(|file| std::fs::read_link(file.path()).is_ok_and(|link| link == Path::new(&socket)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

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

    #[test]
    fn a_port_names_who_holds_it() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        let found = holders(address.port()).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].address, address);
        assert_eq!(found[0].process.as_ref().unwrap().0, i32::try_from(std::process::id()).unwrap());
        drop(held);
        assert_eq!(holders(address.port()).unwrap(), []);
    }
}
