//! How the ports of a container are reached.

use std::fmt;
use std::net::IpAddr;

/// The network of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// The host's own: the engine listens on the host's addresses, and nothing is published.
    Host,
    /// A network of its own, with these ports published.
    Published(Vec<Published>),
    /// None.
    None,
}

/// A published port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The address of the host that is listened on.
    pub address: IpAddr,
    /// The port of the host.
    pub port: u16,
    /// The port that the engine listens on in the container.
    pub inner: u16,
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            IpAddr::V4(address) => write!(f, "{address}:{}:{}", self.port, self.inner),
            IpAddr::V6(address) => write!(f, "[{address}]:{}:{}", self.port, self.inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ipv6_has_brackets() {
        let published = |address: &str| Published { address: address.parse().unwrap(), port: 8081, inner: 8000 };
        assert_eq!(published("127.0.0.1").to_string(), "127.0.0.1:8081:8000");
        assert_eq!(published("::1").to_string(), "[::1]:8081:8000");
    }
}
