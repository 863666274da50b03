//! Where an engine in a container listens, and what of it the host publishes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// How the container reaches the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It has a network of its own, and the host publishes ports of it.
    Published,
    /// It shares the host's network.
    Host,
}

/// Where an engine listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address that the engine listens on.
    pub host: IpAddr,
    /// The port that the engine listens on.
    pub port: u16,
    /// The address of the host that is published, where one is.
    pub published: Option<SocketAddr>,
}

impl Endpoint {
    /// Where an engine listens for a pool whose clients use `host` and `port`; `usual` is the port of the engine's image.
    ///
    /// Inside a network of its own it has to listen on all addresses: one that listens on 127.0.0.1, SGLang's default,
    /// cannot be reached from outside the container. On the host's network it listens where the pool says, and nothing is
    /// published.
    pub fn of(network: Network, host: IpAddr, port: u16, usual: u16) -> Self {
        match network {
            Network::Host => Self { host, port, published: None },
            Network::Published => Self {
                host: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                port: usual,
                published: Some(SocketAddr::new(host, port)),
            },
        }
    }

    /// Whether clients on other hosts may reach it, as far as addresses decide that.
    pub fn is_open(&self) -> bool {
        !self.published.map_or(self.host, |address| address.ip()).is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_port_keeps_the_images_port_inside() {
        let loopback: IpAddr = "127.0.0.1".parse().unwrap();
        let inside = Endpoint::of(Network::Published, loopback, 8081, 80);
        assert_eq!((inside.host.to_string().as_str(), inside.port), ("0.0.0.0", 80));
        assert_eq!(inside.published.unwrap().to_string(), "127.0.0.1:8081");
        assert!(!inside.is_open());
        let host = Endpoint::of(Network::Host, loopback, 8081, 80);
        assert_eq!((host.host, host.port, host.published), (loopback, 8081, None));
        assert!(!host.is_open() && Endpoint::of(Network::Host, "::".parse().unwrap(), 1, 2).is_open());
        assert!(Endpoint::of(Network::Published, "0.0.0.0".parse().unwrap(), 1, 2).is_open());
    }
}
