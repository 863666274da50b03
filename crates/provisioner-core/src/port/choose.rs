//! Which port an engine may listen on, and who holds those that it may not.

use std::cell::LazyCell;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use miette::Diagnostic;
use spawner::{Listeners, is_free, lowest_bindable_port};
use thiserror::Error;

use crate::port::neighbours::Neighbour;

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
    /// The pool that is going to listen there, where the same call starts it.
    pub reserved_for: Option<String>,
}

impl fmt::Display for PortHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.process, &self.reserved_for) {
            (Some((pid, name)), _) => write!(f, "{} by process {pid} ({name})", self.port),
            (None, Some(pool)) => write!(f, "{} by pool `{pool}`, which is started before this one", self.port),
            (None, None) => write!(f, "{} by a process that cannot be told", self.port),
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
    let lowest = lowest_bindable_port(ports.iter().copied().min().unwrap_or_default());
    // The tables are long: they are read only for the name.
    let listening = LazyCell::new(|| Listeners::read().unwrap_or_default());
    let mut holders = Vec::new();
    for &port in ports {
        if port < lowest {
            return Err(PortError::Privileged { port, lowest });
        }
        if let Some(neighbour) = neighbours.iter().find(|neighbour| neighbour.port == port) {
            holders.push(Holder::Neighbour(neighbour));
        } else if is_free(host, port).unwrap_or(true) {
            return Ok(port);
        } else {
            holders.push(Holder::Socket(listening.blocking(host, port).unwrap_or(SocketAddr::new(host, port))));
        }
    }
    Err(PortError::Taken { host, holders: holders.iter().take(8).map(|holder| holder.named(&listening)).collect() })
}

/// Who holds a port, before it is worth finding out the name.
enum Holder<'a> {
    Neighbour(&'a Neighbour),
    Socket(SocketAddr),
}

impl Holder<'_> {
    fn named(&self, listening: &Listeners) -> PortHolder {
        match self {
            Self::Neighbour(Neighbour { pool, pid, port }) => {
                let process = pid.map(|pid| (pid, format!("the engine of pool `{pool}`")));
                let reserved_for = process.is_none().then(|| pool.clone());
                PortHolder { port: *port, process, reserved_for }
            }
            Self::Socket(address) => {
                PortHolder { port: address.port(), process: listening.owner(*address), reserved_for: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

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
        let neighbour = Neighbour { pool: "other".into(), pid: Some(4711), port: free };
        let error = choose(LOCAL, &[free], None, std::slice::from_ref(&neighbour)).unwrap_err().to_string();
        assert!(error.contains("by process 4711 (the engine of pool `other`)"), "{error}");
        let reserved = Neighbour { pid: None, ..neighbour };
        let error = choose(LOCAL, &[free], None, &[reserved]).unwrap_err().to_string();
        assert!(error.contains("by pool `other`, which is started before this one"), "{error}");
    }
}
