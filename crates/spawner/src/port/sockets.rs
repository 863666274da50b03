//! The listening TCP sockets of this network namespace and the processes that hold them.
//!
//! This is the only place that reads the socket tables in `/proc/net`. They take milliseconds on a host with much memory,
//! and naming a holder looks at the open files of every process, so neither is done before the answer is needed.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use procfs::net::TcpState;

use crate::SpawnError;
use crate::process::stat;

/// Who listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The address that is listened on.
    pub address: SocketAddr,
    /// Its process and that one's name, where they can be told: an open file of another user's process cannot be seen.
    pub process: Option<(i32, String)>,
}

/// A listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Socket {
    pub(crate) address: SocketAddr,
    pub(crate) inode: u64,
}

/// Everybody who listens on `port`, at whatever address of this network namespace.
pub fn holders(port: u16) -> Result<Vec<Holder>, SpawnError> {
    Ok(sockets(port)?.iter().map(holder).collect())
}

/// Every listening TCP socket of this network namespace, as it was when the tables were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listeners(Vec<Socket>);

impl Listeners {
    /// Reads the tables. Fails where `/proc/net/tcp` cannot be read.
    pub fn read() -> Result<Self, SpawnError> {
        listening().map(|all| Self(all.collect()))
    }

    /// The address of a socket that keeps an engine from binding `host:port`.
    pub fn blocking(&self, host: IpAddr, port: u16) -> Option<SocketAddr> {
        self.0.iter().map(|socket| socket.address).find(|address| blocks(*address, host, port))
    }

    /// The process that listens at `address` and its name, where this user may see it.
    pub fn owner(&self, address: SocketAddr) -> Option<(i32, String)> {
        self.0.iter().find(|socket| socket.address == address).and_then(|socket| holder(socket).process)
    }
}

impl Listeners {
    /// The ports on which these processes listen, lowest first.
    pub(crate) fn held_by(&self, pids: &[i32]) -> Vec<u16> {
        let held = self.0.iter().filter(|socket| owner(socket.inode, pids.iter().copied()).is_some());
        let ports: std::collections::BTreeSet<u16> = held.map(|socket| socket.address.port()).collect();
        ports.into_iter().collect()
    }
}

/// Whether a socket that listens at `listener` keeps `host:port` from being bound.
fn blocks(listener: SocketAddr, host: IpAddr, port: u16) -> bool {
    let ip = listener.ip();
    listener.port() == port
        && (ip == host || ip.is_unspecified() || (host.is_unspecified() && (host.is_ipv6() || ip.is_ipv4())))
}

pub(crate) fn sockets(port: u16) -> Result<Vec<Socket>, SpawnError> {
    Ok(listening()?.filter(|socket| socket.address.port() == port).collect())
}

pub(crate) fn listening() -> Result<impl Iterator<Item = Socket>, SpawnError> {
    let four = procfs::net::tcp().map_err(SpawnError::proc("the TCP sockets"))?;
    // A kernel without IPv6 has no such table.
    let six = procfs::net::tcp6().unwrap_or_default();
    let listening = four.into_iter().chain(six).filter(|entry| entry.state == TcpState::Listen);
    Ok(listening.map(|entry| Socket { address: entry.local_address, inode: entry.inode }))
}

pub(crate) fn holder(socket: &Socket) -> Holder {
    let all = stat::all().into_iter().flatten();
    let name = |pid: i32| {
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        comm.trim_end().chars().filter(|c| !c.is_control()).collect()
    };
    Holder { address: socket.address, process: owner(socket.inode, all).map(|pid| (pid, name(pid))) }
}

/// The first of `pids` that holds the socket open.
pub(crate) fn owner(inode: u64, pids: impl IntoIterator<Item = i32>) -> Option<i32> {
    let socket = format!("socket:[{inode}]");
    pids.into_iter().find(|pid| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.into_iter().any(|file| std::fs::read_link(file.path()).is_ok_and(|link| link == Path::new(&socket)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    #[test]
    fn a_port_names_who_holds_it() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        let found = holders(address.port()).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].address, address);
        assert_eq!(found[0].process.as_ref().unwrap().0, i32::try_from(std::process::id()).unwrap());
        let all = Listeners::read().unwrap();
        assert_eq!(all.blocking(address.ip(), address.port()), Some(address));
        assert_eq!(all.owner(address), found[0].process);
        drop(held);
        assert_eq!(holders(address.port()).unwrap(), []);
    }

    #[test]
    fn addresses_that_overlap_block() {
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let any4 = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let any6 = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        let other = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        for (listener, host, expected) in [
            (local, local, true),
            (any4, local, true),
            (local, any4, true),
            (other, local, false),
            (any6, local, true),
            (local, any6, true),
        ] {
            assert_eq!(blocks(SocketAddr::new(listener, 80), host, 80), expected, "{listener} {host}");
            assert!(!blocks(SocketAddr::new(listener, 81), host, 80));
        }
    }
}
