//! Whether a port could be bound now.

use std::net::{IpAddr, SocketAddr};

use rustix::io::Errno;
use rustix::net::sockopt::{set_ipv6_v6only, set_socket_reuseaddr};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};

use crate::SpawnError;

/// Whether an engine could listen on this address now: asked of the kernel by binding a socket that does not listen.
///
/// A bound socket that shares its address does not keep others from it that share it too, as servers do. The kernel's
/// tables, which tell who listens, take milliseconds to read on a host with much memory. Only a taken port is `false`:
/// that an address is not this host's, or a port reserved, is for others to say.
pub fn is_free(host: IpAddr, port: u16) -> Result<bool, SpawnError> {
    let family = if host.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = match socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None) {
        Ok(socket) => socket,
        // A kernel without IPv6.
        Err(Errno::AFNOSUPPORT) => return Ok(true),
        Err(errno) => return Err(SpawnError::system("socket")(errno)),
    };
    set_socket_reuseaddr(&socket, true).map_err(SpawnError::system("setsockopt"))?;
    if host.is_ipv6() {
        // As engines do: who listens on `::` takes IPv4 clients too.
        set_ipv6_v6only(&socket, false).map_err(SpawnError::system("setsockopt"))?;
    }
    Ok(bind(&socket, &SocketAddr::new(host, port)) != Err(Errno::ADDRINUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F49
    #[test]
    fn a_port_is_free_while_nobody_could_answer_on_it() {
        use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
        let free = |host: IpAddr, port| is_free(host, port).unwrap();
        let [local4, any4] = [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED].map(IpAddr::from);
        let [local6, any6] = [Ipv6Addr::LOCALHOST, Ipv6Addr::UNSPECIFIED].map(IpAddr::from);
        for (listener, taken, other) in [
            (local4, [local4, any4, any6], Some(local6)),
            (any4, [local4, any4, any6], None),
            (local6, [local6, any6, any6], Some(local4)),
        ] {
            let held = TcpListener::bind((listener, 0)).unwrap();
            let port = held.local_addr().unwrap().port();
            assert!(taken.iter().all(|host| !free(*host, port)), "{listener}");
            assert!(other.is_none_or(|host| free(host, port)), "{listener}");
            // What is left of a client does not block a listener.
            let client = TcpStream::connect((if listener.is_ipv4() { local4 } else { local6 }, port)).unwrap();
            drop(held.accept().unwrap());
            drop((client, held));
            assert!(free(listener, port), "{listener}");
            // Looking does not keep others from listening.
            TcpListener::bind((listener, port)).unwrap();
        }
    }
}
