//! Which ports are reserved for privileged processes.

/// The capability to bind reserved ports, by number.
/// <https://man7.org/linux/man-pages/man7/capabilities.7.html>
const CAP_NET_BIND_SERVICE: u64 = 1 << 10;

/// The lowest port that this process may bind: 0 with `CAP_NET_BIND_SERVICE`, else
/// [`net.ipv4.ip_unprivileged_port_start`](https://docs.kernel.org/networking/ip-sysctl.html), which is 1024 by default
/// and is also assumed where it cannot be read. `wanted` is the lowest port of interest: the capability is looked up only
/// where that one needs it.
pub fn lowest_bindable_port(wanted: u16) -> u16 {
    lowest(unprivileged_start(), wanted, may_bind_reserved)
}

fn lowest(unprivileged_start: u16, wanted: u16, may_bind_reserved: impl Fn() -> bool) -> u16 {
    if wanted < unprivileged_start && may_bind_reserved() { 0 } else { unprivileged_start }
}

fn unprivileged_start() -> u16 {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    text.trim().parse().unwrap_or(1024)
}

fn may_bind_reserved() -> bool {
    procfs::process::Process::myself()
        .and_then(|me| me.status())
        .is_ok_and(|status| status.capeff & CAP_NET_BIND_SERVICE != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F50
    #[test]
    fn reserved_ports_need_the_capability() {
        for (start, may, expected) in [(1024, false, 1024), (1024, true, 0), (80, false, 80), (0, false, 0)] {
            assert_eq!(lowest(start, 0, || may), expected, "{start} {may}");
        }
        assert_eq!(lowest(1024, 1024, || panic!("not asked")), 1024);
    }

    /// The kernel agrees about this process.
    #[test]
    fn the_kernel_lets_us_bind_from_there_up() {
        let lowest = lowest_bindable_port(0);
        let denied = |port| {
            std::net::TcpListener::bind(("127.0.0.1", port))
                .is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        };
        assert!(!denied(lowest.max(1)), "{lowest}");
        assert!(lowest < 2 || denied(lowest - 1), "{lowest}");
    }
}
