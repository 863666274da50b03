//! The way to the registry: limits, certificates, proxies, names that do not resolve.

use super::super::{CONTAINED, RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "registry::rate_limited",
        phases: RUNNING,
        any: &[
            said("You have reached your {kind=unauthenticated} pull rate limit"),
            said("You have reached your pull rate limit"),
            said("429 Too Many Requests - Server message: {why*}"),
        ],
        cause: "the registry refuses for now: too many pulls from this account or address[ ({kind} pulls)]",
        remedy: "log in (`podman login docker.io`), which raises the limit for public images as well; or wait and try again later, or pull from \
                 a mirror",
    },
    Rule {
        code: "registry::rate_limited",
        phases: CONTAINED,
        any: &[said("toomanyrequests: {why*}"), said("429 Too Many Requests")],
        cause: "the registry refuses for now: too many requests from this account or address",
        remedy: "wait and try again later, log in (`podman login REGISTRY`), or pull from a mirror",
    },
    Rule {
        code: "registry::certificate",
        phases: RUNNING,
        any: &[
            said("https://{registry}/v2/{path}: x509: {why*}"),
            said("https://{registry}/v2/: x509: {why*}"),
            said("https://{registry}/v2/: tls: {why*}"),
            said("https://{registry}/v2/{path}: tls: {why*}"),
            said("x509: certificate signed by unknown authority"),
        ],
        cause: "the certificate of the registry[ {registry}] or of a proxy in front of it is not trusted here[: {why}]",
        remedy: "put the certificate of its authority into /etc/containers/certs.d/REGISTRY/ca.crt (docker: /etc/docker/certs.d/REGISTRY/ca.crt), \
                 or into the system's store; where it is expired or not yet valid, look at the clock of this host first",
    },
    Rule {
        code: "registry::proxy",
        phases: RUNNING,
        any: &[said("proxyconnect tcp: dial tcp {proxy}: {why*}"), said("proxyconnect tcp: {why*}")],
        cause: "the configured proxy[ {proxy}] does not answer: {why}",
        remedy: "start the proxy, or correct HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment of the runtime (of docker's unit, not of the \
                 shell); the registry is not at fault",
    },
    Rule {
        code: "registry::unreachable",
        phases: RUNNING,
        any: &[
            said("pinging container registry {registry}: Get {url}: dial tcp{address*}: {why*}"),
            said("https://{registry}/v2/: dial tcp{address*}: {why*}"),
            said("https://{registry}/v2/\": dial tcp{address*}: {why*}"),
            said("https://{registry}/v2/: net/http: {why*}"),
            said("https://{registry}/v2/\": net/http: {why*}"),
        ],
        cause: "the registry {registry} cannot be reached from this host: {why}",
        remedy: "`curl -sS https://{registry}/v2/` must answer: look at the name (`getent hosts {registry}`), the route, a firewall and the proxy",
    },
];
