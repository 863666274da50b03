//! The listening TCP sockets of this network namespace and the processes that hold them, from `/proc`.

use std::net::SocketAddr;
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
pub(crate) struct Socket {
    pub(crate) address: SocketAddr,
    pub(crate) inode: u64,
}

/// Everybody who listens on `port`, at whatever address of this network namespace.
pub fn holders(port: u16) -> Result<Vec<Holder>, SpawnError> {
    Ok(sockets(port)?.iter().map(holder).collect())
}

pub(crate) fn sockets(port: u16) -> Result<Vec<Socket>, SpawnError> {
    let four = procfs::net::tcp().map_err(SpawnError::proc("the TCP sockets"))?;
    // A kernel without IPv6 has no such table.
    let six = procfs::net::tcp6().unwrap_or_default();
    let listening =
        four.into_iter().chain(six).filter(|e| e.state == TcpState::Listen && e.local_address.port() == port);
    Ok(listening.map(|entry| Socket { address: entry.local_address, inode: entry.inode }).collect())
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
    use std::net::TcpListener;

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
