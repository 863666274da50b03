//! The host's side of a published port.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "container::port_privileged",
        phases: RUNNING,
        any: &[
            said("rootlessport cannot expose privileged port {port#}"),
            said("cannot expose privileged port {port#}"),
            said("Failed to bind port {port#} (Permission denied) for option"),
            said("userland proxy: listen {family} {address}: bind: permission denied"),
            said("rootlessport listen {family} {address}: bind: permission denied"),
        ],
        cause: "a rootless container cannot publish on the host's port[ {port}][ {address}]: ports below 1024 are root's",
        remedy: "publish on a port of 1024 or more (`provisioning.ports`); the port inside the container may stay as it is",
    },
    Rule {
        code: "container::port_taken",
        phases: RUNNING,
        any: &[
            said("via rootlessport: \"listen {family} {address}: bind: address already in use"),
            said("rootlessport listen {family} {address}: bind: address already in use"),
            said("userland proxy: listen {family} {address}: bind: address already in use"),
            said("cannot listen on the TCP port: listen {family} {address}: bind: address already in use"),
            said("Bind for {address} failed: port is already allocated"),
            said("failed to bind host port for {address}: address already in use"),
            said("failed to bind host port {address}: address already in use"),
            said("Failed to bind port {address#} (Address already in use) for option"),
        ],
        cause: "the host's port for the container is taken: {address}",
        remedy: "`ss -ltnp` and `podman ps` name who has it: stop that, or choose another port in `provisioning.ports`",
    },
];
