//! Which port an engine may listen on, and who holds those that it may not.

use std::cell::LazyCell;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use miette::Diagnostic;
use procfs::net::{TcpNetEntry, TcpState};
use spawner::is_free;
use thiserror::Error;

use crate::neighbours::Neighbour;

/// The capability to listen below the unprivileged ports, by number.
/// <https://man7.org/linux/man-pages/man7/capabilities.7.html>
const CAP_NET_BIND_SERVICE: u64 = 1 << 10;

/// Why there is no port.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum PortError {
    /// Somebody listens on each of the wanted ports.
    #[error("{}", taken(host, holders))]
    #[diagnostic(
        code(port::taken),
        help("stop what listens there, or name more ports in `provisioning.ports`; the first free one is taken")
    )]
    Taken {
        /// The address that was wanted.
        host: IpAddr,
        /// Who holds the ports; of many, the first few.
        holders: Vec<PortHolder>,
    },
    /// The port is reserved for programs with a privilege that this one lacks.
    #[error("port {port} needs a privilege: ports below {lowest} are reserved here")]
    #[diagnostic(
        code(port::privileged),
        help(
            "choose a port from {lowest} up in `provisioning.ports`, or allow it: sysctl net.ipv4.ip_unprivileged_port_start={port}"
        )
    )]
    Privileged {
        /// The wanted port.
        port: u16,
        /// The lowest port that needs no privilege.
        lowest: u16,
    },
}

/// Who listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortHolder {
    /// The port.
    pub port: u16,
    /// Its process, where it can be told: one of another user cannot, and neither can a start that goes on.
    pub process: Option<(i32, String)>,
}

impl fmt::Display for PortHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.process {
            Some((pid, name)) => write!(f, "{} by process {pid} ({name})", self.port),
            None => write!(f, "{} by a process that cannot be told", self.port),
        }
    }
}

fn taken(host: &IpAddr, holders: &[PortHolder]) -> String {
    match holders {
        [only] => format!("the port is taken on {host}: {only}"),
        many => {
            let shown: Vec<String> = many.iter().take(4).map(ToString::to_string).collect();
            let more = many.len().saturating_sub(4);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            format!("every port is taken on {host}: {}{more}", shown.join(", "))
        }
    }
}

/// The port that the pool's engine listens on already (`own`) if it is one of `ports`, else the first of them that
/// nobody listens on and no neighbour was given.
pub(crate) fn choose(
    host: IpAddr,
    ports: &[u16],
    own: Option<u16>,
    neighbours: &[Neighbour],
) -> Result<u16, PortError> {
    if let Some(own) = own.filter(|own| ports.contains(own)) {
        return Ok(own);
    }
    let lowest = lowest_unprivileged();
    let listening = LazyCell::new(listeners);
    let mut holders = Vec::new();
    for &port in ports {
        if let Some(error) = privileged(port, lowest, may_bind_below) {
            return Err(error);
        }
        if let Some(neighbour) = neighbours.iter().find(|neighbour| neighbour.port == port) {
            holders.push(Holder::Neighbour(neighbour));
        } else if is_free(host, port).unwrap_or(true) {
            return Ok(port);
        } else {
            // The tables are long: they are read only for the name.
            let listener = listening.iter().find(|entry| blocks(entry.local_address, host, port));
            let address = listener.map_or(SocketAddr::new(host, port), |entry| entry.local_address);
            holders.push(Holder::Socket(address));
        }
    }
    Err(PortError::Taken { host, holders: holders.iter().take(8).map(Holder::named).collect() })
}

/// Who holds a port, before it is worth finding out the name.
enum Holder<'a> {
    Neighbour(&'a Neighbour),
    Socket(SocketAddr),
}

impl Holder<'_> {
    fn named(&self) -> PortHolder {
        match self {
            Self::Neighbour(Neighbour { pool, pid, port }) => {
                PortHolder { port: *port, process: Some((*pid, format!("the engine of pool `{pool}`"))) }
            }
            Self::Socket(address) => PortHolder { port: address.port(), process: owner(*address) },
        }
    }
}

/// Why this user may not listen on the port.
fn privileged(port: u16, lowest: u16, may_bind_below: impl Fn() -> bool) -> Option<PortError> {
    (port < lowest && !may_bind_below()).then_some(PortError::Privileged { port, lowest })
}

/// Whether a listener keeps `host:port` from being bound.
fn blocks(listener: SocketAddr, host: IpAddr, port: u16) -> bool {
    let ip = listener.ip();
    listener.port() == port
        && (ip == host || ip.is_unspecified() || (host.is_unspecified() && (host.is_ipv6() || ip.is_ipv4())))
}

fn listeners() -> Vec<TcpNetEntry> {
    let both = procfs::net::tcp().into_iter().flatten().chain(procfs::net::tcp6().into_iter().flatten());
    both.filter(|entry| entry.state == TcpState::Listen).collect()
}

/// The process that listens there.
fn owner(address: SocketAddr) -> Option<(i32, String)> {
    let all = spawner::holders(address.port()).unwrap_or_default();
    all.into_iter().find(|holder| holder.address == address)?.process
}

fn lowest_unprivileged() -> u16 {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    text.trim().parse().unwrap_or(1024)
}

fn may_bind_below() -> bool {
    procfs::process::Process::myself()
        .and_then(|me| me.status())
        .is_ok_and(|status| status.capeff & CAP_NET_BIND_SERVICE != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// F49
    #[test]
    fn a_taken_port_names_its_holder_and_the_next_is_used() {
        let held = TcpListener::bind((LOCAL, 0)).unwrap();
        let port = held.local_addr().unwrap().port();
        let Err(PortError::Taken { holders, .. }) = choose(LOCAL, &[port], None, &[]) else {
            panic!("{port} is taken")
        };
        assert_eq!(holders[0].process.as_ref().unwrap().0, i32::try_from(std::process::id()).unwrap());
        let free = TcpListener::bind((LOCAL, 0)).unwrap().local_addr().unwrap().port();
        assert_eq!(choose(LOCAL, &[port, free], None, &[]), Ok(free));
        assert_eq!(choose(LOCAL, &[free, port], Some(port), &[]), Ok(port), "an engine keeps its port");
        assert_eq!(choose(LOCAL, &[free], Some(port), &[]), Ok(free), "unless it is no longer one of the pool's");
        let neighbour = Neighbour { pool: "other".into(), pid: 4711, port: free };
        let error = choose(LOCAL, &[free], None, &[neighbour]).unwrap_err().to_string();
        assert!(error.contains("by process 4711 (the engine of pool `other`)"), "{error}");
    }

    /// F50
    #[test]
    fn a_reserved_port_needs_the_privilege() {
        for (port, lowest, may, refused) in
            [(80, 1024, false, true), (80, 1024, true, false), (1024, 1024, false, false), (80, 80, false, false)]
        {
            assert_eq!(privileged(port, lowest, || may).is_some(), refused, "{port} {lowest} {may}");
        }
    }

    #[test]
    fn addresses_that_overlap_block() {
        let any4 = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let any6 = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        let other = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        for (listener, host, expected) in [
            (LOCAL, LOCAL, true),
            (any4, LOCAL, true),
            (LOCAL, any4, true),
            (other, LOCAL, false),
            (any6, LOCAL, true),
            (LOCAL, any6, true),
        ] {
            assert_eq!(blocks(SocketAddr::new(listener, 80), host, 80), expected, "{listener} {host}");
            assert!(!blocks(SocketAddr::new(listener, 81), host, 80));
        }
    }
}
